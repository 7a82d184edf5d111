"""Videos that cost nothing to make, so that hundreds can be downloaded in a test."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from PIL import Image

from storyboard.sandbox.clips import clips
from storyboard.sandbox.clips.encode import write_clip

LENGTH_S = 2


@contextmanager
def quick_clips(folder: Path) -> Iterator[None]:
    """Lets sandboxes of this process give every task the same two seconds of pictures.

    Each file names its task in a box of its own, so that no two are equal.
    """
    folder.mkdir(parents=True, exist_ok=True)
    model = folder / "model.mp4"
    frames = [Image.new("RGB", (320, 180), (tone, 40, 90)) for tone in range(0, 240, 5)]
    write_clip(model, frames, fps=len(frames) // LENGTH_S, size_px=(320, 180))
    pictures = model.read_bytes()

    def write_quickly(path: Path, *_: Any, **__: Any) -> None:
        name = path.name.encode() * 200
        part = path.with_suffix(".part")
        part.write_bytes(pictures + struct.pack(">I4s", 8 + len(name), b"free") + name)
        part.replace(path)

    with patch.object(clips, "write_clip", write_quickly):
        yield
