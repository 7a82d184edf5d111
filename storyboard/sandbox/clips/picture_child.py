"""Decodes pictures in a child process, so that a hostile one can take down only the child.

    python picture_child.py < INPUT

A separate program, started by `pictures`: a small file can state a picture of gigabytes, and
decoders are written in C. INPUT is a line of JSON, a list of objects with `role`, `bytes`, `box`
(width and height) and `is_filled`, then the contents of the pictures, one after another. Prints a
line of JSON, a list of the role, width and height of each, then their pixels, three bytes each; or
nothing but the number of the first picture that cannot be read.
"""

from __future__ import annotations

import json
import sys
from typing import Any, BinaryIO

from storyboard.child_process import limit_resources

MAX_CPU_S = 20
MAX_PIXELS = 1 << 26  # 8192 by 8192, more than any model takes; decoded, a quarter of the memory
_FORMATS = ("PNG", "JPEG", "WEBP")


def read_pictures(file: BinaryIO) -> bytes:
    """Return what this program prints."""
    sizes: list[tuple[str, int, int]] = []
    pixels: list[bytes] = []
    for row in json.loads(file.readline()):
        content = file.read(row["bytes"])
        try:
            picture = _decode(content, tuple(row["box"]), is_filled=row["is_filled"])
        except MemoryError:
            raise  # ends this process; the caller notices
        except Exception:  # Pillow raises whatever its decoders stumble over
            return str(len(sizes)).encode()
        sizes.append((row["role"], picture.width, picture.height))
        pixels.append(picture.tobytes())
    return b"".join((json.dumps(sizes).encode(), b"\n", *pixels))


def _decode(content: bytes, box: tuple[int, int], *, is_filled: bool) -> Any:
    """The picture in RGB: filling the box, cropped around its centre, or whole within it."""
    from io import BytesIO

    from PIL import Image, ImageOps

    with Image.open(BytesIO(content), formats=_FORMATS) as picture:
        if picture.width * picture.height > MAX_PIXELS:
            raise ValueError("too many pixels")
        upright = ImageOps.exif_transpose(picture)
    if upright.mode != "RGB":
        with_alpha = upright.convert("RGBA")
        ground = Image.new("RGBA", with_alpha.size, "black")
        upright = Image.alpha_composite(ground, with_alpha).convert("RGB")
    resize = ImageOps.fit if is_filled else ImageOps.contain
    return resize(upright, box, Image.Resampling.LANCZOS)


if __name__ == "__main__":
    limit_resources(MAX_CPU_S)
    sys.stdout.buffer.write(read_pictures(sys.stdin.buffer))
