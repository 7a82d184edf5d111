"""Size, duration and frame rate of a clip, from the model card and the payload. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from storyboard.models.card import RATIO, RESOLUTION, ModelCard
from storyboard.records import Json
from storyboard.sandbox.tasks import MAX_DURATION_S, MAX_FPS, MAX_SIDE_PX

# A clip that is scaled down has about as many pixels as this: quick to make, and still legible.
_PREVIEW_PX = 640 * 360
_PREVIEW_FPS = 12
_DEFAULT_FPS = 24  # where the card has none; so have the next two
_DEFAULT_SIZE = (1280, 720)
_DEFAULT_S = 5.0


@dataclass(frozen=True, slots=True)
class ClipFormat:
    """Width and height are even, as H.264 wants them."""

    width_px: int
    height_px: int
    duration_s: int
    fps: int


def clip_format(card: ModelCard, payload: Mapping[str, Json], *, full_size: bool) -> ClipFormat:
    """What a payload asks for, scaled down unless `full_size`."""
    resolution, ratio = (str(payload.get(name) or "") for name in (RESOLUTION, RATIO))
    width, height = card.pixels(resolution, ratio) or _DEFAULT_SIZE
    scale = 1.0 if full_size else min(1.0, math.sqrt(_PREVIEW_PX / (width * height)))
    scale = min(scale, MAX_SIDE_PX / max(width, height))
    fps = round(card.frame_rate or _DEFAULT_FPS) if full_size else _PREVIEW_FPS
    seconds = round(card.expected_duration_s(payload) or _DEFAULT_S)
    return ClipFormat(
        _even(width * scale),
        _even(height * scale),
        min(max(1, seconds), MAX_DURATION_S),
        min(max(1, fps), MAX_FPS),
    )


def _even(pixels: float) -> int:
    return max(2, 2 * round(pixels / 2))
