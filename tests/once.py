"""What comes to the same whenever it is done, done once for all tests of a process."""

from __future__ import annotations

import importlib.metadata  # noqa: F401  (measuring does without it where it is not there yet)
import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from PIL import Image

from storyboard.language.pictures import measure as pictures_measure
from storyboard.language.pictures.child import answer
from storyboard.models.card import ModelCard
from storyboard.project import connection
from storyboard.project.new_project import project_files
from storyboard.project.new_project.project_files import editors_schema
from storyboard.sandbox import settings
from storyboard.sandbox.clips import clips
from storyboard.sandbox.clips import pictures as clip_pictures
from storyboard.sandbox.clips.animatic import AnimaticSpec, draw_frames
from storyboard.sandbox.clips.encode import write_clip
from storyboard.sandbox.clips.picture_child import read_pictures
from storyboard.videos import frame, measure
from storyboard.videos.frame_child import NoFrameFound, read_frame
from storyboard.videos.measure_child import read_tracks

Size = tuple[int, int]

_drawn: dict[str, bytes] = {}  # by the name that tells all that a clip shows
_measured: dict[str, Any] = {}  # by the digest of the video
_schemas: dict[tuple[int, ...], tuple[Sequence[ModelCard], str]] = {}  # by the cards, as they are


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


def take_frame(program: Path, content: BinaryIO, wanted: str) -> bytes:
    """What the program that takes a frame from a video prints, without a process of its own."""
    try:
        return read_frame(content, wanted)
    except NoFrameFound as error:
        return json.dumps(error.document).encode()


def measure_pictures(program: Path, content: bytes) -> bytes:
    """What the program that measures pictures prints."""
    output = BytesIO()
    answer(BytesIO(content), output)
    return output.getvalue()


def decode_pictures(program: Path, content: bytes) -> bytes:
    """What the sandbox's program that decodes pictures prints."""
    return read_pictures(BytesIO(content))


def write_schema_once(cards: Sequence[ModelCard]) -> str:
    """The schema for editors, made once of the same cards."""
    key = tuple(map(id, cards))
    if key not in _schemas:
        _schemas[key] = (cards, editors_schema(cards))
    return _schemas[key][1]


class SameKey:
    """One key for the sandboxes of all renders: the patterns that hide a key take long to make."""

    token_hex = staticmethod(secrets.token_hex)
    token_urlsafe = staticmethod(lambda size: f"key-of-the-sandbox-{'0123456789' * size}"[:size])


def start_no_children(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has videos measured, and frames taken from them, in this process."""
    monkeypatch.setattr(measure, "ask_child", measure_once)
    monkeypatch.setattr(frame, "run_child", take_frame)


def trust_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has pictures measured and decoded in this process, which a hostile one could bring down."""
    monkeypatch.setattr(pictures_measure, "run_child", measure_pictures)
    monkeypatch.setattr(clip_pictures, "run_child", decode_pictures)


@pytest.fixture
def done_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clips stand still; those that are alike are drawn once, and measured once.

    A render's own sandbox takes no seconds for them, unless it is told to.
    """
    monkeypatch.setattr(settings, "UNLIMITED", replace(settings.UNLIMITED, render_time_s=0.1))
    start_no_children(monkeypatch)
    monkeypatch.setattr(connection, "secrets", SameKey)
    monkeypatch.setattr(project_files, "editors_schema", write_schema_once)
    monkeypatch.setattr(clips, "draw_frames", draw_still)
    monkeypatch.setattr(clips, "write_clip", write_once)
