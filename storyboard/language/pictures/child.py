"""Decodes pictures in a separate process, so that a hostile one can take down only this process.

    python child.py < INPUT

A separate program, started by `measure`: a small file can state a picture of gigabytes, and
decoders are written in C. INPUT is the pictures, each after its length (8 bytes, the highest
first). Prints a line of JSON for each, as soon as it is known: its `format`, `width`, `height`,
`frames` and whether it `is_turned`, or the `error` with it.
"""

from __future__ import annotations

import json
import sys
from io import BytesIO
from typing import Any, BinaryIO

from storyboard.child_process import limit_resources

MAX_CPU_S = 20
MAX_PIXELS = 80_000_000  # decoding a progressive JPEG of this size takes most of the memory
_FORMATS = {"PNG": "png", "JPEG": "jpeg", "MPO": "jpeg", "WEBP": "webp"}
_ORIENTATION = 0x0112  # the EXIF tag; 1 means upright


def answer(file: BinaryIO, output: BinaryIO) -> None:
    """Print what this program prints, a line for each picture in `file`."""
    while length := file.read(8):
        found = measure(file.read(int.from_bytes(length, "big")))
        output.write(json.dumps(found).encode() + b"\n")
        output.flush()


def measure(content: bytes) -> dict[str, Any]:
    """Return what is known of a picture after decoding all of it."""
    from PIL import Image

    try:
        with Image.open(BytesIO(content), formats=("PNG", "JPEG", "WEBP")) as picture:
            size = {"width": picture.width, "height": picture.height}
            if picture.width * picture.height > MAX_PIXELS:
                return {"error": "large", **size}
            # Phones keep a second picture, such as a map of depths, in one JPEG (MPO).
            is_jpeg = _FORMATS[str(picture.format)] == "jpeg"
            frames = 1 if is_jpeg else getattr(picture, "n_frames", 1)
            picture.load()
            turned = picture.getexif().get(_ORIENTATION, 1) in range(2, 9)
            about = {"format": _FORMATS[str(picture.format)], "frames": frames}
            return {**about, **size, "is_turned": turned}
    except MemoryError:
        raise  # ends this process; the caller notices
    except Exception:  # Pillow raises whatever its decoders stumble over
        return {"error": "broken"}


if __name__ == "__main__":
    limit_resources(MAX_CPU_S)
    answer(sys.stdin.buffer, sys.stdout.buffer)
