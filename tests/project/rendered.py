"""A film that was rendered once, by the sandbox in the process, for all tests of a file."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from storyboard.cli import run
from tests.commands.films import FILM, QUICK


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, before = tmp_path_factory.mktemp("original"), Path.cwd()
    (folder / "film.yaml").write_text(FILM, "utf-8")
    os.chdir(folder)
    try:
        assert run(["render", "film.yaml", *QUICK, "--quiet"]) == 0
    finally:
        os.chdir(before)
    return folder


@pytest.fixture
def rendered(original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The storyboard, with its output folder beside it, in the current folder."""
    shutil.copytree(original, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return Path("film.yaml")
