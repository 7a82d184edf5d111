"""What comes to the same whenever it is done, done once for all tests of a process."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from PIL import Image

from storyboard.child_process import ask_child
from storyboard.sandbox.clips import clips
from storyboard.sandbox.clips.encode import write_clip
from storyboard.videos import measure

_drawn: dict[str, bytes] = {}  # by the name that tells all that a clip shows
_measured: dict[str, Any] = {}  # by the digest of the video


def draw_once(path: Path, frames: Iterable[Image.Image], **options: Any) -> None:
    """Draws a clip the first time, and writes the same bytes whenever its like is asked for."""
    if path.name not in _drawn:
        write_clip(path, frames, **options)
        _drawn[path.name] = path.read_bytes()
    elif not path.exists():
        path.write_bytes(_drawn[path.name])


def measure_once(program: Path, content: BinaryIO) -> Any:
    """What the measuring process says of a video; of equal bytes it is asked once."""
    digest = sha256(content.read()).hexdigest()
    if digest not in _measured:
        content.seek(0)
        _measured[digest] = ask_child(program, content)
    return _measured[digest]


@pytest.fixture
def done_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clips that are alike are drawn once, and videos that are alike are measured once."""
    monkeypatch.setattr(clips, "write_clip", draw_once)
    monkeypatch.setattr(measure, "ask_child", measure_once)
