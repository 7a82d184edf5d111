"""Which files count for whether a film differs from the commit that is recorded with a request."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.films import QUICK, Program
from tests.hostile.repositories import git

FILM = """\
version: 1
model: alibaba/wan2.7-t2v
vars: {sea: grey}
shots: [{id: a, prompt: "A {{ sea }} sea"}]
"""
PRICES = """\
prices:
  as_of: 2099-01-15
  alibaba/wan2.7-t2v: {per_second: {720P: 0.1, 1080P: 0.2}}
"""


@pytest.fixture
def film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A committed storyboard of the current folder, with a file of vars."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    path = Path("film.yaml")
    path.write_text(FILM, "utf-8")
    Path("vars.yaml").write_text("sea: green\n", "utf-8")
    git(Path(), "init", "--quiet")
    git(Path(), "add", ".")
    git(Path(), "commit", "--quiet", "--message", "film")
    return path


def is_dirty(program: Program, film: Path, *options: object) -> object:
    output = program("render", film, *QUICK, "--fresh", *options)
    assert output.code == 0, output.err
    manifest = json.loads(Path("renders/film.sandbox/manifest.json").read_text("utf-8"))
    return manifest["takes"][0]["is_dirty"]


def test_a_file_of_vars_counts(program: Program, film: Path) -> None:
    assert is_dirty(program, film, "--vars", "vars.yaml") is False
    Path("vars.yaml").write_text("sea: blue\n", "utf-8")
    assert is_dirty(program, film, "--vars", "vars.yaml") is True


@pytest.mark.parametrize("as_of", ["2099-01-15", "2020-01-15"], ids=["new", "with a warning"])
def test_a_file_of_prices_does_not_count(program: Program, film: Path, as_of: str) -> None:
    prices = Path("..", "prices.yaml")
    prices.write_text(PRICES.replace("2099-01-15", as_of), "utf-8")
    assert is_dirty(program, film, "--prices", prices) is False
