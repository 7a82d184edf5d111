"""Reads a state file without changing it, even while a render writes to it.

The `read_` functions open a folder's file and need no lock; they raise StateError if it cannot be
read. The `select_` functions read from a connection that is already open to the file at `path`, and
raise StateError if a row holds impossible values.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from storyboard.records import Submission
from storyboard.state import files
from storyboard.state.checks import ELSEWHERE_CHECKS, OUTPUT_CHECKS, PASSED_CHECKS, problem_of
from storyboard.state.files import FILE_NAME
from storyboard.state.rows import (
    FIELDS,
    FIRST_VERSIONS,
    VIDEO_ROW,
    checked,
    make_submissions,
    make_videos,
    sql_names,
)
from storyboard.state.schema import (
    FIRST_WITH_COSTS,
    FIRST_WITH_INPUTS,
    FIRST_WITH_OUTPUTS,
    check_owner,
    check_version,
    damage,
    explain_errors,
    select_only_row,
    select_owner,
)

_MAX_OUTPUTS = 100
_OF_REQUEST = (
    "WHERE take IN (SELECT take FROM submissions WHERE fingerprint = ?)",
    "WHERE fingerprint = ?",
)
"""The conditions for the videos and the submissions of one request."""

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Written:
    """An output file (the manifest, the gallery) as last written from this state file.

    `made_from` identifies the takes that it was written for; it becomes empty as
    soon as a row changes. `sha256` stays: a file with this digest holds nothing
    that is not in the state file.
    """

    sha256: str
    made_from: str


def read_submissions(folder: Path, *, owner: tuple[str, str] | None = None) -> list[Submission]:
    """The folder's submissions, oldest first; empty if there is no state file yet.

    Raises OwnedByAnother, a StateError, if the file does not belong to the origin and
    storyboard in `owner`.
    """

    def select(db: sqlite3.Connection, path: Path) -> list[Submission]:
        if owner is not None:
            check_owner(db, owner, path)
        return select_submissions(db, path, size_bytes=files.size_of(path))

    return _read(folder, select) or []


def read_owner(folder: Path) -> tuple[str, str] | None:
    """The origin and storyboard that the folder's state file belongs to; None if it has none."""
    return _read(folder, select_owner)


def read_outputs(folder: Path) -> dict[str, Written]:
    """The folder's outputs as last written, by file name."""
    return _read(folder, select_outputs, since=FIRST_WITH_OUTPUTS) or {}


def read_passed(folder: Path) -> frozenset[tuple[str, str]]:
    """The approved videos: a take that others wait for, and its video's sha256."""
    return _read(folder, select_passed, since=FIRST_WITH_INPUTS) or frozenset()


def read_spent_elsewhere(folder: Path) -> int:
    """The micros that manifests report as spent on submissions without a row in the folder."""
    return _read(folder, select_spent_elsewhere, since=FIRST_WITH_COSTS) or 0


def select_submissions(
    db: sqlite3.Connection, path: Path, *, size_bytes: int, fingerprint: str | None = None
) -> list[Submission]:
    """Every submission with its newest video, oldest first, from a file of `size_bytes`.

    With a fingerprint, only the submissions of that request, found by the index.
    """
    of_all = ("", "", ())
    of_videos, of_rows, values = (
        (*_OF_REQUEST, (fingerprint,)) if fingerprint is not None else of_all
    )
    table = "videos"
    try:
        statement = f"SELECT {sql_names(VIDEO_ROW)} FROM videos {of_videos} ORDER BY id"  # noqa: S608 (no user text)
        videos = make_videos(db.execute(statement, values))
        table = "submissions"
        statement = f"SELECT {_field_columns(db)} FROM submissions {of_rows} ORDER BY id"  # noqa: S608 (no user text)
        return make_submissions(db.execute(statement, values), videos, size_bytes=size_bytes)
    except ValueError as error:
        raise damage(path, table, str(error)) from error


def select_outputs(db: sqlite3.Connection, path: Path) -> dict[str, Written]:
    """The outputs as last written, by file name."""
    rows = db.execute("SELECT name, sha256, made_from FROM outputs").fetchmany(_MAX_OUTPUTS)
    problem = problem_of(OUTPUT_CHECKS, [*zip(*rows, strict=True)]) if rows else None
    if problem or len(rows) == _MAX_OUTPUTS:
        raise damage(path, "outputs", problem or f"there are {_MAX_OUTPUTS} rows or more")
    return {name: Written(sha256, made_from) for name, sha256, made_from in rows}


def select_passed(db: sqlite3.Connection, path: Path) -> frozenset[tuple[str, str]]:
    """The approved videos: a take that others wait for, and its video's sha256."""
    found: set[tuple[str, str]] = set()
    rows = db.execute("SELECT rowid, take, video FROM passed ORDER BY rowid")
    try:
        for _, takes, videos in checked(rows, PASSED_CHECKS):
            found.update(zip(takes, videos, strict=True))
    except ValueError as error:
        raise damage(path, "passed", str(error)) from error
    return frozenset(found)


def _field_columns(db: sqlite3.Connection) -> str:
    """A submission's columns as an SQL list, with NULL for those an older file does not have."""
    version = db.execute("PRAGMA user_version").fetchone()[0]
    return ", ".join(
        f"[{name}]" if version >= FIRST_VERSIONS.get(name, 1) else "NULL" for name in FIELDS
    )


def select_spent_elsewhere(db: sqlite3.Connection, path: Path) -> int:
    """The micros that manifests report as spent on submissions without a row in the file."""
    row = select_only_row(db, path, "spent_elsewhere", "rowid, micros", ELSEWHERE_CHECKS)
    return row[1] if row else 0


def _read(
    folder: Path, select: Callable[[sqlite3.Connection, Path], Found], *, since: int = 1
) -> Found | None:
    """What `select` finds in the folder's file; None if there is none, or it is older.

    `since` is the first version that has what `select` reads.
    """
    path = folder / FILE_NAME

    def select_if_there(db: sqlite3.Connection) -> Found | None:
        return select(db, path) if check_version(db, path) >= since else None

    if not files.has_state(path):
        return None
    with explain_errors(path):
        return files.read(path, select_if_there)
