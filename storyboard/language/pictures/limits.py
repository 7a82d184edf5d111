"""Compares a picture with what the service accepts and with what a model's card says."""

from __future__ import annotations

import math
from collections.abc import Iterator

from storyboard.language.pictures.formats import PICTURES
from storyboard.language.pictures.measure import Measured, NoPicture, Picture, measure
from storyboard.media import MAX_UPLOAD_BYTES
from storyboard.models.media_limits import BYTES, MediaLimits, format_names, ratio_words

_MAX_UPLOAD_MB = MAX_UPLOAD_BYTES // BYTES

_SAME = 0.03
"""The share by which two ratios may differ and still count as one: sizes are whole pixels."""


def check_picture(content: bytes, limits: MediaLimits, owner: str = "the model") -> str | None:
    """Return what keeps a picture, such as a frame that was just taken, from being sent, or None.

    `limits` are those of the field, from `ModelCard.media_limits`; `owner` is the model. A child
    process decodes the picture, which needs Pillow.
    """
    return fault_of(measure(content), limits, owner)


def fault_of(picture: Measured, limits: MediaLimits, owner: str = "the model") -> str | None:
    """Return what keeps a picture from being sent, as a clause about it, or None.

    `owner` is the model whose limits these are.
    """
    if isinstance(picture, NoPicture):
        is_other = picture.words.startswith(("is a", "is not"))
        return f"{picture.words}; {_ACCEPTED}" if is_other else picture.words
    return next(_faults(picture, limits, owner), None)


_ACCEPTED = f"the service accepts {format_names(list(PICTURES))} pictures"


def _faults(picture: Picture, limits: MediaLimits, owner: str) -> Iterator[str]:
    formats = limits.get("formats")
    if formats and picture.format not in formats:
        yield f"is a {PICTURES[picture.format]}; {owner} takes {format_names(formats)}"
    # Rounded up, so that one byte too many does not look like the most that is allowed.
    size = f"is {math.ceil(picture.size_bytes / BYTES * 10) / 10:.1f} MB"
    if picture.size_bytes > MAX_UPLOAD_BYTES:
        yield f"{size}; the service accepts at most {_MAX_UPLOAD_MB} MB"
    if picture.size_bytes > limits.get("megabytes", _MAX_UPLOAD_MB) * BYTES:
        yield f"{size}; {owner} takes at most {limits['megabytes']:g} MB"
    yield from _wrong_sides(picture, limits.get("pixels", {}), owner)
    yield from _wrong_ratio(picture, limits.get("ratio", {}), owner)


def _wrong_sides(picture: Picture, pixels: MediaLimits, owner: str) -> Iterator[str]:
    size = f"has {picture.width:,} x {picture.height:,} pixels; {owner} takes"
    if min(picture.width, picture.height) < pixels.get("least", 0):
        yield f"{size} at least {pixels['least']:,} a side"
    if max(picture.width, picture.height) > pixels.get("most", picture.width + picture.height):
        yield f"{size} at most {pixels['most']:,} a side"


def _wrong_ratio(picture: Picture, ratios: MediaLimits, owner: str) -> Iterator[str]:
    ratio = picture.width / picture.height
    size = f"has {picture.width:,} x {picture.height:,} pixels; {owner} takes none that are"
    if ratio < ratios.get("least", 0):
        yield f"{size} narrower than {ratio_words(ratios['least'])}"
    if ratio > ratios.get("most", ratio):
        yield f"{size} wider than {ratio_words(ratios['most'])}"


def has_ratio(picture: Picture, ratio: float) -> bool:
    """Whether a picture, as it is shown, has a ratio of width to height."""
    own = picture.width / picture.height
    return abs(own / ratio - 1) <= _SAME
