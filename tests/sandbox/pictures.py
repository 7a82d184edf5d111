"""Pictures for the sandbox's tests, and the frames of the clips that it makes from them."""

from __future__ import annotations

import io
from typing import cast

import av
from PIL import Image

Colour = tuple[int, int, int]
RED, GREEN, BLUE, GREY = (200, 30, 30), (30, 160, 60), (30, 60, 200), (128, 128, 128)


def picture(*bands: Colour, size: tuple[int, int] = (96, 54), kind: str = "PNG") -> bytes:
    """A picture of upright bands of these colours, from left to right."""
    image = Image.new("RGB", (len(bands), 1))
    image.putdata(bands)
    file = io.BytesIO()
    image.resize(size, Image.Resampling.NEAREST).save(file, kind)
    return file.getvalue()


def as_png(frame: Image.Image) -> bytes:
    file = io.BytesIO()
    frame.save(file, "PNG")
    return file.getvalue()


def frames_of(video: bytes) -> list[Image.Image]:
    with av.open(io.BytesIO(video)) as container:
        return [frame.to_image() for frame in container.decode(video=0)]


def colours(frame: Image.Image, *places: float, height: float = 0.5) -> list[Colour]:
    """The colours at these shares of the width."""
    y = round(height * (frame.height - 1))
    found = [frame.getpixel((round(x * (frame.width - 1)), y)) for x in places]
    return cast("list[Colour]", found)


def is_near(found: Colour, wanted: Colour, most: int = 24) -> bool:
    """Whether two colours are the same but for what the codec changes."""
    return max(abs(a - b) for a, b in zip(found, wanted, strict=True)) <= most


def are_near(found: list[Colour], *wanted: Colour) -> bool:
    return all(is_near(one, other) for one, other in zip(found, wanted, strict=True))
