from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from storyboard.project import default_folder
from storyboard.sandbox.clips import clips
from storyboard.sandbox.clips.encode import write_clip
from storyboard.sandbox.server import SandboxServer
from tests.commands.films import AT_ONCE, FILM, KEY, Program


@pytest.fixture
def program(capsys: pytest.CaptureFixture[str]) -> Program:
    return Program(capsys)


@pytest.fixture
def film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A sound storyboard in the current folder."""
    monkeypatch.chdir(tmp_path)
    path = Path("film.yaml")
    path.write_text(FILM, "utf-8")
    return path


_drawn: dict[str, bytes] = {}  # by the name that tells all that a clip shows


def draw_once(path: Path, frames: Iterable[Image.Image], **options: Any) -> None:
    """Draws a clip the first time, and writes the same bytes whenever its like is asked for."""
    if path.name not in _drawn:
        write_clip(path, frames, **options)
        _drawn[path.name] = path.read_bytes()
    elif not path.exists():
        path.write_bytes(_drawn[path.name])


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxServer]:
    """A server that the program takes for the vendor's own API, with a key for it."""
    monkeypatch.setattr(clips, "write_clip", draw_once)
    with SandboxServer(settings=AT_ONCE, api_key=KEY) as running:
        monkeypatch.setattr(default_folder, "DEFAULT_BASE_URL", running.base_url)
        monkeypatch.setenv("MODELLIX_BASE_URL", running.base_url)
        monkeypatch.setenv("MODELLIX_API_KEY", KEY)
        yield running
