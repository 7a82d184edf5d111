"""Checks, opens and creates the state file and the files that SQLite keeps beside it.

A state file may have come with a repository. Before SQLite opens one, it and its
companion files must be plain files, with no rollback journal beside them. While it
is read, no query may take longer than a genuine file of its size needs.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from storyboard.atomic_files import temporary_beside
from storyboard.errors import StateError

FILE_NAME = "state.sqlite3"
_MAX_HEAP_BYTES = 64 * 1024 * 1024  # SQLite's page cache takes two million of them
MAX_VALUE_BYTES = 2 * 1024 * 1024  # of one value in a row; a payload has a few thousand

_PER_CALL = 100_000  # steps of SQLite's virtual machine between two checks of the limit
_MIN_STEPS = 10_000_000  # about a tenth of a second
_ATTEMPTS = 3
_READ_ONLY = ("attempt to write a readonly database", "unable to open database file")
"""SQLite's messages if it may not write the files that it keeps beside a database."""

Found = TypeVar("Found")


def has_state(path: Path) -> bool:
    """Whether there is a state file, which may be empty.

    Raises StateError if it or a companion file is not a regular file, or if a
    rollback journal lies beside it: SQLite would play that back, and delete
    the file that it names.
    """
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        check_plain(path.with_name(name))
    journal = path.with_name(f"{path.name}-journal")
    if os.path.lexists(journal):
        raise StateError(
            f"{journal} is beside the state file, but storyboard never makes such a journal",
            next_step="find out where it came from, then move it away",
        )
    log = path.with_name(f"{path.name}-wal")
    if not _size_of(path) and _size_of(log):
        # SQLite would write the log's content into a new file that it does not belong
        # to, and deletes a log beside an empty file.
        lost = "beside an empty" if os.path.lexists(path) else "without"
        raise StateError(
            f"{log} lies there {lost} {path.name}, which it belongs to",
            next_step=f"put {path.name} back beside it; without the log it lacks the latest "
            "submissions",
        )
    return os.path.lexists(path)


def is_emptied(path: Path) -> bool:
    """Whether the state file exists but is empty; `make` never leaves one like that."""
    return os.path.lexists(path) and not size_of(path)


def check_plain(path: Path) -> None:
    """Raise StateError if something other than a plain file is at `path`."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        return
    if not stat.S_ISREG(mode):
        kind = "a symbolic link" if stat.S_ISLNK(mode) else "not a regular file"
        raise StateError(
            f"{path} is {kind}, so it is neither read nor written",
            next_step="move it away, or choose another folder with --output",
        )


def read(path: Path, select: Callable[[sqlite3.Connection], Found]) -> Found:
    """Return what `select` finds in one snapshot; creates and changes no files beside `path`.

    Raises whatever `select` raises, and sqlite3.Error if the file cannot be read.
    """
    wal, shm = (path.with_name(f"{path.name}{ending}") for ending in ("-wal", "-shm"))
    for _ in range(_ATTEMPTS):
        if _size_of(wal):
            break
        # Without a log the file alone is complete, unless a render writes to it meanwhile.
        before = _identity(path)
        try:
            found = _select(path, "mode=ro&immutable=1", select)
        except (sqlite3.Error, StateError):
            if _identity(path) == before:
                raise
        else:
            if _identity(path) == before:
                return found
    try:
        if shm.exists() and _size_of(wal):
            return _select(path, "mode=ro", select)
    except sqlite3.OperationalError as error:
        if str(error) not in _READ_ONLY:
            raise
    # If the log's writer is gone, a copy is read, because reading creates files beside it.
    with tempfile.TemporaryDirectory(prefix="storyboard-", ignore_cleanup_errors=True) as folder:
        for file in (path, wal):
            with suppress(FileNotFoundError):
                shutil.copyfile(file, Path(folder) / file.name)
        return _select(Path(folder) / path.name, "mode=rw", select)


def _select(path: Path, mode: str, select: Callable[[sqlite3.Connection], Found]) -> Found:
    with closing(connect(path, mode)) as db:
        db.execute("PRAGMA query_only = ON")
        with bounded(db, path):
            db.execute("BEGIN")  # one snapshot for all queries
            return select(db)


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """A connection to an untrusted file; `mode` is the query part of an SQLite URI."""
    db = sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True, isolation_level=None)
    try:
        if sys.version_info >= (3, 11):
            db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES)
            db.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        else:  # Python 3.10 cannot limit a value's size, only SQLite's memory in this process
            db.execute(f"PRAGMA hard_heap_limit = {_MAX_HEAP_BYTES}")
        if sys.version_info >= (3, 12):
            db.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE, True)
        for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0"):
            db.execute(f"PRAGMA {pragma}")
    except BaseException:
        db.close()
        raise
    return db


@contextmanager
def bounded(db: sqlite3.Connection, path: Path) -> Iterator[None]:
    """Interrupt queries in the context that take too many steps (sqlite3.OperationalError).

    In a hostile file, pages that refer to one another can hold endless rows. In a
    genuine file each step of SQLite reads about ten bytes.
    """
    steps_left = _MIN_STEPS + size_of(path)

    def is_too_long() -> bool:
        nonlocal steps_left
        steps_left -= _PER_CALL
        return steps_left < 0

    db.set_progress_handler(is_too_long, _PER_CALL)
    try:
        yield
    finally:
        db.set_progress_handler(None, 0)


def make(path: Path, fill: Callable[[sqlite3.Connection], None]) -> None:
    """Create a state file with what `fill` writes, whole or not at all, private to the user.

    It gets its name only when it is complete and in WAL mode, so a rollback journal
    is never ours. The caller holds the folder's lock.
    """
    temporary = temporary_beside(path, prefix=".state")
    try:
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        with closing(connect(temporary, "mode=rw")) as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            fill(db)
        temporary.replace(path)
    except OSError as error:
        raise StateError(
            f"the state file {path} cannot be made: {error.strerror or error}",
            next_step="check the folder's disk and permissions, then run again",
        ) from error
    finally:
        for ending in ("", "-wal", "-shm", "-journal"):
            with suppress(OSError):
                temporary.with_name(f"{temporary.name}{ending}").unlink()


def make_private(path: Path) -> None:
    """Leave only the owner with permissions on the file, where the system supports that."""
    with suppress(OSError):
        if stat.S_IMODE(path.lstat().st_mode) & 0o077:
            path.chmod(0o600)


def size_of(path: Path) -> int:
    """The size in bytes of the state file at `path`, including its log."""
    return _size_of(path) + _size_of(path.with_name(f"{path.name}-wal"))


def inode_of(path: Path) -> tuple[int, int] | None:
    """The device and the inode of the file at `path`, None if there is none."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _size_of(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0


def _identity(path: Path) -> tuple[int, ...]:
    """A value that changes when the file is written or replaced."""
    found = path.lstat()
    return found.st_ino, found.st_size, found.st_mtime_ns
