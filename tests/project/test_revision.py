"""Files of a commit, read from git's objects as the disk would have them."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from storyboard.errors import UsageError
from storyboard.language.files import NotAFile
from storyboard.project.revision import Revision, find_revision
from tests.hostile.repositories import git


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository whose commit holds what its disk no longer holds."""
    folder = tmp_path.resolve() / "repo"
    (folder / "films" / "templates").mkdir(parents=True)
    git(folder, "init", "--quiet")
    (folder / "films" / "film.yaml").write_text("then\n")
    (folder / "films" / "templates" / "camera.j2").write_text("macro\n")
    (folder / "house.yaml").write_text("house\n")
    (folder / "big.csv").write_text("x" * 100)
    if os.name != "nt":
        (folder / "films" / "link.yaml").symlink_to("../house.yaml")
        (folder / "films" / "absolute.yaml").symlink_to(folder / "house.yaml")
        (folder / "shared").symlink_to("films/templates")
        (folder / "circle").symlink_to("circle")
        (folder / "outside.yaml").symlink_to("../secret.yaml")
        (folder / "there-and-back.yaml").symlink_to("../repo/house.yaml")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "film")
    (folder / "films" / "film.yaml").write_text("now\n")
    (folder / "house.yaml").unlink()
    (folder.parent / "secret.yaml").write_text("secret\n")
    return folder


@pytest.fixture
def revision(repo: Path) -> Revision:
    return Revision(repo, git(repo, "rev-parse", "HEAD"))


def test_a_file_has_the_content_of_the_commit(revision: Revision, repo: Path) -> None:
    assert revision.read_bytes(repo / "films" / "film.yaml", 100) == b"then\n"
    assert revision.exists(repo / "house.yaml")
    assert not revision.exists(repo / "films" / "new.yaml")
    assert sorted(revision.names_in(repo / "films" / "templates")) == ["camera.j2"]
    with pytest.raises(FileNotFoundError):
        revision.read_bytes(repo / "films" / "new.yaml", 100)
    with pytest.raises(NotADirectoryError):
        revision.names_in(repo / "house.yaml")
    with pytest.raises(NotAFile, match="is a folder, not a file"):
        revision.read_bytes(repo / "films", 100)


def test_a_path_may_lead_upwards(revision: Revision, repo: Path) -> None:
    path = repo / "films" / ".." / "house.yaml"
    assert revision.real_path(path) == str(repo / "house.yaml")
    assert revision.read_bytes(path, 100) == b"house\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows makes no links without a privilege")
@pytest.mark.parametrize(
    ("name", "real"),
    [
        ("films/link.yaml", "house.yaml"),
        ("films/absolute.yaml", "house.yaml"),
        ("there-and-back.yaml", "house.yaml"),
        ("shared/camera.j2", "films/templates/camera.j2"),
        ("shared/../film.yaml", "films/film.yaml"),
    ],
)
def test_links_of_the_commit_are_followed(
    name: str, real: str, revision: Revision, repo: Path
) -> None:
    assert revision.real_path(repo / name) == str(repo / real)
    assert revision.read_bytes(repo / name, 100)


@pytest.mark.skipif(os.name == "nt", reason="Windows makes no links without a privilege")
def test_a_link_out_of_the_repository_says_where_it_leads(revision: Revision, repo: Path) -> None:
    # The read scope is asked with this path, and refuses it.
    assert revision.real_path(repo / "outside.yaml") == str(repo.parent / "secret.yaml")
    assert revision.real_path(repo / ".." / "secret.yaml") == str(repo.parent / "secret.yaml")


@pytest.mark.skipif(os.name == "nt", reason="Windows makes no links without a privilege")
def test_a_link_to_itself_ends(revision: Revision, repo: Path) -> None:
    with pytest.raises(OSError, match="symbolic links"):
        revision.read_bytes(repo / "circle", 100)
    assert not revision.exists(repo / "circle")


def test_a_file_that_is_too_large_is_not_read(revision: Revision, repo: Path) -> None:
    assert revision.read_bytes(repo / "big.csv", 100) == b"x" * 100
    with pytest.raises(OSError, match="larger than 99 bytes"):
        revision.read_bytes(repo / "big.csv", 99)


def test_a_pointer_of_git_lfs_is_not_taken_for_the_file(repo: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    (repo / "table.csv").write_text(pointer)
    git(repo, "add", ".")
    git(repo, "commit", "--quiet", "--message", "table")
    revision = Revision(repo, git(repo, "rev-parse", "HEAD"))
    with pytest.raises(OSError, match="Git LFS"):
        revision.read_bytes(repo / "table.csv", 1000)


@pytest.mark.parametrize("found", [b"a picture", b"another picture", None])
def test_a_file_of_git_lfs_is_read_from_its_store_if_it_is_there(
    repo: Path, found: bytes | None
) -> None:
    oid = hashlib.sha256(b"a picture").hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 9\n"
    (repo / "films" / "pier.png").write_text(pointer)
    git(repo, "add", ".")
    git(repo, "commit", "--quiet", "--message", "picture")
    if found is not None:
        stored = repo / ".git/lfs/objects" / oid[:2] / oid[2:4] / oid
        stored.parent.mkdir(parents=True)
        stored.write_bytes(found)
    revision = Revision(repo, git(repo, "rev-parse", "HEAD"))
    if found == b"a picture":
        assert revision.read_bytes(repo / "films" / "pier.png", 1000) == found
    else:
        with pytest.raises(OSError, match="not on this machine; git lfs fetch brings it"):
            revision.read_bytes(repo / "films" / "pier.png", 1000)


def test_a_revision_is_found_by_any_of_its_names(repo: Path) -> None:
    git(repo, "tag", "v1")
    for name in ("HEAD", "v1", git(repo, "rev-parse", "--short", "HEAD"), "HEAD^{commit}"):
        found = find_revision(repo / "films" / "film.yaml", name)
        assert found is not None
        assert found[0].commit == git(repo, "rev-parse", "HEAD")
        assert found[1] == repo / "films" / "film.yaml"


@pytest.mark.parametrize(
    "name", ["nope", "", "-n", "--all", "HEAD:house.yaml", "HEAD..HEAD", "HEAD\n", "a\0b", "^HEAD"]
)
def test_what_is_no_commit_is_none(repo: Path, name: str) -> None:
    assert find_revision(repo / "films" / "film.yaml", name) is None


def test_a_storyboard_in_no_repository_has_no_revisions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(UsageError, match="lies in no git repository"):
        find_revision(tmp_path / "film.yaml", "HEAD")


def test_a_name_that_git_spells_otherwise_is_found(repo: Path) -> None:
    found = find_revision(repo / "films" / "FILM.yaml", "HEAD")
    assert found is not None
    assert found[1] == repo / "films" / "film.yaml"
