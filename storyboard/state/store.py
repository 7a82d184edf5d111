"""The state file, open for writing: what was sent and what came of it.

Takes `Submission` values and gives them back. A row per submission is completed
as things happen and never deleted; a row per video; and the digests of the
outputs that were last written from these rows. Each change is on the disk before
the method, or the `transaction` around it, returns. One thread writes. Times
come back to the microsecond, as UTC.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from storyboard.errors import StateError
from storyboard.records import Submission, SubmissionState, Take, Video
from storyboard.state import files
from storyboard.state.checks import MAX_VERSION, PLAN_CHECKS, problem_of, quoted
from storyboard.state.files import FILE_NAME
from storyboard.state.queries import (
    Written,
    select_outputs,
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

    # What was read last, and the file's counts of changes then.
    _read: tuple[tuple[int, int], list[Submission]] | None = None
    _is_to_begin = False  # within `transaction`, before its first change

    def __init__(self, folder: Path, *, origin: str, storyboard: str) -> None:
        """Opens the folder's state file, or makes it, for one origin and one storyboard.

        Raises StateError if it cannot be opened, is not ours, is newer than
        this program, or belongs to another origin or storyboard.
        """
        self.path = folder / FILE_NAME
        owner = (origin, storyboard)
        with explain_errors(self.path):
            # Whether an empty one may be made anew is for `lost_records` to say.
            if not files.has_state(self.path) or files.is_emptied(self.path):
                files.make(self.path, lambda db: self._fill(db, owner))
            self._db = files.connect(self.path, "mode=rw")
            try:
                with files.bounded(self._db, self.path):
                    check_version(self._db, self.path)  # before anything is changed in it
                    self._db.execute("PRAGMA journal_mode = WAL")
                    self._db.execute("PRAGMA synchronous = FULL")
                    self._db.execute("PRAGMA foreign_keys = ON")
                    self._fill(self._db, owner)
                    if check_version(self._db, self.path) >= FIRST_WITH_OUTPUTS:
                        select_outputs(self._db, self.path)  # each later change goes through them
            except BaseException:
                self._db.close()
                raise
        files.make_private(self.path)

    def close(self) -> None:
        """Closes the file; what was committed stays."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commits the changes made within together; they are on the disk on return.

        Begins no transaction where nothing is changed. May not be nested.
        """
        with explain_errors(self.path):
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
        with explain_errors(self.path):
            if self._db.in_transaction:  # may be rolled back, and leave the counts as they are
                return self._select()
            by_others = self._db.execute("PRAGMA data_version").fetchone()[0]
            seen = (by_others, self._db.total_changes)
            if self._read is None or self._read[0] != seen:
                self._read = (seen, self._select())
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
        estimate_micros: int | None = None,
    ) -> Submission:
        """Adds the row of a submission of `take`; commit it before the POST goes out.

        Raises StateError if a submission of the same fingerprint is open.
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
            estimate_micros=estimate_micros,
        )
        return self._insert(submission)

    def update(self, submission: Submission) -> Submission:
        """Writes the `KNOWN` columns of a submission; those that were frozen when it was sent stay.

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
        """Takes over a submission from the manifest of another clone.

        Where it has an id it completes a row of this file, whose task the other
        clone saw finished or downloaded. Raises StateError if a value breaks the rules of
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
        """The number of the take's next video, from 1, counted without regard to case."""
        with explain_errors(self.path), files.bounded(self._db, self.path):
            [(version,)] = self._db.execute(
                "SELECT max(version) FROM videos WHERE take = ?", (take,)
            )
        # The rows were checked, but the index that is asked may hold others.
        if version is not None and not (isinstance(version, int) and 1 <= version <= MAX_VERSION):
            raise damage(self.path, "videos", f"{quoted(version)} is not a version of {take}")
        return (version or 0) + 1

    def add_video(self, submission: Submission, video: Video, *, version: int) -> Submission:
        """Adds the row of a submission's video, before its file is put in place."""
        with explain_errors(self.path):
            self._change(
                _INSERT_VIDEO, (submission.id, submission.take, version, *video_values(video))
            )
        return replace(submission, video=video)

    def spent_micros(self, *, since: datetime | None = None, after: int = 0) -> int:
        """What submissions cost, by their bills, else their estimates, in millionths of a dollar.

        Those sent later than `since`, with a number above `after`. What was never accepted
        and one of unknown cost count as nothing. Within `transaction` this begins it,
        so that nobody adds a row between the sum and what is written because of it.
        """
        with explain_errors(self.path):
            seconds = 0.0 if since is None else since.timestamp()
            return int(self._change(_SPENT, (seconds, after)).fetchone()[0])

    def last_submission(self) -> int:
        """The number of the newest submission; 0 where there is none."""
        with explain_errors(self.path):
            return int(self._db.execute("SELECT max(id) FROM submissions").fetchone()[0] or 0)

    def estimate(self, submission: Submission, micros: int) -> None:
        """Gives a submission that has neither estimate nor bill an estimate."""
        with explain_errors(self.path):
            self._change(_ESTIMATE, (micros, submission.id))

    def spent_elsewhere(self) -> int:
        """What manifests told was spent for submissions that this file has no rows of."""
        with explain_errors(self.path):
            return select_spent_elsewhere(self._db, self.path)

    def remember_spent_elsewhere(self, micros: int) -> None:
        """Records what was spent for submissions that this file has no rows of."""
        with explain_errors(self.path):
            self._change("DELETE FROM spent_elsewhere", ())
            self._change("INSERT INTO spent_elsewhere VALUES (?)", (micros,))

    def outputs(self) -> dict[str, Written]:
        """The outputs as they were last written, by file name."""
        with explain_errors(self.path):
            return select_outputs(self._db, self.path)

    def remember(self, outputs: Mapping[str, str], *, made_from: str) -> None:
        """Records that output files (names with their sha256) were written from the present rows.

        The caller has read the rows with `submissions`, and written the files.
        """
        rows = [(name, sha256, made_from) for name, sha256 in outputs.items()]
        with self.transaction():
            for row in rows:
                self._change("INSERT OR REPLACE INTO outputs VALUES (?, ?, ?)", row)

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
        """Records that a saved plan is carried out in this folder, before anything is sent.

        Raises StateError if it was begun before.
        """
        with explain_errors(self.path):
            self._change("INSERT INTO plans VALUES (?, ?)", (plan, now.timestamp()))

    def _select(self) -> list[Submission]:
        # Not the file's size: what a transaction has added may not be in it yet.
        pages, page_bytes = (
            self._db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size")
        )
        with files.bounded(self._db, self.path):
            return select_submissions(self._db, self.path, size_bytes=pages * page_bytes)

    def _fill(self, db: sqlite3.Connection, owner: tuple[str, str]) -> None:
        """Brings the tables up to date, and claims a file that is nobody's yet."""
        migrate(db, self.path)
        if not check_owner(db, owner, self.path):
            db.execute("INSERT INTO folder VALUES (?, ?)", owner)

    def _change(self, statement: str, values: Sequence[object]) -> sqlite3.Cursor:
        """Executes one change; the first within `transaction` begins it."""
        if self._is_to_begin:
            self._db.execute("BEGIN IMMEDIATE")
            self._is_to_begin = False
        return self._db.execute(statement, values)

    def _has_newest(self, submission: Submission, video: Video) -> bool:
        """Whether the newest video of the submission is this one already."""
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
        return replace(submission, id=int(cursor.lastrowid or 0))


def _version_in(path: str) -> int:
    """The number in `videos/ID.v003.mp4`; 1 where the name has none."""
    found = re.search(r"\.v([0-9]{1,9})\.[^./]*$", path)
    return int(found[1]) if found else 1
