"""What comes to the same whenever it is done, done once for all tests of a process."""

from __future__ import annotations

import importlib.metadata  # noqa: F401  (measuring does without it where it is not there yet)
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from PIL import Image

from storyboard.sandbox.clips import clips
from storyboard.sandbox.clips.animatic import AnimaticSpec, draw_frames
from storyboard.sandbox.clips.encode import write_clip
from storyboard.videos import measure
from storyboard.videos.measure_child import read_tracks

Size = tuple[int, int]

_drawn: dict[str, bytes] = {}  # by the name that tells all that a clip shows
_measured: dict[str, Any] = {}  # by the digest of the video


def draw_still(spec: AnimaticSpec) -> Iterator[Image.Image]:
    """The first picture of a clip, for each of its seconds; drawn when it is asked for."""
    yield from [next(draw_frames(spec))] * spec.duration_s


def write_once(path: Path, stills: Iterator[Image.Image], *, size_px: Size, **_: Any) -> None:
    """Writes a clip of one picture a second; whenever its like is asked for, the same bytes."""
    if path.name not in _drawn:
        write_clip(path, stills, fps=1, size_px=size_px)
        _drawn[path.name] = path.read_bytes()
    elif not path.exists():
        path.write_bytes(_drawn[path.name])


def measure_once(program: Path, content: BinaryIO) -> Any:
    """What the measuring program says of a video, without a process of its own."""
    digest = sha256(content.read()).hexdigest()
    if digest not in _measured:
        content.seek(0)
        _measured[digest] = read_tracks(content)
    return _measured[digest]


@pytest.fixture
def done_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clips stand still; those that are alike are drawn once, and measured once."""
    monkeypatch.setattr(clips, "draw_frames", draw_still)
    monkeypatch.setattr(clips, "write_clip", write_once)
    monkeypatch.setattr(measure, "ask_child", measure_once)
