from __future__ import annotations

import errno
import hashlib
import os
import stat
import sys
from pathlib import Path

import pytest

from storyboard.atomic_files import digest_of, find_obstacle, is_plain_file, write_atomically
from storyboard.errors import StateError

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes and links")


def test_a_new_file_is_written_with_its_folders(tmp_path: Path) -> None:
    path = tmp_path / "renders" / "harbor" / "manifest.json"
    assert write_atomically(path, "Straße\n")
    assert path.read_bytes() == "Straße\n".encode()
    assert [file.name for file in path.parent.iterdir()] == ["manifest.json"]


def test_the_same_bytes_leave_the_file_untouched(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    write_atomically(path, b"one")
    os.utime(path, ns=(1, 1))
    before = path.stat()
    assert not write_atomically(path, b"one")
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_other_bytes_of_the_same_length_replace_the_file(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    write_atomically(path, b"one")
    assert write_atomically(path, b"two")
    assert path.read_bytes() == b"two"


@pytest.mark.parametrize(
    ("code", "reason", "step"),
    [
        (errno.ENOSPC, "No space left on device", "free some space, then run the same command"),
        (errno.EROFS, "Read-only file system", "or name another folder with --output DIR"),
        (errno.EIO, "Input/output error", "see what is in the way at "),
    ],
)
def test_a_failed_write_keeps_the_old_file_and_leaves_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, reason: str, step: str
) -> None:
    path = tmp_path / "manifest.json"
    write_atomically(path, b"old")

    def full(handle: int) -> None:
        raise OSError(code, reason)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StateError) as caught:
        write_atomically(path, b"new")
    assert str(caught.value) == f"{path} could not be written: {reason}"
    assert step in str(caught.value.next_step)
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["manifest.json"]


def test_an_interrupted_write_leaves_no_other_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(handle: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "manifest.json", b"new")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_the_way_is_named(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.mkdir()
    with pytest.raises(StateError, match="could not be written: "):
        write_atomically(path, b"new")
    assert [file.name for file in tmp_path.iterdir()] == ["manifest.json"]


def test_the_content_is_on_the_disk_before_it_has_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "manifest.json"
    steps = []
    sync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (steps.append("sync"), sync(handle)))
    monkeypatch.setattr(Path, "replace", lambda a, b: (steps.append("replace"), replace(a, b))[1])
    write_atomically(path, b"new")
    assert steps[:2] == ["sync", "replace"]


@posix_only
def test_others_may_read_the_file_as_the_umask_says(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    before = os.umask(0o022)
    try:
        write_atomically(path, b"new")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


@posix_only
def test_a_symbolic_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"new")
    path = tmp_path / "manifest.json"
    path.symlink_to(outside)
    assert write_atomically(path, b"new")
    assert not path.is_symlink()
    assert outside.read_bytes() == b"new"


def test_a_digest_is_that_of_the_whole_content(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(b"x" * 3_000_001)
    assert digest_of(path) == hashlib.sha256(b"x" * 3_000_001).hexdigest()


def test_what_is_no_plain_file_has_no_digest(tmp_path: Path) -> None:
    assert digest_of(tmp_path) is None
    assert digest_of(tmp_path / "missing") is None


@posix_only
def test_only_a_regular_file_is_plain(tmp_path: Path) -> None:
    path = tmp_path / "video.mp4"
    assert not is_plain_file(path)
    path.write_bytes(b"video")
    link = tmp_path / "link.mp4"
    link.symlink_to(path)
    assert [is_plain_file(one) for one in (path, link, tmp_path)] == [True, False, False]
    assert not is_plain_file(path / "below")


@posix_only
def test_links_and_files_are_in_the_way_of_folders(tmp_path: Path) -> None:
    assert find_obstacle(tmp_path / "new", "models/kling/v9.yaml") is None
    (tmp_path / "models").mkdir()
    assert find_obstacle(tmp_path, "models/kling/v9.yaml") is None
    (tmp_path / "models" / "kling").symlink_to(tmp_path)
    assert find_obstacle(tmp_path, "models/kling/v9.yaml") == tmp_path / "models" / "kling"
    (tmp_path / "file").touch()
    assert find_obstacle(tmp_path, "file/film.yaml") == tmp_path / "file"
    assert find_obstacle(tmp_path, "film.yaml") is None


@posix_only
def test_a_link_has_no_digest_for_it_is_to_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"one")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    assert digest_of(tmp_path / "link") is None
