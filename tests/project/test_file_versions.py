"""A manifest as other commits have it, read from real repositories."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from storyboard.project.file_versions import find_versions, is_blob, read_version
from tests.project.test_git import git


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A committed file in a folder of a fresh repository."""
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    path = tmp_path / "renders" / "film" / "manifest.json"
    path.parent.mkdir(parents=True)
    commit(path, "base\n")
    return path


def commit(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
    git(path.parent, "add", "--all")
    git(path.parent, "commit", "--quiet", "--message", text)


def branch(path: Path, name: str, text: str) -> None:
    """A branch with another text, from the commit before the last."""
    git(path.parent, "checkout", "--quiet", "-b", name, "HEAD~1")
    commit(path, text)
    git(path.parent, "checkout", "--quiet", "main")


def contents(path: Path) -> dict[str, str]:
    return {one.commit: (read_version(one) or b"").decode() for one in find_versions(path)}


def merge(path: Path, *branches: str, strategy: str = "recursive") -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    command = ["git", *who, "-C", str(path.parent), "merge", "--strategy", strategy, *branches]
    subprocess.run(command, capture_output=True, check=False)


def test_the_committed_file_is_found_also_where_it_is_gone(file: Path) -> None:
    file.unlink()
    file.parent.rmdir()
    assert contents(file) == {"HEAD": "base\n"}


def test_an_older_commit_is_not_asked(file: Path) -> None:
    commit(file, "two\n")
    assert contents(file) == {"HEAD": "two\n"}


def test_during_a_merge_both_sides_are_found(file: Path) -> None:
    commit(file, "ours\n")
    branch(file, "other", "theirs\n")
    merge(file, "other")
    assert contents(file) == {"HEAD": "ours\n", "MERGE_HEAD": "theirs\n"}


@pytest.mark.parametrize("others", [["one"], ["one", "two"]])
def test_the_parents_of_a_merge_are_found_also_after_further_commits(
    file: Path, others: list[str]
) -> None:
    commit(file, "ours\n")
    for name in others:
        branch(file, name, f"{name}\n")
    merge(file, *others, strategy="ours")
    found = contents(file)
    assert found.pop("HEAD") == "ours\n"
    assert sorted(found.values()) == sorted(f"{name}\n" for name in others)
    assert set(found) <= {"HEAD^2", "HEAD^3"}
    git(file.parent, "branch", "--quiet", "-D", *others)
    git(file.parent, "update-ref", "-d", "ORIG_HEAD")
    commit(file, "later\n")
    later = contents(file)
    assert later.pop("HEAD") == "later\n"
    assert sorted(later.values()) == sorted(["ours\n", *(f"{name}\n" for name in others)])
    assert not any(one.is_side for one in find_versions(file) if one.commit != "HEAD")


def test_of_earlier_merges_only_the_latest_count(file: Path) -> None:
    for number in range(12):
        commit(file, f"{number}\n")
        branch(file, "other", f"other {number}\n")
        merge(file, "other", strategy="ours")
        git(file.parent, "branch", "--quiet", "-D", "other")
    commit(file, "later\n")
    found = set(contents(file).values())
    assert {f"other {number}\n" for number in range(2, 12)} <= found
    assert "other 1\n" not in found


def test_other_branches_are_found_and_none_of_them_is_a_side(file: Path) -> None:
    commit(file, "ours\n")
    branch(file, "other", "theirs\n")
    commit(file, "new\n")
    tips = git(file.parent, "rev-parse", "main", "other").split()
    assert [(one.commit, one.is_side) for one in find_versions(file)] == [
        ("HEAD", True),
        (tips[1], False),
    ]
    git(file.parent, "checkout", "--quiet", "--detach", "other")
    assert contents(file) == {"HEAD": "theirs\n", tips[0]: "new\n"}


def test_where_head_was_before_a_rebase_is_found(file: Path) -> None:
    commit(file, "mine\n")
    branch(file, "other", "theirs\n")
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    git(file.parent, *who, "rebase", "--quiet", "-X", "ours", "other")
    git(file.parent, "branch", "--quiet", "-D", "other")
    assert contents(file) == {"HEAD": "theirs\n", "ORIG_HEAD": "mine\n"}


def test_during_a_rebase_both_sides_are_found(file: Path) -> None:
    commit(file, "ours\n")
    branch(file, "other", "theirs\n")
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    command = ["git", *who, "-C", str(file.parent), "rebase", "other"]
    subprocess.run(command, capture_output=True, check=False)
    assert contents(file) == {"HEAD": "theirs\n", "REBASE_HEAD": "ours\n"}


def test_what_was_fetched_last_is_found(file: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", ".", "clone")
    commit(file, "theirs\n")
    git(clone, "fetch", "--quiet")
    found = contents(clone / file.relative_to(tmp_path))
    assert found == {"HEAD": "base\n", "FETCH_HEAD": "theirs\n"}


def test_nothing_is_known_of_a_file_that_git_does_not_have(file: Path, tmp_path: Path) -> None:
    assert find_versions(file.with_name("other.json")) == []
    assert find_versions(file.with_name("a\nb.json")) == []
    empty = tmp_path / "empty"
    empty.mkdir()
    git(empty, "init", "--quiet")
    assert find_versions(empty / "manifest.json") == []


def test_outside_a_repository_git_is_not_even_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    assert find_versions(tmp_path / "renders" / "manifest.json") == []


def test_line_ends_of_a_checkout_make_no_other_content(file: Path) -> None:
    [version] = find_versions(file)
    assert is_blob(b"base\n", version.blob)
    assert is_blob(b"base\r\n", version.blob)
    assert not is_blob(b"base", version.blob)
