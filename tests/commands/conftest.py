from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from storyboard.project import default_folder
from storyboard.sandbox.server import SandboxServer
from storyboard.sandbox.settings import ClipSize, SandboxSettings
from tests.commands.films import FILM, Program


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


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxServer]:
    """A server that the program takes for the vendor's own API, with a key for it."""
    settings = SandboxSettings(
        render_time_s=0, clip_size=ClipSize.SMALL, max_in_flight=50, requests_per_minute=100_000
    )
    key = "mdlx-marked-key-0123456789"
    with SandboxServer(settings=settings, api_key=key) as running:
        monkeypatch.setattr(default_folder, "DEFAULT_BASE_URL", running.base_url)
        monkeypatch.setenv("MODELLIX_BASE_URL", running.base_url)
        monkeypatch.setenv("MODELLIX_API_KEY", key)
        yield running
