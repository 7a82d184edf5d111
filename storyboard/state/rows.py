"""A submission as the columns of its row in the state file, and back. Pure.

Times are stored as seconds since 1970 in floating point, which holds every
microsecond until the year 2242.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timezone
from functools import partial
from itertools import islice, starmap
from typing import Any

from storyboard.records import Json, Submission, SubmissionState, Video
from storyboard.state.checks import VIDEO_CHECKS, Check, problem_of, submission_checks

FROZEN = (
    'take, shot, scene, fingerprint, model, endpoint, payload, sent_at, "commit", is_dirty, '
    "profile, user_id"
)
"""The columns that stay as they were when the submission was sent."""

KNOWN = (
    "state, task_id, submitted_at, finished_at, http_status, reason, reply, video_url, "
    "url_expires_at"
)
"""The columns that are completed as things happen."""

FIELDS = (
    "id, take, shot, scene, fingerprint, state, model, endpoint, payload, sent_at, "
    '"commit", is_dirty, profile, user_id, task_id, submitted_at, finished_at, http_status, '
    "reason, reply, video_url, url_expires_at"
)
"""All columns, in the order of a submission's fields, which end with its video."""

VIDEO_FIELDS = "path, sha256, size_bytes, width, height, duration_s, fps"
"""The columns of a video, in the order of its fields."""

VIDEO_ROW = f"id, submission, take, version, {VIDEO_FIELDS}"
"""All columns of a video's row."""

_STATES = {state.value: state for state in SubmissionState}
_CHECKS = submission_checks(_STATES)
_LONG = (8, 18, 19, 20)  # payload, reason, reply and link, among `FIELDS`
_BATCH = 250  # rows; in a hostile file each can be as large as a value may be


class StoredPayload(Mapping[str, Json]):
    """A payload as JSON text that is parsed on first use; most are never used."""

    __slots__ = ("_read", "_text")

    def __init__(self, text: str) -> None:
        """`text` must be a JSON object; the caller has checked that."""
        self._text = text
        self._read: dict[str, Json] | None = None

    def _parsed(self) -> dict[str, Json]:
        if self._read is None:
            self._read = dict(json.loads(self._text))
        return self._read

    def __getitem__(self, key: str) -> Json:
        return self._parsed()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parsed())

    def __len__(self) -> int:
        return len(self._parsed())

    def __repr__(self) -> str:
        return repr(self._parsed())


def _times(column: Iterable[float | None]) -> list[datetime | None]:
    make, utc = datetime.fromtimestamp, timezone.utc
    return [None if seconds is None else make(seconds, utc) for seconds in column]


_CONVERSIONS: Mapping[int, Callable[[Any], Iterable[Any]]] = {
    5: partial(map, _STATES.__getitem__),
    8: partial(map, StoredPayload),
    11: partial(map, {None: None, 0: False, 1: True}.__getitem__),
    **dict.fromkeys((9, 15, 16, 21), _times),
}
"""What makes a column's values those of submissions, by its place in `FIELDS`."""


def frozen_values(submission: Submission) -> tuple[object, ...]:
    """The submission's values for the `FROZEN` columns."""
    return (
        submission.take,
        submission.shot,
        submission.scene,
        submission.fingerprint,
        submission.model,
        submission.endpoint,
        json.dumps(dict(submission.payload), ensure_ascii=False),
        _to_epoch(submission.sent_at),
        submission.commit,
        submission.is_dirty,
        submission.profile,
        submission.user_id,
    )


def known_values(submission: Submission) -> tuple[object, ...]:
    """The submission's values for the `KNOWN` columns."""
    return (
        submission.state.value,
        submission.task_id,
        _to_epoch(submission.submitted_at),
        _to_epoch(submission.finished_at),
        submission.http_status,
        _unicode(submission.reason),
        _unicode(submission.reply),
        _unicode(submission.video_url),
        _to_epoch(submission.url_expires_at),
    )


def video_values(video: Video) -> tuple[object, ...]:
    """The video's values for the `VIDEO_FIELDS` columns."""
    return tuple(getattr(video, field.name) for field in fields(Video))


def problem_in(submission: Submission) -> str | None:
    """Why the state file could not be read with this submission in it; None where it could."""
    known, frozen = known_values(submission), frozen_values(submission)
    row = [submission.id or 1, *frozen[:4], known[0], *frozen[4:], *known[1:]]
    row[11] = None if submission.is_dirty is None else int(submission.is_dirty)
    problem = problem_of(_CHECKS, [[value] for value in row])
    if problem or submission.video is None:
        return problem
    video = (1, 1, submission.take, 1, *video_values(submission.video))
    return problem_of(VIDEO_CHECKS, [[value] for value in video])


def make_submissions(
    rows: Iterable[Sequence[Any]], videos: Mapping[int, Video], *, size_bytes: int
) -> list[Submission]:
    """The submissions in rows of the columns `FIELDS`, with their videos by id.

    `size_bytes` is the size of the file that they are read from. Raises
    ValueError, with the row and the column, for an impossible value.
    """
    made: list[Submission] = []
    for columns in _checked(rows, _CHECKS):
        # In a hostile file a thousand rows can share the pages of one long value.
        size_bytes -= sum(len(text) for long in _LONG for text in columns[long] if text)
        if size_bytes < 0:
            raise ValueError("its rows hold more text than the file has room for")
        ids = columns[0]
        for column, convert in _CONVERSIONS.items():
            columns[column] = convert(columns[column])
        made += starmap(Submission, zip(*columns, map(videos.get, ids), strict=True))
    return made


def make_videos(rows: Iterable[Sequence[Any]]) -> dict[int, Video]:
    """The last video of each submission by its id, from rows of `VIDEO_ROW`.

    Raises ValueError, with the row and the column, for an impossible value.
    """
    made: dict[int, Video] = {}
    for _, submissions, _, _, *columns in _checked(rows, VIDEO_CHECKS):
        made.update(zip(submissions, starmap(Video, zip(*columns, strict=True)), strict=True))
    return made


def _checked(rows: Iterable[Sequence[Any]], checks: Sequence[Check]) -> Iterator[list[Any]]:
    """The rows in columns of sound values, some hundred rows at a time; their numbers rise."""
    rows, last = iter(rows), 0
    while batch := list(islice(rows, _BATCH)):
        columns = list(zip(*batch, strict=True))
        problem = problem_of(checks, columns)
        if problem or columns[0][0] <= last:
            raise ValueError(problem or f"row {columns[0][0]} stands there twice")
        last = columns[0][-1]
        yield columns


def _to_epoch(time: datetime | None) -> float | None:
    return None if time is None else time.timestamp()


def _unicode(text: str | None) -> str | None:
    """The text without halves of surrogate pairs: SQLite cannot hold what an answer can."""
    return None if text is None else text.encode("utf-8", "replace").decode()
