"""Reads a state file, also while a render writes it, and changes nothing in it.

`read_submissions` and `read_outputs` open a folder's file and need no lock;
the `select_` functions read from a connection that is open already.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from storyboard.errors import StateError
from storyboard.records import Submission
from storyboard.state.rows import FIELDS, VIDEO_FIELDS, make_submissions, make_videos
from storyboard.state.schema import (
    FILE_NAME,
    FIRST_WITH_OUTPUTS,
    RESTORE,
    check_owner,
    check_version,
    explain_errors,
)

_ANY_DAMAGED_PAYLOAD = (
    "SELECT 1 FROM submissions WHERE NOT json_valid(payload) OR json_type(payload) <> 'object'"
)


@dataclass(frozen=True, slots=True)
class Written:
    """An output file (the manifest, the gallery) as it was last written from this state file.

    `made_from` identifies the takes that it was written for; it is empty as
    soon as a row has changed since. `sha256` stays: a file with this digest
    holds nothing that is not in the state file.
    """

    sha256: str
    made_from: str


def read_submissions(folder: Path, *, owner: tuple[str, str] | None = None) -> list[Submission]:
    """The folder's submissions, oldest first; empty where there is no state file yet.

    Raises StateError where the file cannot be read, or belongs to another
    origin or storyboard than those of `owner`.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        return []
    with explain_errors(path), closing(_open_for_reading(path)) as db:
        # One snapshot for all queries: a render may write between two of them.
        db.execute("BEGIN")
        if check_version(db, path) == 0:
            return []
        if owner is not None:
            check_owner(db, owner, path)
        return select_submissions(db, path)


def read_outputs(folder: Path) -> dict[str, Written]:
    """The folder's outputs as they were last written, by file name.

    Raises StateError where the state file cannot be read.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        return {}
    with explain_errors(path), closing(_open_for_reading(path)) as db:
        return select_outputs(db) if check_version(db, path) >= FIRST_WITH_OUTPUTS else {}


def select_submissions(db: sqlite3.Connection, path: Path) -> list[Submission]:
    """Every submission with its newest video, oldest first.

    Raises StateError where a row of the file at `path` holds impossible values.
    """
    try:
        # Payloads are parsed on first use, but damage has to be reported here.
        if _has_damaged_payload(db):
            raise ValueError("payload")
        videos = make_videos(
            db.execute(f"SELECT submission, {VIDEO_FIELDS} FROM videos ORDER BY id")  # noqa: S608 (no user text)
        )
        rows = db.execute(f"SELECT {FIELDS} FROM submissions ORDER BY id")  # noqa: S608 (no user text)
        return make_submissions(rows, videos)
    except (LookupError, ValueError, TypeError, OverflowError) as error:
        raise StateError(
            f"the state file {path} is damaged: a row of it makes no sense",
            next_step=RESTORE,
        ) from error


def select_outputs(db: sqlite3.Connection) -> dict[str, Written]:
    """The outputs as they were last written, by file name."""
    rows = db.execute("SELECT name, sha256, made_from FROM outputs")
    return {name: Written(sha256, made_from) for name, sha256, made_from in rows}


def _open_for_reading(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    try:
        db.execute("PRAGMA query_only = ON")
        db.execute("SELECT count(*) FROM sqlite_master")
    except sqlite3.OperationalError as error:
        db.close()
        # Readers of a WAL file write beside it. Where that is forbidden, the file itself holds
        # all there is, if no log was left behind.
        is_forbidden = str(error) in (
            "attempt to write a readonly database",
            "unable to open database file",
        )
        if not is_forbidden or path.with_name(f"{path.name}-wal").exists():
            raise
        address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        return sqlite3.connect(address, uri=True, isolation_level=None)
    except BaseException:
        db.close()
        raise
    return db


def _has_damaged_payload(db: sqlite3.Connection) -> bool:
    try:
        return db.execute(_ANY_DAMAGED_PAYLOAD).fetchone() is not None
    except sqlite3.OperationalError as error:
        if "no such function" not in str(error):
            raise
        # An SQLite without its JSON functions, which became a fixed part with version 3.38.
        texts = db.execute("SELECT payload FROM submissions")
        return not all(isinstance(json.loads(text), dict) for (text,) in texts)
