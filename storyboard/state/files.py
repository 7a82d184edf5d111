"""Checks, opens and makes the state file and the files that SQLite keeps beside it.

A state file may have come with a repository. Before SQLite opens one, it and
its companions must be plain files and no rollback journal may lie beside them;
while it is read, no query takes longer than an honest file of its size needs.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from storyboard.errors import StateError

FILE_NAME = "state.sqlite3"
_MAX_HEAP_BYTES = 64 * 1024 * 1024  # SQLite's page cache takes two of them
MAX_VALUE_BYTES = 2 * 1024 * 1024  # of a row; a payload has some thousands

_PER_CALL = 100_000  # steps of SQLite's virtual machine between two checks of a query
_MIN_STEPS = 10_000_000  # a tenth of a second or so
_ATTEMPTS = 3
_READ_ONLY = ("attempt to write a readonly database", "unable to open database file")
"""SQLite's messages where it may not write the files that it keeps beside a database."""

Found = TypeVar("Found")


def has_state(path: Path) -> bool:
    """Whether there is a state file, which may be empty.

    Raises StateError if it or what belongs to it is not a regular file, or where
    a rollback journal lies beside it: SQLite would play it back, and delete
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
        # SQLite would write what the log holds into a new file, whose it is not, and
        # deletes it beside an empty one.
        lost = "beside an empty" if os.path.lexists(path) else "without"
        raise StateError(
            f"{log} lies there {lost} {path.name}, which it belongs to",
            next_step=f"put {path.name} back beside it; without the log it lacks the latest "
            "submissions",
        )
    return os.path.lexists(path)


def is_emptied(path: Path) -> bool:
    """Whether the state file is there and holds nothing: `make` never leaves one like that."""
    return os.path.lexists(path) and not size_of(path)


def check_plain(path: Path) -> None:
    """Raises StateError if there is something at `path` that is not a plain file."""
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
    """What `select` finds in the file, in one snapshot; nothing is made or changed beside it.

    Raises what `select` raises, and sqlite3.Error where the file cannot be read.
    """
    wal, shm = (path.with_name(f"{path.name}{ending}") for ending in ("-wal", "-shm"))
    for _ in range(_ATTEMPTS):
        if _size_of(wal):
            break
        # Without a log the file alone is the truth, until a render writes into it meanwhile.
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
    # A log whose writer is gone is read in a copy, since reading it makes files beside it.
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
    """A connection to a file that is not trusted; `mode` is how to open it, as in SQLite's URIs."""
    db = sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True, isolation_level=None)
    try:
        if sys.version_info >= (3, 11):
            db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES)
            db.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        else:  # Python 3.10 cannot bound a value, but SQLite's memory in this process
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
    """Ends queries within the context, with sqlite3.OperationalError, that take too many steps.

    In a hostile file, pages that refer to one another can hold rows without
    end. In ours a step of SQLite reads some ten bytes.
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
    """Makes a state file with what `fill` writes, whole or not at all, for the user alone.

    It gets its name when it is complete and in WAL mode: so a rollback journal
    is never ours. The caller holds the folder's lock.
    """
    temporary = path.with_name(f".state-{secrets.token_hex(8)}.tmp")
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
    """Takes the file's permissions away from everybody but its owner, where the system can."""
    with suppress(OSError):
        if stat.S_IMODE(path.lstat().st_mode) & 0o077:
            path.chmod(0o600)


def size_of(path: Path) -> int:
    """The bytes of the state file at `path`, with its log."""
    return _size_of(path) + _size_of(path.with_name(f"{path.name}-wal"))


def _size_of(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0


def _identity(path: Path) -> tuple[int, ...]:
    """What changes where a file is written or replaced."""
    found = path.lstat()
    return found.st_ino, found.st_size, found.st_mtime_ns
