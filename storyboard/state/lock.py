"""Allows one render per folder. The operating system's lock decides who holds it.

Takes the output folder and returns a context in which the state file may be read
in order to change it. A note beside the lock names the holder, for the message
only; a note left by a dead process has no effect, because its lock is gone.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path

import filelock

from storyboard.atomic_files import read_plain, write_atomically
from storyboard.errors import Locked, StateError
from storyboard.state.files import check_plain

_MAX_LENGTH = 300  # characters of the holder's description
_MAX_NOTE_BYTES = 10_000


@contextmanager
def hold_lock(
    folder: Path, *, now: datetime, timeout_s: float = 0.0, is_private: bool = False
) -> Iterator[None]:
    """Hold the folder's lock for the length of the context; creates a missing folder.

    `timeout_s` is how long to wait for another holder; 0 does not wait. With
    `is_private`, only the user can access a folder created here.

    Raises:
        Locked: another process holds it; the message names host, pid, command and age.
        StateError: the folder cannot be written, or its lock is not a regular file.
    """
    try:
        folder.mkdir(mode=0o700 if is_private else 0o777, parents=True, exist_ok=True)
        _check_lock(folder / ".lock")
        lock = filelock.FileLock(folder / ".lock", timeout=timeout_s, mode=0o600)
        lock.acquire()
    except filelock.Timeout:
        raise Locked(
            f"another storyboard process is using {folder}: {read_holder(folder, now=now)}",
            next_step="wait until it has finished, or stop it",
        ) from None
    except NotImplementedError:
        raise StateError(
            f"the disk that {folder} is on has no file locks",
            next_step="keep the state on a local disk, with --state DIR",
        ) from None
    except OSError as error:
        owner = _other_owner(folder / ".lock") if isinstance(error, PermissionError) else None
        reason = f"its lock belongs to {owner}" if owner else error.strerror or error
        raise StateError(
            f"cannot write in {folder}: {reason}", next_step="choose another folder with --output"
        ) from None
    try:
        _write_note(folder, now=now)
        yield
    finally:
        with suppress(OSError):
            _note(folder).unlink()
        lock.release()


def read_holder(folder: Path, *, now: datetime) -> str:
    """A description of who holds the folder: host, pid, command and since when."""
    try:
        note = json.loads(read_plain(_note(folder), _MAX_NOTE_BYTES))
        since = datetime.fromisoformat(str(note["since"]))
        minutes = max(0, int((now - since).total_seconds() // 60))
        text = (
            f"{note['command']} (pid {int(note['pid'])} on {note['host']}, since "
            f"{since.astimezone(timezone.utc):%Y-%m-%d %H:%M:%S} UTC, {minutes} min ago)"
        )
        # Anyone may have written the note; unprintable characters could control a terminal.
        return "".join(char if char.isprintable() else "?" for char in text[:_MAX_LENGTH])
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return "it left no note about itself"


def _check_lock(path: Path) -> None:
    """Raise StateError if locking would touch a file that is not the lock.

    Versions of filelock before 4.2.1 empty the file even if it has other hard links;
    the newest version for Python 3.10 is 4.1.0.
    """
    check_plain(path)
    with suppress(FileNotFoundError):
        if path.lstat().st_nlink > 1:
            raise StateError(
                f"{path} is a file with a second hard link, so it is not used as a lock",
                next_step="delete it, then run again",
            )


def _other_owner(path: Path) -> str | None:
    """Who owns a file, or None if the current user does."""
    try:
        number = path.lstat().st_uid
        if not hasattr(os, "geteuid") or number == os.geteuid():
            return None
        return f"the user {path.owner()}"
    except KeyError:  # not in the user database
        return f"the user with the number {number}"
    except OSError:
        return None


def _note(folder: Path) -> Path:
    return folder / ".lock.json"


def _write_note(folder: Path, *, now: datetime) -> None:
    note = {
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "command": " ".join(["storyboard", *sys.argv[1:2]]),
        "since": now.isoformat(),
    }
    # The note only serves a message: a full disk must not stop a render here.
    with suppress(StateError):
        write_atomically(_note(folder), json.dumps(note), mode=0o600)
