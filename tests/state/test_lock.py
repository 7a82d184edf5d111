"""One render a folder: who holds it is told, and the dead hold nothing."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

import filelock
import pytest

from storyboard.errors import ExitCode, Locked, StateError
from storyboard.state.lock import hold_lock, read_holder

REPO = Path(__file__).parents[2]
NOW = datetime(2026, 11, 22, 14, 3, 11, tzinfo=timezone.utc)
LATER = NOW + timedelta(minutes=65)

HOLDER = """
import pathlib, sys
from datetime import datetime
from storyboard.state.lock import hold_lock
with hold_lock(pathlib.Path(sys.argv[3]), now=datetime.fromisoformat(sys.argv[2])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held_by_another_process(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the folder as `storyboard render`, until it is told to go."""
    command = [sys.executable, "-c", HOLDER, "render", NOW.isoformat(), str(folder)]
    with subprocess.Popen(
        command, cwd=REPO, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_second_process_is_refused_and_told_who_is_at_work(tmp_path: Path) -> None:
    with held_by_another_process(tmp_path) as process:
        with pytest.raises(Locked) as error, hold_lock(tmp_path, now=LATER):
            pytest.fail("two processes hold one folder")
        told = re.fullmatch(
            r"another storyboard process is using (.+): storyboard render \(pid (\d+) on (\S+), "
            r"since 2026-11-22 14:03:11 UTC, 65 min ago\)",
            str(error.value),
        )
        assert told is not None
        assert (told[1], int(told[2])) == (str(tmp_path), process.pid)
        assert error.value.next_step == "wait until it has finished, or stop it"
        assert error.value.exit_code is ExitCode.LOCKED


def test_the_dead_hold_nothing_and_their_note_does_not_matter(tmp_path: Path) -> None:
    with held_by_another_process(tmp_path) as process:
        process.kill()
        process.wait()
        assert (tmp_path / ".lock.json").is_file()
        with hold_lock(tmp_path, now=LATER):
            assert f"pid {os.getpid()} on" in read_holder(tmp_path, now=LATER)


def test_a_holder_that_ends_well_leaves_no_note(tmp_path: Path) -> None:
    with hold_lock(tmp_path, now=NOW):
        assert (tmp_path / ".lock.json").is_file()
    assert not (tmp_path / ".lock.json").exists()
    with hold_lock(tmp_path, now=NOW):
        pass


def test_a_context_that_fails_lets_go(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), hold_lock(tmp_path, now=NOW):
        raise ZeroDivisionError
    with hold_lock(tmp_path, now=NOW):
        pass


def test_a_note_that_cannot_be_removed_does_not_keep_the_lock(tmp_path: Path) -> None:
    with hold_lock(tmp_path, now=NOW):
        (tmp_path / ".lock.json").unlink()
        (tmp_path / ".lock.json").mkdir()
    with hold_lock(tmp_path, now=NOW):
        pass


def test_a_second_holder_in_the_same_process_is_refused_too(tmp_path: Path) -> None:
    with (
        hold_lock(tmp_path, now=NOW),
        pytest.raises(Locked, match="another storyboard process is using"),
        hold_lock(tmp_path, now=NOW),
    ):
        pytest.fail("held twice")


def test_different_folders_are_held_side_by_side(tmp_path: Path) -> None:
    with hold_lock(tmp_path / "a", now=NOW), hold_lock(tmp_path / "b", now=NOW):
        pass


def test_the_folder_is_made(tmp_path: Path) -> None:
    with hold_lock(tmp_path / "renders" / "film", now=NOW):
        assert (tmp_path / "renders" / "film").is_dir()


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "film").touch()
    with pytest.raises(StateError) as error, hold_lock(tmp_path / "film", now=NOW):
        pass
    assert str(error.value) == f"cannot write in {tmp_path / 'film'}: File exists"
    assert error.value.next_step == "choose another folder with --output"


def test_a_disk_without_locks_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: object) -> None:
        raise NotImplementedError

    monkeypatch.setattr(filelock.FileLock, "acquire", refuse)
    with pytest.raises(StateError) as error, hold_lock(tmp_path, now=NOW):
        pass
    assert str(error.value) == f"the disk that {tmp_path} is on has no file locks"
    assert error.value.next_step == "keep the state on a local disk, with --state DIR"


@pytest.mark.parametrize(
    "note",
    [
        "",
        "{",
        "[]",
        "7",
        "{}",
        '{"host": "h", "pid": "x", "command": "c", "since": "2026-11-22T14:03:11+00:00"}',
        '{"host": "h", "pid": 1, "command": "c", "since": "yesterday"}',
        '{"host": "h", "pid": 1, "command": "c", "since": "2026-11-22T14:03:11"}',
        "[" * 100_000,
    ],
)
def test_a_note_that_makes_no_sense_says_nothing(tmp_path: Path, note: str) -> None:
    (tmp_path / ".lock.json").write_text(note, "utf-8")
    assert read_holder(tmp_path, now=NOW) == "it left no note about itself"


def test_a_note_cannot_speak_to_the_terminal(tmp_path: Path) -> None:
    note = {"host": "h\x1b[2J", "pid": 1, "command": "c\n" * 500, "since": NOW.isoformat()}
    (tmp_path / ".lock.json").write_text(json.dumps(note), "utf-8")
    told = read_holder(tmp_path, now=NOW)
    assert told.isprintable()
    assert len(told) == 300


def test_a_clock_that_was_put_back_makes_nobody_younger_than_now(tmp_path: Path) -> None:
    note = {"host": "h", "pid": 1, "command": "storyboard render", "since": LATER.isoformat()}
    (tmp_path / ".lock.json").write_text(json.dumps(note), "utf-8")
    assert read_holder(tmp_path, now=NOW).endswith("UTC, 0 min ago)")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such owners")
def test_the_lock_of_another_user_is_told_as_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deny(lock: filelock.FileLock) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / ".lock").touch()
    owner = (tmp_path / ".lock").owner()
    monkeypatch.setattr(filelock.FileLock, "acquire", deny)
    monkeypatch.setattr(os, "geteuid", lambda: 424242)
    with pytest.raises(StateError) as error, hold_lock(tmp_path, now=NOW):
        pytest.fail("the lock is not ours")
    assert str(error.value) == f"cannot write in {tmp_path}: its lock belongs to the user {owner}"
    assert error.value.next_step == "choose another folder with --output"
