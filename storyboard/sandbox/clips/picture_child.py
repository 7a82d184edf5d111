"""Decodes pictures in a child process, so that a hostile one can take down only the child.

    python picture_child.py < INPUT

A separate program, started by `pictures`: a small file can state a picture of gigabytes, and
decoders are written in C. INPUT is a line of JSON with the width and height of the clip (`size`),
whether it takes its ratio from the first picture (`follows`), the longer side of a thumbnail
(`small`), and the `pictures`: the role of each, its bytes, and whether it is a thumbnail. Then
come their contents, one after another. Prints a line of JSON, a list of the role, width and height
of each, then their pixels, three bytes each; or nothing but the number of the first picture that
cannot be read.
"""

from __future__ import annotations

import json
import sys
from typing import Any, BinaryIO

from storyboard.child_process import limit_resources
from storyboard.language.pictures.child import MAX_CPU_S, MAX_PIXELS

_MAX_SIDE_PX, _MAX_RATIO = 4096, 4  # of a clip
_FORMATS = ("PNG", "JPEG", "WEBP")


def read_pictures(file: BinaryIO) -> bytes:
    """Return what this program prints."""
    header = json.loads(file.readline())
    size, follows, small = tuple(header["size"]), header["follows"], (header["small"],) * 2
    sizes: list[tuple[str, int, int]] = []
    pixels: list[bytes] = []
    for role, length, is_small in header["pictures"]:
        try:
            picture = _decode(file.read(length))
            size = _size_like(size, picture.size) if follows and not sizes else size
            picture = _resized(picture, small if is_small else size, is_whole=is_small)
        except MemoryError:
            raise  # ends this process; the caller notices
        except Exception:  # Pillow passes on any error of its decoders
            return str(len(sizes)).encode()
        sizes.append((role, picture.width, picture.height))
        pixels.append(picture.tobytes())
    return b"".join((json.dumps(sizes).encode(), b"\n", *pixels))


def _decode(content: bytes) -> Any:
    """The picture in RGB, upright; what is transparent is black.

    Each step replaces the last: the memory holds three of the largest pictures, not five.
    """
    from io import BytesIO

    from PIL import Image, ImageOps

    picture: Any = Image.open(BytesIO(content), formats=_FORMATS)
    if picture.width * picture.height > MAX_PIXELS:
        raise ValueError("too many pixels")
    ImageOps.exif_transpose(picture, in_place=True)
    if picture.mode == "I;16":  # Pillow would take every value above 255 for white
        picture = picture.point(lambda value: value * (1 / 256)).convert("L")
    if picture.mode == "RGB":
        return picture
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    if picture.mode != "RGBA":
        picture = picture.convert("RGBA")
    picture = picture.convert("RGBa")  # multiplied by the alpha: the colours on a black ground
    return Image.merge("RGB", [picture.getchannel(band) for band in range(3)])


def _size_like(size: tuple[int, int], picture: tuple[int, int]) -> tuple[int, int]:
    """A clip's size with about as many pixels as `size`, and the ratio of a picture."""
    ratio = min(max(picture[0] / picture[1], 1 / _MAX_RATIO), _MAX_RATIO)
    height = (size[0] * size[1] / ratio) ** 0.5
    height *= min(1.0, _MAX_SIDE_PX / max(height, height * ratio))
    return 2 * round(height * ratio / 2), 2 * round(height / 2)


def _resized(picture: Any, box: tuple[int, int], *, is_whole: bool) -> Any:
    """The picture within the box, or filling it, and then cropped around its centre."""
    from PIL import Image, ImageOps

    return (ImageOps.contain if is_whole else ImageOps.fit)(picture, box, Image.Resampling.LANCZOS)


if __name__ == "__main__":
    limit_resources(MAX_CPU_S)
    sys.stdout.buffer.write(read_pictures(sys.stdin.buffer))
