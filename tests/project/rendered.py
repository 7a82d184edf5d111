"""A film that was rendered once, by the sandbox in the process, for all tests of a process."""

from __future__ import annotations

import os
import shutil
from functools import cache
from pathlib import Path

import pytest

from storyboard.cli import run
from tests.commands.films import FILM, QUICK


@cache
def render_original(temporary: Path) -> Path:
    """A folder with the film and its render; to be copied, never changed."""
    folder, before = temporary / "original", Path.cwd()
    folder.mkdir()
    (folder / "film.yaml").write_text(FILM, "utf-8")
    os.chdir(folder)
    try:
        assert run(["render", "film.yaml", *QUICK, "--quiet"]) == 0
    finally:
        os.chdir(before)
    return folder


@pytest.fixture
def rendered(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The storyboard, with its output folder beside it, in the current folder."""
    original = render_original(tmp_path_factory.getbasetemp())
    shutil.copytree(original, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return Path("film.yaml")
