"""Comparing with a revision of a hostile repository runs nothing and reads nothing outside."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from storyboard.project.revision import Revision, find_revision
from tests.commands.films import FILM, Program
from tests.hostile.repositories import (
    CONFIGURATIONS,
    git,
    make_bare_repository,
    make_partial_repository,
    make_program,
    make_repository,
)

needs_links = pytest.mark.skipif(os.name == "nt", reason="Windows makes no links without privilege")


@pytest.fixture
def program(capsys: pytest.CaptureFixture[str]) -> Program:
    return Program(capsys)


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    return make_program(tmp_path / "attacker")


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository in the current folder, with a secret beside it."""
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "--quiet")
    (tmp_path / "secret.yaml").write_text("- {name: precious}\n")
    (tmp_path / "secret.j2").write_text("{% macro m() %}precious{% endmacro %}")
    (folder / "film.yaml").write_text(FILM)
    monkeypatch.chdir(folder)
    return folder


def commit(repo: Path) -> None:
    git(repo, "add", ".")
    git(repo, "commit", "--quiet", "--message", "film")


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_no_setting_of_the_repository_starts_a_program(
    configuration: str, tmp_path: Path, trap: Path
) -> None:
    film = make_repository(tmp_path / "film", configuration, trap)
    found = find_revision(film, "HEAD")
    assert found is not None
    assert found[0].read_bytes(found[1], 1000) == b"version: 1\nshots: []\n"
    assert not (trap.parent / "trace").exists()


def test_a_bare_repository_among_the_files_is_not_asked(tmp_path: Path, trap: Path) -> None:
    film = make_bare_repository(tmp_path / "film", trap)
    with pytest.raises(Exception, match="lies in no git repository"):
        find_revision(film, "HEAD")
    assert not (trap.parent / "trace").exists()


def test_a_missing_object_is_not_fetched_and_not_taken_for_a_missing_file(
    tmp_path: Path, trap: Path, program: Program
) -> None:
    film = make_partial_repository(tmp_path / "film", trap)
    film.write_text(FILM)
    result = program("diff", film)
    assert result.code == 2
    assert "cannot be read at commit" in result.err
    found = find_revision(film, "HEAD")
    assert found is not None
    with pytest.raises(OSError, match="git cannot read it"):
        found[0].read_bytes(found[1], 1000)
    assert not (trap.parent / "trace").exists()


@needs_links
@pytest.mark.parametrize("key", ["rows: table.yaml", "rows: ../secret.yaml"])
def test_a_commit_reaches_nothing_outside_the_project(
    key: str, repo: Path, program: Program
) -> None:
    (repo / "film.yaml").write_text(FILM.replace("tags: [sea]", key).replace("id: one", "id: 'x'"))
    (repo / "table.yaml").symlink_to("../secret.yaml")
    commit(repo)
    (repo / "film.yaml").write_text(FILM)
    result = program("diff", "film.yaml")
    assert result.code == 2
    assert "HEAD:film.yaml:8:11: shots[0].rows" in result.err
    assert "is outside the project" in result.err
    assert "precious" not in result.out + result.err


@needs_links
def test_a_templates_folder_that_leads_outside_is_refused(repo: Path, program: Program) -> None:
    (repo / "templates").symlink_to("..")
    commit(repo)
    (repo / "templates").unlink()
    result = program("diff", "film.yaml")
    assert result.code == 2
    assert "HEAD:templates:1:1: is outside the project" in result.err


def test_a_tree_whose_names_are_paths_names_nothing(repo: Path, tmp_path: Path) -> None:
    blob = git(repo, "hash-object", "-w", "film.yaml")
    names = [f"{tmp_path}/secret.j2", "../secret.j2", "..", "a/b", "good.j2"]
    entries = b"".join(b"100644 %s\0" % os.fsencode(n) + bytes.fromhex(blob) for n in names)
    made = subprocess.run(
        ["git", "hash-object", "-t", "tree", "--literally", "-w", "--stdin"],
        input=entries,
        capture_output=True,
        check=True,
        cwd=repo,
    )
    tree = made.stdout.decode().strip()
    revision = Revision(repo, git(repo, "commit-tree", tree, "-m", "x"))
    assert revision.names_in(repo) == ["good.j2"]


def test_a_storyboard_of_a_commit_that_holds_the_key_is_not_quoted(
    repo: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELLIX_API_KEY", "mdlx-marked-key-0123456789")
    text = FILM.replace("A lighthouse", "mdlx-marked-key-0123456789")
    (repo / "film.yaml").write_text(text)
    commit(repo)
    (repo / "film.yaml").write_text(FILM)
    result = program("diff", "film.yaml", "--json")
    assert result.code == 2
    assert "mdlx-marked-key" not in result.out + result.err
