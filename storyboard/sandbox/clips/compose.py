"""Puts a request's pictures into its animatic: what it begins with, ends with and refers to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from PIL import Image

from storyboard.models.words import FIRST_FRAME, LAST_FRAME, REFERENCES
from storyboard.sandbox.clips.pictures import Picture

_CROSSFADE_S = 1.2  # between a picture and the scenery
_MAX_CROSSFADE = 0.4  # of a short clip


class Thumbnail(NamedTuple):
    """A reference picture, and where its upper left corner is in the frame."""

    picture: Image.Image
    left: int
    top: int


def place_references(
    pictures: Sequence[Picture], *, left: int, top: int, gap: int
) -> tuple[Thumbnail, ...]:
    """The reference pictures in a row, in the order of the request. All lengths are in pixels."""
    placed: list[Thumbnail] = []
    for picture in pictures:
        if picture.role == REFERENCES:
            placed.append(Thumbnail(_image_of(picture), left, top))
            left += picture.width_px + gap
    return tuple(placed)


def crossfade(
    frames: Iterable[Image.Image], pictures: Sequence[Picture], *, count: int, fps: int
) -> Iterator[Image.Image]:
    """The `count` frames, of which the first is exactly one picture, and the last another.

    In between, the pictures fade into the frames. Without a picture, frames stay as they are.
    """
    by_role = {picture.role: _image_of(picture) for picture in pictures}
    first, last = by_role.get(FIRST_FRAME), by_role.get(LAST_FRAME)
    length = max(1.0, min(_CROSSFADE_S * fps, _MAX_CROSSFADE * count))
    for number, frame in enumerate(frames):
        blended = frame
        for picture, distance in ((first, number), (last, count - 1 - number)):
            if picture is not None and distance < length:
                blended = Image.blend(picture, blended, _ease(distance / length))
        yield blended


def _ease(share: float) -> float:
    """From 0 to 1, slowly at both ends."""
    return share * share * (3 - 2 * share)


def _image_of(picture: Picture) -> Image.Image:
    return Image.frombytes("RGB", (picture.width_px, picture.height_px), picture.rgb)
