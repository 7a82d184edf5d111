"""The state file, open for writing: what was sent and what happened to it.

Stores and returns `Submission` values. The file has a row per submission, which is
filled in as things happen and never deleted; a row per video; a row per upload; and
the digests of the outputs last written from these rows. Each change is on disk before
the method, or the `transaction` around it, returns. Only one thread writes. Times are
returned in UTC, exact to the microsecond.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from storyboard.errors import StateError
from storyboard.records import Payload, Submission, SubmissionState, Take, Video
from storyboard.state import files
from storyboard.state.checks import MAX_VERSION, PLAN_CHECKS, problem_of, quoted
from storyboard.state.files import FILE_NAME
from storyboard.state.queries import (
    Written,
    select_outputs,
    select_passed,
    select_spent_elsewhere,
    select_submissions,
)
from storyboard.state.rows import (
    FROZEN,
    KNOWN,
    VIDEO_ROW,
    column_values,
    problem_in,
    sql_names,
    video_values,
)
from storyboard.state.schema import (
    FIRST_WITH_OUTPUTS,
    check_owner,
    check_version,
    damage,
    explain_errors,
    migrate,
)
from storyboard.state.uploads import Uploads


def _insertion(table: str, columns: Sequence[str]) -> str:
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO {table} ({sql_names(columns)}) VALUES ({marks})"  # noqa: S608 (no user text)


_INSERT = _insertion("submissions", (*FROZEN, *KNOWN))
_INSERT_VIDEO = _insertion("videos", VIDEO_ROW[1:])
_UPDATE = f"UPDATE submissions SET {', '.join(f'{name} = ?' for name in KNOWN)} WHERE id = ?"  # noqa: S608 (no user text)


_SPENT = """
    SELECT coalesce(sum(CASE
        WHEN billed_micros IS NOT NULL THEN billed_micros
        WHEN state IN ('rejected', 'unavailable') THEN 0
        ELSE coalesce(estimate_micros, 0)
    END), 0)
    FROM submissions WHERE sent_at > ? AND id > ?
"""
_ESTIMATE = (
    "UPDATE submissions SET estimate_micros = ? "
    "WHERE id = ? AND estimate_micros IS NULL AND billed_micros IS NULL"
)


class Store:
    """One output folder's state file, open for writing; the caller holds the folder's lock."""

    # The result of the last read, and the file's change counters at that time.
    _read: tuple[tuple[int, int], list[Submission]] | None = None
    _is_to_begin = False  # within `transaction`, before its first change

    def __init__(self, folder: Path, *, origin: str, storyboard: str) -> None:
        """Open the folder's state file for one origin and storyboard, creating it if needed.

        Raises StateError if it cannot be opened, is not ours, is newer than
        this program, or belongs to another origin or storyboard.
        """
        self.path = folder / FILE_NAME
        owner = (origin, storyboard)
        with explain_errors(self.path):
            # `lost_records` decides whether an empty file may be created anew.
            if not files.has_state(self.path) or files.is_emptied(self.path):
                files.make(self.path, lambda db: self._fill(db, owner))
            self._db = files.connect(self.path, "mode=rw")
            try:
                with files.bounded(self._db, self.path):
                    check_version(self._db, self.path)  # before anything in it changes
                    self._db.execute("PRAGMA journal_mode = WAL")
                    self._db.execute("PRAGMA synchronous = FULL")
                    self._db.execute("PRAGMA foreign_keys = ON")
                    self._fill(self._db, owner)
                    if check_version(self._db, self.path) >= FIRST_WITH_OUTPUTS:
                        select_outputs(self._db, self.path)  # every later change touches these rows
                    self._last_id = self.last_submission()
                self._opened = files.inode_of(self.path)
            except BaseException:
                self._db.close()
                raise
        files.make_private(self.path)

    def close(self) -> None:
        """Close the file; committed changes stay."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit the changes made within as one; they are on disk when the context ends.

        Begins no transaction if nothing changes. May not be nested.
        """
        with explain_errors(self.path):
            self._is_to_begin = True
            try:
                yield
                if not self._is_to_begin:
                    self._db.execute("COMMIT")
            except BaseException:
                # Some failures, such as a full disk, have already ended the transaction.
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
            finally:
                self._is_to_begin = False

    def submissions(self) -> list[Submission]:
        """Every submission with its newest video, oldest first.

        Reads the file again only if something in it has changed.
        """
        with explain_errors(self.path):
            if self._db.in_transaction:  # a rollback would not reset the counters
                return self._select()
            by_others = self._db.execute("PRAGMA data_version").fetchone()[0]
            seen = (by_others, self._db.total_changes)
            if self._read is None or self._read[0] != seen:
                self._read = (seen, self._select())
            return list(self._read[1])

    def submissions_for(self, fingerprints: Iterable[str]) -> list[Submission]:
        """The submissions of these requests with their newest videos, oldest first.

        Reads no other rows, so it may be asked for each take of a long run.
        """
        with explain_errors(self.path):
            found = [row for request in set(fingerprints) for row in self._select(request)]
        return sorted(found, key=lambda row: row.id)

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
        body: Payload | None = None,
        estimate_micros: int | None = None,
    ) -> Submission:
        """Add a row for a submission of `take`; commit it before sending the POST.

        `body` is what will be sent, None if that is the take's payload. Raises StateError
        if a submission with the same fingerprint is open.
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
            body=body,
            estimate_micros=estimate_micros,
        )
        return self._insert(submission)

    def update(self, submission: Submission) -> Submission:
        """Write a submission's `KNOWN` columns; those frozen when it was sent stay unchanged.

        Raises StateError if the state file has no such submission.
        """
        with explain_errors(self.path):
            cursor = self._change(_UPDATE, (*column_values(submission, KNOWN), submission.id))
        if cursor.rowcount != 1:
            raise StateError(
                f"the state file {self.path} no longer holds the submission of take "
                f"{submission.take} (task {submission.task_id or 'not known'})",
                next_step="it was replaced while this ran: restore it, then run again",
            )
        return submission

    def adopt(self, submission: Submission) -> Submission:
        """Take over a submission from the manifest of another clone.

        If it has an id, it updates that row of this file: the other clone saw the task
        finish or downloaded its video. Raises StateError if a value breaks the rule for
        its column.
        """
        if problem := problem_in(submission):
            raise StateError(
                f"the manifest beside {self.path} cannot be adopted: in take "
                f"{quoted(submission.take)}, {problem.partition(': ')[2]}",
                next_step="restore a manifest that storyboard wrote, from git or from a copy",
            )
        added = self.update(submission) if submission.id else self._insert(submission)
        if submission.video is not None and not self._has_newest(added, submission.video):
            self.add_video(added, submission.video, version=_version_in(submission.video.path))
        return added

    def next_version(self, take: str) -> int:
        """The number of the take's next video, from 1; ids differing only in case share numbers."""
        with explain_errors(self.path), files.bounded(self._db, self.path):
            [(version,)] = self._db.execute(
                "SELECT max(version) FROM videos WHERE take = ?", (take,)
            )
        # The rows were checked, but the index that this query uses may differ from them.
        if version is not None and not (isinstance(version, int) and 1 <= version <= MAX_VERSION):
            raise damage(self.path, "videos", f"{quoted(version)} is not a version of {take}")
        return (version or 0) + 1

    def add_video(self, submission: Submission, video: Video, *, version: int) -> Submission:
        """Add a row for a submission's video; call this before moving the file into place."""
        with explain_errors(self.path):
            self._change(
                _INSERT_VIDEO, (submission.id, submission.take, version, *video_values(video))
            )
        return replace(submission, video=video)

    @property
    def uploads(self) -> Uploads:
        """The files that were uploaded for this folder's requests."""
        return Uploads(self._db, self.path, self._change)

    def spent_micros(self, *, since: datetime | None = None, after: int = 0) -> int:
        """The cost of submissions, as billed or else as estimated, in millionths of a dollar.

        Counts those sent later than `since` with an id above `after`. Unless it was billed, a
        submission that was never accepted, or has no estimate, counts as 0. Within
        `transaction` this call begins it, so that nobody can add a row between the sum
        and a write that depends on it.
        """
        with explain_errors(self.path):
            seconds = 0.0 if since is None else since.timestamp()
            [spent] = self._change(_SPENT, (seconds, after)).fetchone()
        if not isinstance(spent, int):  # the index may hold values that no row has
            raise damage(self.path, "submissions", f"{quoted(spent)} is no sum of amounts")
        return spent

    def last_submission(self) -> int:
        """The id of the newest submission, or 0 if there is none."""
        with explain_errors(self.path):
            return int(self._db.execute("SELECT max(id) FROM submissions").fetchone()[0] or 0)

    def has_other_writer(self) -> bool:
        """Whether another process has added submissions since the file was opened here.

        Within `transaction` this call begins it, so that none can be added before it ends.
        """
        with explain_errors(self.path):
            [last] = self._change("SELECT max(id) FROM submissions", ()).fetchone()
        return (last or 0) > self._last_id

    def is_in_place(self) -> bool:
        """Whether the file that was opened still lies where the next render looks for it.

        SQLite goes on writing into a file that was deleted, and loses it when it is closed.
        """
        return files.inode_of(self.path) == self._opened

    def estimate(self, submission: Submission, micros: int) -> None:
        """Set a submission's estimate if it has neither an estimate nor a bill."""
        with explain_errors(self.path):
            self._change(_ESTIMATE, (micros, submission.id))

    def spent_elsewhere(self) -> int:
        """The micros that manifests report as spent on submissions without a row in this file."""
        with explain_errors(self.path):
            return select_spent_elsewhere(self._db, self.path)

    def remember_spent_elsewhere(self, micros: int) -> None:
        """Record the amount spent on submissions without a row in this file."""
        with explain_errors(self.path):
            self._change("DELETE FROM spent_elsewhere", ())
            self._change("INSERT INTO spent_elsewhere VALUES (?)", (micros,))

    def outputs(self) -> dict[str, Written]:
        """The outputs as last written, by file name."""
        with explain_errors(self.path):
            return select_outputs(self._db, self.path)

    def remember(self, outputs: Mapping[str, str], *, made_from: str) -> None:
        """Record that output files (sha256 by name) were written from the current rows.

        The caller has read the rows with `submissions` and written the files.
        """
        rows = [(name, sha256, made_from) for name, sha256 in outputs.items()]
        with self.transaction():
            for row in rows:
                self._change("INSERT OR REPLACE INTO outputs VALUES (?, ?, ?)", row)

    def passed(self) -> frozenset[tuple[str, str]]:
        """The approved videos: a take that others wait for, and its video's sha256."""
        with explain_errors(self.path), files.bounded(self._db, self.path):
            return select_passed(self._db, self.path)

    def let_pass(self, take: str, video: str) -> None:
        """Record that the takes that wait for this video (a sha256) of `take` may follow it."""
        with explain_errors(self.path):
            self._change("INSERT OR IGNORE INTO passed VALUES (?, ?)", (take, video))

    def plan_begun_at(self, plan: str) -> datetime | None:
        """When the saved plan with this id was begun in this folder; None if it never was."""
        with explain_errors(self.path):
            rows = self._db.execute("SELECT begun_at FROM plans WHERE id = ?", (plan,)).fetchall()
        if not rows:
            return None
        if problem := problem_of(PLAN_CHECKS, [(1,), rows[0]]):
            raise damage(self.path, "plans", problem)
        return datetime.fromtimestamp(rows[0][0], timezone.utc)

    def begin_plan(self, plan: str, *, now: datetime) -> None:
        """Record, before anything is sent, that a saved plan is being carried out in this folder.

        Raises StateError if the plan was already begun.
        """
        with explain_errors(self.path):
            self._change("INSERT INTO plans VALUES (?, ?)", (plan, now.timestamp()))

    def _select(self, fingerprint: str | None = None) -> list[Submission]:
        # Not the file's size, which may not include what an open transaction has added.
        pages, page_bytes = (
            self._db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size")
        )
        with files.bounded(self._db, self.path):
            return select_submissions(
                self._db, self.path, size_bytes=pages * page_bytes, fingerprint=fingerprint
            )

    def _fill(self, db: sqlite3.Connection, owner: tuple[str, str]) -> None:
        """Bring the tables up to date, and claim the file if it has no owner yet."""
        migrate(db, self.path)
        if not check_owner(db, owner, self.path):
            db.execute("INSERT INTO folder VALUES (?, ?)", owner)

    def _change(self, statement: str, values: Sequence[object]) -> sqlite3.Cursor:
        """Execute one change; the first within `transaction` begins it."""
        if self._is_to_begin:
            self._db.execute("BEGIN IMMEDIATE")
            self._is_to_begin = False
        return self._db.execute(statement, values)

    def _has_newest(self, submission: Submission, video: Video) -> bool:
        """Whether this is already the submission's newest video."""
        with explain_errors(self.path), files.bounded(self._db, self.path):
            row = self._db.execute(
                "SELECT path, sha256 FROM videos WHERE take = ? AND submission = ? "
                "ORDER BY id DESC LIMIT 1",
                (submission.take, submission.id),
            ).fetchone()
        return bool(row == (video.path, video.sha256))

    def _insert(self, submission: Submission) -> Submission:
        values = column_values(submission, (*FROZEN, *KNOWN))
        with explain_errors(self.path):
            try:
                cursor = self._change(_INSERT, values)
            except sqlite3.IntegrityError:
                raise StateError(
                    f"take {submission.take} has a submission that is still open; "
                    "sending it again could be paid twice",
                    next_step="run render again; it continues with the open one",
                ) from None
        self._last_id = int(cursor.lastrowid or 0)
        return replace(submission, id=self._last_id)


def _version_in(path: str) -> int:
    """The number in `videos/ID.v003.mp4`, or 1 if the name has none."""
    found = re.search(r"\.v([0-9]{1,9})\.[^./]*$", path)
    return int(found[1]) if found else 1
