"""The state file's tables and versions, and the checks that a file is one of ours.

A file of an earlier version is read as it is, and brought up to date when it is
opened for writing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

from storyboard.errors import OwnedByAnother, StateError
from storyboard.names import is_same_film
from storyboard.state.checks import FOLDER_CHECKS, Check, problem_of

_Object: TypeAlias = tuple[Any, Any, Any, Any]

APPLICATION_ID = int.from_bytes(b"stbd", "big")
"""`PRAGMA application_id` of our files; those of earlier versions have 0."""

FIRST_WITH_OUTPUTS = 2
"""The first version with the table `outputs`."""

FIRST_WITH_COSTS = 4
"""The first version that stores a submission's estimate and bill."""

FIRST_WITH_INPUTS = 6
"""The first version that stores a submission's body, uploads and approved videos."""

MIGRATIONS = (
    """
    CREATE TABLE folder (origin TEXT NOT NULL, storyboard TEXT NOT NULL);
    CREATE TABLE submissions (
        id INTEGER PRIMARY KEY,
        take TEXT NOT NULL,
        shot TEXT NOT NULL,
        scene TEXT,
        fingerprint TEXT NOT NULL,
        state TEXT NOT NULL,
        model TEXT NOT NULL,
        endpoint TEXT NOT NULL,
        payload TEXT NOT NULL,
        sent_at REAL NOT NULL,
        "commit" TEXT,
        is_dirty INTEGER,
        profile TEXT,
        user_id TEXT,
        task_id TEXT,
        submitted_at REAL,
        finished_at REAL,
        http_status INTEGER,
        reason TEXT,
        reply TEXT,
        video_url TEXT,
        url_expires_at REAL
    );
    CREATE UNIQUE INDEX one_open_submission ON submissions (fingerprint)
        WHERE state IN ('sending', 'unknown', 'accepted');
    CREATE TABLE videos (
        id INTEGER PRIMARY KEY,
        submission INTEGER NOT NULL REFERENCES submissions (id),
        take TEXT NOT NULL COLLATE NOCASE,
        version INTEGER NOT NULL,
        path TEXT NOT NULL COLLATE NOCASE,
        sha256 TEXT NOT NULL,
        size_bytes INTEGER NOT NULL,
        width INTEGER,
        height INTEGER,
        duration_s REAL,
        fps REAL
    );
    CREATE INDEX videos_by_take ON videos (take);
    """,
    """
    CREATE TABLE outputs (
        name TEXT PRIMARY KEY,
        sha256 TEXT NOT NULL,
        made_from TEXT NOT NULL
    );
    CREATE TRIGGER submission_added AFTER INSERT ON submissions
        BEGIN UPDATE outputs SET made_from = '' WHERE made_from <> ''; END;
    CREATE TRIGGER submission_changed AFTER UPDATE ON submissions
        BEGIN UPDATE outputs SET made_from = '' WHERE made_from <> ''; END;
    CREATE TRIGGER submission_removed AFTER DELETE ON submissions
        BEGIN DELETE FROM outputs; END;
    CREATE TRIGGER video_added AFTER INSERT ON videos
        BEGIN UPDATE outputs SET made_from = '' WHERE made_from <> ''; END;
    CREATE TRIGGER video_changed AFTER UPDATE ON videos
        BEGIN UPDATE outputs SET made_from = '' WHERE made_from <> ''; END;
    CREATE TRIGGER video_removed AFTER DELETE ON videos
        BEGIN DELETE FROM outputs; END;
    """,
    """
    CREATE TABLE plans (id TEXT PRIMARY KEY, begun_at REAL NOT NULL);
    """,
    """
    ALTER TABLE submissions ADD COLUMN estimate_micros INTEGER;
    ALTER TABLE submissions ADD COLUMN billed_micros INTEGER;
    CREATE TABLE spent_elsewhere (micros INTEGER NOT NULL);
    """,
    # Under a cap, costs are summed before each submission; without this index that would
    # read all payloads and replies.
    """
    CREATE INDEX costs ON submissions (sent_at, state, billed_micros, estimate_micros);
    """,
    # The index finds equal requests in the middle of a long run.
    """
    ALTER TABLE submissions ADD COLUMN body TEXT;
    CREATE INDEX requests ON submissions (fingerprint);
    CREATE TABLE account_salt (salt TEXT NOT NULL);
    INSERT INTO account_salt VALUES (lower(hex(randomblob(16))));
    CREATE TABLE uploads (
        id INTEGER PRIMARY KEY,
        account TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        name TEXT NOT NULL UNIQUE,
        size_bytes INTEGER NOT NULL,
        file_id TEXT,
        url TEXT,
        uploaded_at REAL,
        expires_at REAL,
        is_deleted INTEGER NOT NULL
    );
    CREATE TABLE passed (take TEXT NOT NULL, video TEXT NOT NULL, PRIMARY KEY (take, video));
    """,
)
"""One script per version; `PRAGMA user_version` counts how many have run."""
RESTORE = "restore a copy; the manifest beside it still has what was paid"
"""What to do about a damaged file."""

_HINTS = {
    # By SQLite's messages, because Python 3.10 does not expose the names of its errors.
    "database or disk is full": "free some space on the disk, then run again",
    "file is not a database": "it is not a state file: move it away, then run again",
    "database disk image is malformed": RESTORE,
    "interrupted": RESTORE,
    "string or blob too big": RESTORE,
}
_WORDS = {
    "interrupted": "reading it takes too long",
    "string or blob too big": "a value in it is too large",
}


def migrate(db: sqlite3.Connection, path: Path) -> None:
    """Bring the file to the newest version, in one transaction."""
    steps = MIGRATIONS[check_version(db, path) :]
    if steps or _pragma(db, "application_id") != APPLICATION_ID:
        marks = (
            f"PRAGMA user_version = {len(MIGRATIONS)}",
            f"PRAGMA application_id = {APPLICATION_ID}",
        )
        db.executescript("; ".join(("BEGIN IMMEDIATE", *steps, *marks, "COMMIT")))


def check_version(db: sqlite3.Connection, path: Path) -> int:
    """The version of the file, checked against its tables; 0 for an empty file.

    Raises StateError if another program or a newer storyboard made it, or if its
    tables differ from those of its version.
    """
    version = _pragma(db, "user_version")
    is_ours = _pragma(db, "application_id") in (0, APPLICATION_ID)
    if is_ours and version > len(MIGRATIONS):
        raise StateError(
            f"{path} was written by a newer storyboard (state version {version}, "
            f"this one supports up to {len(MIGRATIONS)})",
            next_step="upgrade with: pip install -U storyboard-render",
        )
    found: frozenset[_Object] = _objects(db) if is_ours else frozenset()
    if not is_ours or version < 0 or (version == 0 and found):
        raise StateError(
            f"{path} is a database of another program",
            next_step="move it away, or choose another folder with --output",
        )
    expected = _expected(MIGRATIONS[:version])
    # What this program made is equal as it is; other builds of SQLite may space it differently.
    others = () if found == expected else _spaced(found) ^ _spaced(expected)
    if others:
        kind, name = min(others)[:2]
        raise StateError(
            f"the state file {path} is not what storyboard makes: its {kind} {ascii(name)[:60]} "
            "was added, changed or removed",
            next_step=RESTORE,
        )
    return version


def _pragma(db: sqlite3.Connection, name: str) -> int:
    return int(db.execute(f"PRAGMA {name}").fetchone()[0])


def _objects(db: sqlite3.Connection) -> frozenset[_Object]:
    """Tables, indexes, views and triggers: kind, name, table and SQL."""
    return frozenset(db.execute("SELECT type, name, tbl_name, sql FROM sqlite_master LIMIT 100"))


def _spaced(objects: frozenset[_Object]) -> frozenset[_Object]:
    """The same with normalized spaces in the SQL, and all of it text."""
    return frozenset(
        (str(kind), str(name), str(table), " ".join(str(sql).split()))
        for kind, name, table, sql in objects
    )


@lru_cache
def _expected(scripts: tuple[str, ...]) -> frozenset[_Object]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        for script in scripts:
            db.executescript(script)
        return _objects(db)


def select_only_row(
    db: sqlite3.Connection, path: Path, table: str, columns: str, checks: Sequence[Check]
) -> tuple[Any, ...] | None:
    """The row of a table that has at most one; None if it is empty.

    Raises StateError if the file at `path` has more, or if a value breaks its column's rule.
    """
    rows = db.execute(f"SELECT {columns} FROM {table} LIMIT 2").fetchall()  # noqa: S608 (no user text)
    problem = problem_of(checks, [*zip(*rows, strict=True)]) if rows else None
    if problem or len(rows) > 1:
        raise damage(path, table, problem or "it has more than one row")
    return rows[0] if rows else None


def select_owner(db: sqlite3.Connection, path: Path) -> tuple[str, str] | None:
    """The origin and storyboard that the file belongs to; None if it has no owner yet.

    Raises StateError if the file at `path` holds an impossible origin or name.
    """
    row = select_only_row(db, path, "folder", "origin, storyboard", FOLDER_CHECKS)
    return (row[0], row[1]) if row else None


def check_owner(db: sqlite3.Connection, owner: tuple[str, str], path: Path) -> bool:
    """Whether the file has an owner (an origin and a storyboard's name).

    Raises OwnedByAnother, a StateError, if that is not `owner`.
    """
    found = select_owner(db, path)
    (origin, storyboard), (wanted_origin, wanted) = found or owner, owner
    if origin != wanted_origin or not is_same_film(storyboard, wanted):
        raise OwnedByAnother(
            f"{path.parent} belongs to {storyboard} rendered at {origin}, "
            f"not to {wanted} at {wanted_origin}",
            next_step="choose another folder with --output",
            origin=origin,
            storyboard=storyboard,
        )
    return found is not None


def damage(path: Path, table: str, problem: str) -> StateError:
    """The error for an impossible value in a table."""
    return StateError(
        f"the state file {path} is damaged: in its table {table}, {problem}", next_step=RESTORE
    )


@contextmanager
def explain_errors(path: Path) -> Iterator[None]:
    """Turn an SQLite or disk error into a StateError: one sentence and a next step."""
    try:
        yield
    except (sqlite3.Error, OSError, MemoryError, UnicodeDecodeError) as error:
        said = str(getattr(error, "strerror", None) or error)
        if isinstance(error, MemoryError):  # as Python 3.10 says it
            said = "string or blob too big"
        if isinstance(error, UnicodeDecodeError):  # SQLite's message quotes the damaged file
            said = "database disk image is malformed"
        raise StateError(
            f"the state file {path} cannot be used: {_WORDS.get(said, said)}",
            next_step=_HINTS.get(said, "check the folder's disk and permissions, then run again"),
        ) from error
