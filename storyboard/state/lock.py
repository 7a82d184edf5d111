"""One render a folder. The operating system's lock decides who holds it.

Takes the output folder, gives a context in which the state file may be read
in order to change it. A note beside the lock names the holder for the
message; a note left by a dead process says nothing, since its lock is gone.
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

from storyboard.errors import Locked, StateError

_MAX_LENGTH = 300  # characters of the holder's description


@contextmanager
def hold_lock(folder: Path, *, now: datetime, timeout_s: float = 0.0) -> Iterator[None]:
    """Holds the folder's lock for the length of the context.

    `timeout_s` is how long to wait for another holder; 0 does not wait.

    Raises:
        Locked: another process holds it; names host, pid, command and age.
        StateError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(folder / ".lock", timeout=timeout_s)
        lock.acquire()
    except filelock.Timeout:
        raise Locked(
            f"another storyboard is at work in {folder}: {read_holder(folder, now=now)}",
            next_step="wait until it has finished, or stop it",
        ) from None
    except NotImplementedError:
        raise StateError(
            f"the disk that {folder} is on has no file locks",
            next_step="keep the state on a local disk, with --state DIR",
        ) from None
    except OSError as error:
        raise StateError(
            f"cannot write in {folder}: {error.strerror or error}",
            next_step="choose another folder with --output",
        ) from None
    try:
        _write_note(folder, now=now)
        yield
    finally:
        with suppress(OSError):
            _note(folder).unlink()
        lock.release()


def read_holder(folder: Path, *, now: datetime) -> str:
    """Who holds the folder, in words: host, pid, command and since when."""
    try:
        note = json.loads(_note(folder).read_text("utf-8"))
        since = datetime.fromisoformat(str(note["since"]))
        minutes = max(0, int((now - since).total_seconds() // 60))
        text = (
            f"{note['command']} (pid {int(note['pid'])} on {note['host']}, since "
            f"{since.astimezone(timezone.utc):%Y-%m-%d %H:%M:%S} UTC, {minutes} min ago)"
        )
        # Anyone can have written the note; a terminal obeys what is not printable.
        return "".join(char if char.isprintable() else "?" for char in text[:_MAX_LENGTH])
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return "it left no note of who it is"


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
    try:
        _note(folder).write_text(json.dumps(note), "utf-8")
    except OSError:
        return
