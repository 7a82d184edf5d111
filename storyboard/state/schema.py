"""The tables of the state file, its versions, and the checks that a file is one of ours.

A file of an earlier version is read as it is and brought up to date when it is
opened for writing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storyboard.errors import StateError

FILE_NAME = "state.sqlite3"
FIRST_WITH_OUTPUTS = 2
"""The first version that has the table `outputs`."""

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
)
"""One script a version; `PRAGMA user_version` counts how many have run."""
RESTORE = "restore a copy; the manifest beside it still has what was paid"
"""What to do about a damaged file."""

_HINTS = {
    # By SQLite's own words: Python 3.10 does not give the names of its errors.
    "database or disk is full": "free some space on the disk, then run again",
    "file is not a database": "it is no state file: move it away, then run again",
    "database disk image is malformed": RESTORE,
}


def migrate(db: sqlite3.Connection, path: Path) -> None:
    """Brings the file to the newest version, each step in a transaction of its own."""
    version = check_version(db, path)
    for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
        db.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT;")


def check_version(db: sqlite3.Connection, path: Path) -> int:
    """The version of the file; 0 for an empty one.

    Raises StateError where another program or a newer storyboard made it.
    """
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if version > len(MIGRATIONS):
        raise StateError(
            f"{path} was written by a newer storyboard (state version {version}, "
            f"this one knows {len(MIGRATIONS)})",
            next_step="upgrade with: pip install -U storyboard-render",
        )
    if version == 0 and db.execute("SELECT count(*) FROM sqlite_master").fetchone() != (0,):
        raise StateError(
            f"{path} is a database of another program",
            next_step="move it away, or choose another folder with --output",
        )
    return version


def check_owner(db: sqlite3.Connection, owner: tuple[str, str], path: Path) -> bool:
    """Whether the file has an owner, which is an origin and a storyboard's name.

    Raises StateError where it is another than `owner`.
    """
    row = db.execute("SELECT origin, storyboard FROM folder").fetchone()
    if row is not None and row != owner:
        (origin, storyboard), (wanted_origin, wanted) = row, owner
        raise StateError(
            f"{path.parent} belongs to {storyboard} rendered at {origin}, "
            f"not to {wanted} at {wanted_origin}",
            next_step="choose another folder with --output",
        )
    return row is not None


@contextmanager
def explain_errors(path: Path) -> Iterator[None]:
    """Turns an error of SQLite into a StateError: one sentence and a next step."""
    try:
        yield
    except sqlite3.Error as error:
        raise StateError(
            f"the state file {path} cannot be used: {error}",
            next_step=_HINTS.get(
                str(error), "check the folder's disk and permissions, then run again"
            ),
        ) from error
