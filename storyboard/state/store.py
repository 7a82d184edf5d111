"""The state file: what was sent and what came of it. The only SQLite.

Takes `Submission` values and gives them back. A row per submission is
completed as things happen and never deleted; a row per video; and which files
were last written from these rows. Each change is on the disk before the method,
or the `transaction` around it, returns. One thread writes. Times come back to
the microsecond, as UTC.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from storyboard.bulk import changer_of
from storyboard.errors import StateError
from storyboard.records import Submission, SubmissionState, Take, Video
from storyboard.state.rows import (
    FIELDS,
    FROZEN,
    KNOWN,
    VIDEO_FIELDS,
    frozen_values,
    known_values,
    read_videos,
)
from storyboard.state.rows import read_submissions as read_rows

FILE_NAME = "state.sqlite3"

_changed = changer_of(Submission)

_INSERT = (
    f"INSERT INTO submissions ({FROZEN}, {KNOWN}) "  # noqa: S608 (no user text)
    f"VALUES ({', '.join('?' * len(f'{FROZEN}, {KNOWN}'.split(',')))})"
)
_UPDATE = (
    f"UPDATE submissions SET ({KNOWN}) = "  # noqa: S608 (no user text)
    f"({', '.join('?' * len(KNOWN.split(',')))}) WHERE id = ?"
)

_MIGRATIONS = (
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


_FIRST_WITH_OUTPUTS = 2  # the version


@dataclass(frozen=True, slots=True)
class Written:
    """One of the outputs as it was last written from this state file.

    `made_from` is what its maker said of the takes; empty as soon as any row
    has changed since. `sha256` stays: such a file tells nothing that is not
    in the state file, whatever has been added to it.
    """

    sha256: str
    made_from: str


class Store:
    """One output folder's state file, open for writing; the caller holds the folder's lock."""

    # What was read last, and the file's counts of changes then.
    _read: tuple[tuple[int, int], list[Submission]] | None = None
    _is_to_begin = False  # within `transaction`, before its first change

    def __init__(self, folder: Path, *, origin: str, storyboard: str) -> None:
        """Opens the folder's state file, or makes it, for one origin and one storyboard.

        Raises StateError where it cannot be opened, is not ours, is newer than
        this program, or belongs to another origin or storyboard.
        """
        self.path = folder / FILE_NAME
        with _explained(self.path):
            self._db = sqlite3.connect(self.path, isolation_level=None)
            try:
                _refuse_foreign(self._db, self.path)  # before anything is changed in it
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute("PRAGMA synchronous = FULL")
                self._db.execute("PRAGMA foreign_keys = ON")
                _migrate(self._db, self.path)
                self._claim(origin, storyboard)
            except BaseException:
                self._db.close()
                raise

    def close(self) -> None:
        """Closes the file; what was committed stays."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Gathers the changes made within into one commit, durable on return.

        Where nothing is changed, nothing is begun. May not be nested.
        """
        with _explained(self.path):
            self._is_to_begin = True
            try:
                yield
                if not self._is_to_begin:
                    self._db.execute("COMMIT")
            except BaseException:
                # Some failures (a full disk) have ended the transaction already, others have not.
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
            finally:
                self._is_to_begin = False

    def submissions(self) -> list[Submission]:
        """Every submission with its newest video, oldest first.

        Reads the file again only where something has changed in it.
        """
        with _explained(self.path):
            if self._db.in_transaction:  # may be rolled back, and leave the counts as they are
                return _read_submissions(self._db, self.path)
            by_others = self._db.execute("PRAGMA data_version").fetchone()[0]
            seen = (by_others, self._db.total_changes)
            if self._read is None or self._read[0] != seen:
                self._read = (seen, _read_submissions(self._db, self.path))
            return list(self._read[1])

    def begin(
        self,
        take: Take,
        *,
        endpoint: str,
        now: datetime,
        commit: str | None = None,
        is_dirty: bool | None = None,
        profile: str | None = None,
        user_id: str | None = None,
    ) -> Submission:
        """Writes the intention to send `take`, to be committed before the POST goes out.

        Raises StateError where a submission of the same fingerprint is open.
        """
        submission = Submission(
            id=0,
            take=take.id,
            shot=take.shot,
            scene=take.scene,
            fingerprint=take.fingerprint,
            state=SubmissionState.SENDING,
            model=take.model,
            endpoint=endpoint,
            payload=take.payload,
            sent_at=now,
            commit=commit,
            is_dirty=is_dirty,
            profile=profile,
            user_id=user_id,
        )
        return self._insert(submission)

    def update(self, submission: Submission) -> Submission:
        """Writes what has become known of a submission; what was frozen at its sending stays.

        Raises StateError where the state file has no such submission.
        """
        with _explained(self.path):
            cursor = self._change(_UPDATE, (*known_values(submission), submission.id))
        if cursor.rowcount != 1:
            raise StateError(
                f"the state file {self.path} no longer holds the submission of take "
                f"{submission.take} (task {submission.task_id or 'not known'})",
                next_step="it was replaced while this ran: restore it, then run again",
            )
        return submission

    def adopt(self, submission: Submission) -> Submission:
        """Takes over a submission that another clone made, as its manifest tells it.

        One that has an id is a row of ours, whose task the other clone saw finished.
        """
        added = self.update(submission) if submission.id else self._insert(submission)
        if submission.video is not None:
            self.add_video(added, submission.video, version=_version_in(submission.video.path))
        return added

    def next_version(self, take: str) -> int:
        """The number of the take's next video, from 1, counted without regard to case."""
        with _explained(self.path):
            row = self._db.execute(
                "SELECT max(version) FROM videos WHERE take = ?", (take,)
            ).fetchone()
        return int(row[0] or 0) + 1

    def add_video(self, submission: Submission, video: Video, *, version: int) -> Submission:
        """Writes that `video` is the result of `submission`, before its file is put in place."""
        with _explained(self.path):
            self._change(
                "INSERT INTO videos (submission, take, version, path, sha256, size_bytes, "
                "width, height, duration_s, fps) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    submission.id,
                    submission.take,
                    version,
                    video.path,
                    video.sha256,
                    video.size_bytes,
                    video.width,
                    video.height,
                    video.duration_s,
                    video.fps,
                ),
            )
        return replace(submission, video=video)

    def outputs(self) -> dict[str, Written]:
        """The outputs as they were last written, by file name."""
        with _explained(self.path):
            return _read_outputs(self._db)

    def remember(self, outputs: Mapping[str, str], *, made_from: str) -> None:
        """Writes that the outputs (file names with their sha256) are made from these rows.

        The caller has read the rows with `submissions`, and written the files.
        """
        rows = [(name, sha256, made_from) for name, sha256 in outputs.items()]
        with self.transaction():
            for row in rows:
                self._change("INSERT OR REPLACE INTO outputs VALUES (?, ?, ?)", row)

    def _claim(self, origin: str, storyboard: str) -> None:
        row = self._db.execute("SELECT origin, storyboard FROM folder").fetchone()
        if row is None:
            self._db.execute("INSERT INTO folder VALUES (?, ?)", (origin, storyboard))
        else:
            _refuse_other(row, (origin, storyboard), self.path)

    def _change(self, statement: str, values: tuple[object, ...]) -> sqlite3.Cursor:
        """Makes one change: the first within `transaction` begins it."""
        if self._is_to_begin:
            self._db.execute("BEGIN IMMEDIATE")
            self._is_to_begin = False
        return self._db.execute(statement, values)

    def _insert(self, submission: Submission) -> Submission:
        values = (*frozen_values(submission), *known_values(submission))
        with _explained(self.path):
            try:
                cursor = self._change(_INSERT, values)
            except sqlite3.IntegrityError:
                raise StateError(
                    f"take {submission.take} has a submission that is still open; "
                    "sending it again could be paid twice",
                    next_step="run render again; it goes on with the open one",
                ) from None
        return _changed(submission, id=int(cursor.lastrowid or 0))


def read_submissions(folder: Path, *, owner: tuple[str, str] | None = None) -> list[Submission]:
    """The submissions of a folder, without its lock, also while a render runs.

    Empty where the folder has no state file yet.

    Raises StateError where the file cannot be read, or belongs to another
    origin or storyboard than those of `owner`.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        return []
    with _explained(path), closing(_open_for_reading(path)) as db:
        # One moment for all that is read: a render beside us goes on writing.
        db.execute("BEGIN")
        if _refuse_foreign(db, path) == 0:
            return []
        row = db.execute("SELECT origin, storyboard FROM folder").fetchone()
        if owner is not None and row is not None:
            _refuse_other(row, owner, path)
        return _read_submissions(db, path)


def read_outputs(folder: Path) -> dict[str, Written]:
    """A folder's outputs as they were last written, by file name; without its lock.

    Raises StateError where the state file cannot be read.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        return {}
    with _explained(path), closing(_open_for_reading(path)) as db:
        return _read_outputs(db) if _refuse_foreign(db, path) >= _FIRST_WITH_OUTPUTS else {}


def _read_outputs(db: sqlite3.Connection) -> dict[str, Written]:
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


def _migrate(db: sqlite3.Connection, path: Path) -> None:
    version = _refuse_foreign(db, path)
    for number, script in enumerate(_MIGRATIONS[version:], start=version + 1):
        db.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT;")


def _refuse_foreign(db: sqlite3.Connection, path: Path) -> int:
    """The version of the file, 0 for an empty one; StateError where this program did not make it.

    A file of a newer program counts as not ours too.
    """
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if version > len(_MIGRATIONS):
        raise StateError(
            f"{path} was written by a newer storyboard (state version {version}, "
            f"this one knows {len(_MIGRATIONS)})",
            next_step="upgrade with: pip install -U storyboard-render",
        )
    if version == 0 and db.execute("SELECT count(*) FROM sqlite_master").fetchone() != (0,):
        raise StateError(
            f"{path} is a database of another program",
            next_step="move it away, or choose another folder with --output",
        )
    return version


def _refuse_other(row: tuple[str, str], owner: tuple[str, str], path: Path) -> None:
    """Raises StateError for a folder that holds another origin's or storyboard's videos."""
    if row != owner:
        (origin, storyboard), (wanted_origin, wanted) = row, owner
        raise StateError(
            f"{path.parent} belongs to {storyboard} rendered at {origin}, "
            f"not to {wanted} at {wanted_origin}",
            next_step="choose another folder with --output",
        )


def _read_submissions(db: sqlite3.Connection, path: Path) -> list[Submission]:
    try:
        # Payloads are parsed when they are asked for; damage is to be told now.
        if _has_damaged_payload(db):
            raise ValueError("payload")
        videos = read_videos(
            db.execute(f"SELECT submission, {VIDEO_FIELDS} FROM videos ORDER BY id")  # noqa: S608 (no user text)
        )
        rows = db.execute(f"SELECT {FIELDS} FROM submissions ORDER BY id")  # noqa: S608 (no user text)
        return read_rows(rows, videos)
    except (LookupError, ValueError, TypeError, OverflowError) as error:
        raise StateError(
            f"the state file {path} is damaged: a row of it makes no sense",
            next_step=_RESTORE,
        ) from error


def _has_damaged_payload(db: sqlite3.Connection) -> bool:
    try:
        return db.execute(_ANY_DAMAGED_PAYLOAD).fetchone() is not None
    except sqlite3.OperationalError as error:
        if "no such function" not in str(error):
            raise
        # An SQLite without its JSON functions, which became a fixed part with version 3.38.
        texts = db.execute("SELECT payload FROM submissions")
        return not all(isinstance(json.loads(text), dict) for (text,) in texts)


def _version_in(path: str) -> int:
    """The number in `videos/ID.v003.mp4`; 1 where the name has none."""
    found = re.search(r"\.v([0-9]{1,9})\.[^./]*$", path)
    return int(found[1]) if found else 1


_ANY_DAMAGED_PAYLOAD = (
    "SELECT 1 FROM submissions WHERE NOT json_valid(payload) OR json_type(payload) <> 'object'"
)
_RESTORE = "restore a copy; the manifest beside it still has what was paid"
_HINTS = {
    # By SQLite's own words: Python 3.10 does not give the names of its errors.
    "database or disk is full": "free some space on the disk, then run again",
    "file is not a database": "it is no state file: move it away, then run again",
    "database disk image is malformed": _RESTORE,
}


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turns what SQLite says into one sentence and a next step."""
    try:
        yield
    except sqlite3.Error as error:
        raise StateError(
            f"the state file {path} cannot be used: {error}",
            next_step=_HINTS.get(
                str(error), "check the folder's disk and permissions, then run again"
            ),
        ) from error
