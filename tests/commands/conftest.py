from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from storyboard.project import default_folder
from storyboard.sandbox.server import SandboxServer
from tests.commands.films import AT_ONCE, FILM, KEY, Program
from tests.once import done_once

__all__ = ["done_once", "film", "program", "server"]


@pytest.fixture
def program(capsys: pytest.CaptureFixture[str], done_once: None) -> Program:
    return Program(capsys)


@pytest.fixture
def film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A sound storyboard in the current folder."""
    monkeypatch.chdir(tmp_path)
    path = Path("film.yaml")
    path.write_text(FILM, "utf-8")
    return path


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, done_once: None) -> Iterator[SandboxServer]:
    """A server that the program takes for the vendor's own API, with a key for it."""
    with SandboxServer(settings=AT_ONCE, api_key=KEY) as running:
        monkeypatch.setattr(default_folder, "DEFAULT_BASE_URL", running.base_url)
        monkeypatch.setenv("MODELLIX_BASE_URL", running.base_url)
        monkeypatch.setenv("MODELLIX_API_KEY", KEY)
        yield running
