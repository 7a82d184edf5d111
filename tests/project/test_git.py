"""The commit that is frozen with each submission, read from real repositories."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from storyboard.language.text_files import read_text
from storyboard.project.git import possible_ids, read_commit


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    # Each commit and fetch would start another process, to look for garbage in a tiny folder.
    who += ("-c", "maintenance.auto=false")
    done = subprocess.run(
        ["git", *who, "-C", str(folder), *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def read(*paths: Path) -> dict[Path, str]:
    return {path: path.read_bytes().decode() if path.exists() else "" for path in paths}


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A committed storyboard in a fresh repository."""
    git(tmp_path, "init", "--quiet")
    path = tmp_path / "film.yaml"
    path.write_text("version: 1\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "film")
    return path


def test_a_committed_storyboard_is_clean_at_its_commit(film: Path) -> None:
    assert read_commit(film.parent, read(film)) == (git(film.parent, "rev-parse", "HEAD"), False)


def test_an_edited_storyboard_is_dirty(film: Path) -> None:
    film.write_text("version: 1 # edited\n")
    assert read_commit(film.parent, read(film))[1] is True


def test_what_was_read_counts_and_not_what_an_editor_has_saved_since(film: Path) -> None:
    committed = read(film)
    film.write_text("version: 1 # edited\n")
    edited = read(film)
    assert read_commit(film.parent, committed)[1] is False
    git(film.parent, "commit", "--quiet", "--all", "--message", "edited")
    assert read_commit(film.parent, committed)[1] is True
    assert read_commit(film.parent, edited)[1] is False


def test_a_workbook_is_compared_as_it_is(film: Path) -> None:
    book = film.with_name("shots.xlsx")
    book.write_bytes(b"PK\x03\x04\xff")
    git(film.parent, "add", "shots.xlsx")
    git(film.parent, "commit", "--quiet", "--message", "shots")
    assert read_commit(film.parent, {book: book.read_bytes()})[1] is False
    assert read_commit(film.parent, {book: b"PK\x03\x04\xfe"})[1] is True


def test_a_picture_is_compared_by_the_ids_that_git_can_have_for_it(film: Path) -> None:
    picture, stored = film.with_name("pier.png"), film.with_name("sea.png")
    picture.write_bytes(b"\x89PNG\xff")
    oid = hashlib.sha256(b"the sea").hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 7\n"
    stored.write_text(pointer)
    git(film.parent, "add", ".")
    git(film.parent, "commit", "--quiet", "--message", "pictures")
    assert read_commit(film.parent, {picture: possible_ids(b"\x89PNG\xff")})[1] is False
    assert read_commit(film.parent, {picture: possible_ids(b"\x89PNG\xfe")})[1] is True
    assert read_commit(film.parent, {picture: frozenset()})[1] is True
    assert read_commit(film.parent, {stored: possible_ids(b"the sea")})[1] is False


@pytest.mark.parametrize(
    "data",
    [
        "\ufeffversion: 1\r\n".encode(),
        "\ufeffversion: 1\n".encode("utf-16-le"),
        "\ufeffversion: 1\n".encode("utf-16-be"),
        b"version: 1\r\n",
    ],
)
def test_a_committed_file_is_clean_in_every_encoding_that_is_read(film: Path, data: bytes) -> None:
    film.write_bytes(data)
    git(film.parent, "commit", "--quiet", "--all", "--message", "encoded")
    text = read_text(film, "film.yaml").text
    assert read_commit(film.parent, {film: text})[1] is False
    assert read_commit(film.parent, {film: f"{text}#"})[1] is True


def test_untracked_and_edited_files_elsewhere_do_not_count(film: Path) -> None:
    (film.parent / "renders").mkdir()
    (film.parent / "renders" / "state.sqlite3").touch()
    (film.parent / "notes.txt").touch()
    git(film.parent, "add", "notes.txt")
    assert read_commit(film.parent, read(film))[1] is False


def test_only_the_files_that_were_read_count(film: Path) -> None:
    other = film.parent / "other.yaml"
    other.write_text("x")
    assert read_commit(film.parent, read(film))[1] is False
    assert read_commit(film.parent, read(film, other))[1] is True


def test_a_file_that_git_ignores_is_in_no_commit_and_so_dirty(film: Path) -> None:
    (film.parent / ".gitignore").write_text("secret.yaml\n")
    secret = film.parent / "secret.yaml"
    secret.write_text("x")
    assert read_commit(film.parent, read(secret))[1] is True


@pytest.mark.skipif(os.name == "nt", reason="no such names on Windows")
def test_names_are_taken_literally(film: Path) -> None:
    starred = film.parent / "film[12]*.yaml"
    starred.write_text("x")
    git(film.parent, "add", ".")
    git(film.parent, "commit", "--quiet", "--message", "starred")
    (film.parent / "film1.yaml").write_text("x")
    assert read_commit(film.parent, read(starred))[1] is False


def test_very_many_files_are_asked_about_in_several_commands(film: Path) -> None:
    # As one command this has more characters than any system allows.
    folder = film.parent / "/".join(["d" * 200] * 18)
    missing = {folder / f"{number}.png": possible_ids(b"") for number in range(800)}
    assert read_commit(film.parent, {**read(film), **missing})[1] is True


def test_a_file_outside_the_repository_leaves_the_question_open(
    film: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("elsewhere") / "vars.yaml"
    outside.touch()
    commit, is_dirty = read_commit(film.parent, read(film, outside))
    assert commit is not None
    assert is_dirty is None


def test_nothing_is_known_outside_a_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert read_commit(tmp_path, read(tmp_path / "film.yaml")) == (None, None)


def test_nothing_is_known_before_the_first_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    assert read_commit(tmp_path, read(tmp_path / "film.yaml")) == (None, None)


def test_nothing_is_known_without_git(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert read_commit(film.parent, read(film)) == (None, None)


def test_a_git_that_hangs_is_given_up(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*arguments: object, timeout: float, **more: object) -> None:
        raise subprocess.TimeoutExpired("git", timeout)

    monkeypatch.setattr(subprocess, "run", hang)
    assert read_commit(film.parent, read(film)) == (None, None)


def test_inside_a_hook_of_another_repository_the_storyboard_s_own_counts(
    film: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path_factory.mktemp("other")
    git(other, "init", "--quiet")
    own = git(film.parent, "rev-parse", "HEAD")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    assert read_commit(film.parent, read(film)) == (own, False)


def test_the_key_is_not_passed_on(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELLIX_API_KEY", "a-key-of-a-test")
    run, seen = subprocess.run, []

    def watch(*arguments: object, env: dict[str, str], **more: object) -> object:
        seen.append(env)
        return run(*arguments, env=env, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "run", watch)
    read_commit(film.parent, read(film))
    assert len(seen) == 2
    assert "a-key-of-a-test" not in str(seen)


def test_looking_changes_nothing(film: Path) -> None:
    index = film.parent / ".git" / "index"
    film.touch()
    before = index.read_bytes()
    read_commit(film.parent, read(film))
    assert index.read_bytes() == before
