"""What is said about a manifest that cannot be used is right where it is said."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from storyboard.errors import UnusableManifest, UsageError
from storyboard.project.manifest_repair import explained
from tests.project.test_git import git

FOLDER = Path("renders/my film")
MANIFEST = FOLDER / "manifest.json"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    FOLDER.mkdir(parents=True)
    MANIFEST.write_text("sound\n", "utf-8")


def advice() -> str:
    with pytest.raises(UnusableManifest) as caught, explained(FOLDER, FOLDER):
        raise UnusableManifest("it is damaged")
    assert str(caught.value) == "it is damaged"
    return str(caught.value.next_step)


def commit() -> None:
    if not Path(".git").exists():
        git(Path(), "init", "--quiet")
    git(Path(), "add", "--all")
    git(Path(), "commit", "--quiet", "--message", "render")


def test_where_git_has_it_the_command_puts_it_back_from_any_folder() -> None:
    commit()
    MANIFEST.write_text("damaged\n", "utf-8")
    said = advice()
    command = shlex.split(said.partition("with: ")[2].partition(" (")[0])
    assert command[:3] == ["git", "-C", str(FOLDER)]
    subprocess.run(command, check=True, capture_output=True)
    assert MANIFEST.read_text("utf-8") == "sound\n"


def test_where_it_was_committed_damaged_an_earlier_one_is_to_be_found() -> None:
    commit()
    MANIFEST.write_bytes(b"damaged\r\n")
    commit()
    assert advice().startswith("find the last good version with: git -C 'renders/my film' log -- ")


def test_without_git_the_state_file_can_stand_in_for_it() -> None:
    (FOLDER / "state.sqlite3").write_bytes(b"x")
    assert advice().startswith("restore a copy of it, or move it away: the next render writes it")


def test_without_either_only_a_copy_helps() -> None:
    assert advice() == "restore a copy of it: nothing else records what was paid for here"


def test_other_errors_pass_as_they_are() -> None:
    with pytest.raises(UsageError) as caught, explained(FOLDER, FOLDER):
        raise UsageError("another folder", next_step="choose it")
    assert caught.value.next_step == "choose it"
