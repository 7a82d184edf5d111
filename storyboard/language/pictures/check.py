"""Checks one picture, such as a frame that was just taken from a video."""

from __future__ import annotations

from storyboard.language.pictures.limits import fault_of
from storyboard.language.pictures.measure import measure
from storyboard.models.media_limits import MediaLimits


def check_picture(content: bytes, limits: MediaLimits, owner: str = "the model") -> str | None:
    """Return what keeps a picture from being sent, as a clause about it, or None.

    `limits` are those of the field, from `ModelCard.media_limits`; `owner` is the model. A child
    process decodes the picture, which needs Pillow.
    """
    return fault_of(measure(content), limits, owner)
