"""The state file: what was sent and what came of it. The only SQLite.

Takes `Submission` values and gives them back. A row per submission is
completed as things happen and never deleted; a row per video. Each change is
on the disk before the method, or the `transaction` around it, returns. One
thread writes.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from storyboard.errors import StateError
from storyboard.records import Submission, SubmissionState, Take, Video

FILE_NAME = "state.sqlite3"

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
)
"""One script a version; `PRAGMA user_version` counts how many have run."""

_SUBMISSION_COLUMNS = (
    "id, take, shot, scene, fingerprint, state, model, endpoint, payload, sent_at, "
    '"commit", is_dirty, profile, user_id, task_id, submitted_at, finished_at, '
    "http_status, reason, reply, video_url, url_expires_at"
)


class Store:
    """One output folder's state file, open for writing; the caller holds the folder's lock."""

    def __init__(self, folder: Path, *, origin: str, storyboard: str) -> None:
        """Opens the folder's state file, or makes it, for one origin and one storyboard.

        Raises StateError where it cannot be opened, is not ours, is newer than
        this program, or belongs to another origin or storyboard.
        """
        self.path = folder / FILE_NAME
        with _explained(self.path):
            self._db = sqlite3.connect(self.path, isolation_level=None)
            try:
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute("PRAGMA synchronous = FULL")
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
        """Gathers the changes made within into one commit, durable on return."""
        with _explained(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            try:
                self._db.execute("COMMIT")
            except sqlite3.Error:
                # A COMMIT that fails (a full disk) can leave the transaction open.
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def submissions(self) -> list[Submission]:
        """Every submission with its newest video, oldest first."""
        with _explained(self.path):
            return _read_submissions(self._db)

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
        """Writes what has become known of a submission; what was frozen at its sending stays."""
        with _explained(self.path):
            self._db.execute(
                "UPDATE submissions SET state = ?, task_id = ?, submitted_at = ?, finished_at = ?, "
                "http_status = ?, reason = ?, reply = ?, video_url = ?, url_expires_at = ? "
                "WHERE id = ?",
                (
                    submission.state.value,
                    submission.task_id,
                    _to_epoch(submission.submitted_at),
                    _to_epoch(submission.finished_at),
                    submission.http_status,
                    submission.reason,
                    submission.reply,
                    submission.video_url,
                    _to_epoch(submission.url_expires_at),
                    submission.id,
                ),
            )
        return submission

    def adopt(self, submission: Submission) -> Submission:
        """Takes over a submission that another clone made, as its manifest tells it."""
        added = self._insert(submission)
        if submission.video is not None:
            self.add_video(added, submission.video, version=_version_in(submission.video.path))
        return replace(added, video=submission.video)

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
            self._db.execute(
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

    def _claim(self, origin: str, storyboard: str) -> None:
        row = self._db.execute("SELECT origin, storyboard FROM folder").fetchone()
        if row is None:
            self._db.execute("INSERT INTO folder VALUES (?, ?)", (origin, storyboard))
        elif row != (origin, storyboard):
            raise StateError(
                f"{self.path.parent} belongs to {row[1]} rendered at {row[0]}, "
                f"not to {storyboard} at {origin}",
                next_step="choose another folder with --output",
            )

    def _insert(self, submission: Submission) -> Submission:
        values = (
            submission.take,
            submission.shot,
            submission.scene,
            submission.fingerprint,
            submission.state.value,
            submission.model,
            submission.endpoint,
            json.dumps(dict(submission.payload), ensure_ascii=False),
            _to_epoch(submission.sent_at),
            submission.commit,
            submission.is_dirty,
            submission.profile,
            submission.user_id,
            submission.task_id,
            _to_epoch(submission.submitted_at),
            _to_epoch(submission.finished_at),
            submission.http_status,
            submission.reason,
            submission.reply,
            submission.video_url,
            _to_epoch(submission.url_expires_at),
        )
        marks = ", ".join("?" * len(values))
        columns = _SUBMISSION_COLUMNS.removeprefix("id, ")
        with _explained(self.path):
            try:
                cursor = self._db.execute(
                    f"INSERT INTO submissions ({columns}) VALUES ({marks})",  # noqa: S608 (no user text)
                    values,
                )
            except sqlite3.IntegrityError:
                raise StateError(
                    f"take {submission.take} has a submission that is still open; "
                    "sending it again could be paid twice",
                    next_step="run render again; it goes on with the open one",
                ) from None
        return replace(submission, id=int(cursor.lastrowid or 0))


def read_submissions(folder: Path) -> list[Submission]:
    """The submissions of a folder, without its lock, also while a render runs.

    Empty where the folder has no state file yet.

    Raises StateError where the file cannot be read.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        return []
    with _explained(path), closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA query_only = ON")
        if db.execute("PRAGMA user_version").fetchone() == (0,):
            return []
        _refuse_newer(db, path)
        return _read_submissions(db)


def _migrate(db: sqlite3.Connection, path: Path) -> None:
    version = _refuse_newer(db, path)
    for number, script in enumerate(_MIGRATIONS[version:], start=version + 1):
        db.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT;")


def _refuse_newer(db: sqlite3.Connection, path: Path) -> int:
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if version > len(_MIGRATIONS):
        raise StateError(
            f"{path} was written by a newer storyboard (state version {version}, "
            f"this one knows {len(_MIGRATIONS)})",
            next_step="upgrade with: pip install -U storyboard-render",
        )
    return version


def _read_submissions(db: sqlite3.Connection) -> list[Submission]:
    videos = {
        row[0]: Video(*row[1:])
        for row in db.execute(
            "SELECT submission, path, sha256, size_bytes, width, height, duration_s, fps "
            "FROM videos ORDER BY id"
        )
    }
    rows = db.execute(f"SELECT {_SUBMISSION_COLUMNS} FROM submissions ORDER BY id")  # noqa: S608 (no user text)
    return [
        Submission(
            id=row[0],
            take=row[1],
            shot=row[2],
            scene=row[3],
            fingerprint=row[4],
            state=SubmissionState(row[5]),
            model=row[6],
            endpoint=row[7],
            payload=json.loads(row[8]),
            sent_at=datetime.fromtimestamp(row[9], timezone.utc),
            commit=row[10],
            is_dirty=None if row[11] is None else bool(row[11]),
            profile=row[12],
            user_id=row[13],
            task_id=row[14],
            submitted_at=_from_epoch(row[15]),
            finished_at=_from_epoch(row[16]),
            http_status=row[17],
            reason=row[18],
            reply=row[19],
            video_url=row[20],
            url_expires_at=_from_epoch(row[21]),
            video=videos.get(row[0]),
        )
        for row in rows
    ]


def _to_epoch(time: datetime | None) -> float | None:
    return None if time is None else time.timestamp()


def _from_epoch(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, timezone.utc)


def _version_in(path: str) -> int:
    """The number in `videos/ID.v003.mp4`; 1 where the name has none."""
    for part in reversed(path.split(".")):
        if part.startswith("v") and part[1:].isdecimal():
            return int(part[1:])
    return 1


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turns what SQLite says into one sentence and a next step."""
    try:
        yield
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "")
        hints = {
            "SQLITE_FULL": "free some space on the disk, then run again",
            "SQLITE_NOTADB": "it is no state file: move it away, then run again",
            "SQLITE_CORRUPT": "restore a copy; the manifest beside it still has what was paid",
        }
        raise StateError(
            f"the state file {path} cannot be used: {error}",
            next_step=hints.get(name, "check the folder's disk and permissions, then run again"),
        ) from error
