"""Size, duration and frame rate of a clip, from the model card and the payload. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from storyboard.models.card import ModelCard
from storyboard.models.words import RATIO, RESOLUTION
from storyboard.records import Json
from storyboard.sandbox.settings import ClipSize
from storyboard.sandbox.tasks import MAX_DURATION_S, MAX_FPS, MAX_SIDE_PX

# The approximate pixels and the frames per second of a scaled-down clip. A preview is quick to
# make and still legible; a small clip takes a fifth of its time.
_SCALED = {ClipSize.SMALL: (320 * 180, 6), ClipSize.PREVIEW: (640 * 360, 12)}
_DEFAULT_FPS = 24  # if the card has none; the same goes for the next two
_DEFAULT_HEIGHT, _HEIGHT_OF_4K = 720, 2160
_RATIO = re.compile(r"(\d{1,3}):(\d{1,3})")
_DEFAULT_S = 5.0


@dataclass(frozen=True, slots=True)
class ClipFormat:
    """Width and height are even, as H.264 requires."""

    width_px: int
    height_px: int
    duration_s: int
    fps: int


def clip_format(card: ModelCard, payload: Mapping[str, Json], size: ClipSize) -> ClipFormat:
    """The format that a payload asks for, scaled down to `size`."""
    words = card.words_of(payload)
    resolution, ratio = (str(words.get(name, "")) for name in (RESOLUTION, RATIO))
    width, height = card.pixels(resolution, ratio) or _usual_size(resolution, ratio)
    full = (width * height, round(card.frame_rate or _DEFAULT_FPS))
    pixels, fps = _SCALED.get(size, full)
    scale = min(1.0, math.sqrt(pixels / (width * height)), MAX_SIDE_PX / max(width, height))
    seconds = round(card.expected_duration_s(payload) or _DEFAULT_S)
    return ClipFormat(
        _even(width * scale),
        _even(height * scale),
        min(max(1, seconds), MAX_DURATION_S),
        min(max(1, fps), MAX_FPS),
    )


def _usual_size(resolution: str, ratio: str) -> tuple[int, int]:
    """Width and height if a card does not state them: the resolution is the shorter side."""
    sides = _RATIO.fullmatch(ratio)
    across, down = (max(1, int(side)) for side in sides.groups()) if sides else (16, 9)
    digits = re.match(r"\d{2,4}", resolution)
    short = _HEIGHT_OF_4K if resolution.upper() == "4K" else int(digits[0]) if digits else 0
    scale = (short or _DEFAULT_HEIGHT) / min(across, down)
    return round(across * scale), round(down * scale)


def _even(pixels: float) -> int:
    return max(2, 2 * round(pixels / 2))
