"""Reading the commit of a storyboard starts no program that its repository names."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from storyboard.project.file_versions import find_versions, read_version
from storyboard.project.git import read_commit
from tests.hostile.repositories import (
    CONFIGURATIONS,
    git,
    make_bare_repository,
    make_partial_repository,
    make_program,
    make_repository,
)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    return make_program(tmp_path / "attacker")


def has_run(program: Path) -> bool:
    return (program.parent / "trace").exists()


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_no_setting_of_the_repository_starts_a_program(
    configuration: str, tmp_path: Path, program: Path
) -> None:
    film = make_repository(tmp_path / "film", configuration, program)
    commit, is_dirty = read_commit(film.parent, {film: film.read_text("utf-8")})
    assert not has_run(program)
    assert commit == git(film.parent, "rev-parse", "--verify", "HEAD")
    assert is_dirty is False
    [version] = find_versions(film)
    assert read_version(version) == film.read_bytes()
    assert not has_run(program)


def test_a_filter_is_a_program_that_git_status_would_start(tmp_path: Path, program: Path) -> None:
    film = make_repository(tmp_path / "film", "filter", program)
    subprocess.run(["git", "-C", str(film.parent), "status"], capture_output=True, check=False)
    assert has_run(program), "the attack itself no longer works"


def test_a_bare_repository_among_the_files_is_not_asked(tmp_path: Path, program: Path) -> None:
    film = make_bare_repository(tmp_path / "film", program)
    assert read_commit(film.parent, {film: film.read_text("utf-8")}) == (None, None)
    assert not has_run(program)


def test_a_program_called_git_among_the_files_is_not_started(
    tmp_path: Path, program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = make_repository(tmp_path / "film", "pager", program)
    program.rename(film.parent / "git")
    monkeypatch.chdir(film.parent)
    monkeypatch.setenv("PATH", f".{os.pathsep}{os.environ['PATH']}")
    commit, _ = read_commit(film.parent, {film: film.read_text("utf-8")})
    assert commit is not None
    assert not has_run(program)


def test_a_missing_object_is_not_fetched_and_not_known(tmp_path: Path, program: Path) -> None:
    film = make_partial_repository(tmp_path / "film", program)
    commit, is_dirty = read_commit(film.parent, {film: film.read_text("utf-8")})
    assert commit is not None
    assert is_dirty is None
    assert find_versions(film) == []
    assert not has_run(program)


def test_a_dirty_film_is_dirty_whatever_a_filter_would_make_of_it(
    tmp_path: Path, program: Path
) -> None:
    film = make_repository(tmp_path / "film", "filter", program)
    film.write_text("version: 2\n", "utf-8")
    assert read_commit(film.parent, {film: film.read_text("utf-8")})[1] is True
    assert not has_run(program)
