"""Converts a submission to the columns of its row in the state file, and back. Pure.

Times are stored as floating-point seconds since 1970, which are exact to the
microsecond until the year 2242.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timezone
from itertools import islice, starmap
from typing import Any

from storyboard.media import with_short_data
from storyboard.names import valid_unicode
from storyboard.records import Json, Payload, Submission, SubmissionState, Video
from storyboard.state.checks import SUBMISSION_CHECKS, TURNS, VIDEO_CHECKS, Check, problem_of
from storyboard.state.schema import FIRST_WITH_COSTS, FIRST_WITH_INPUTS

FIELDS = tuple(field.name for field in fields(Submission) if field.name != "video")
"""The columns of a submission's row, in the order of its fields."""

KNOWN = (
    *("state", "task_id", "submitted_at", "finished_at", "http_status", "reason", "reply"),
    *("video_url", "url_expires_at", "billed_micros"),
)
"""The columns that are filled in as things happen."""

FIRST_VERSIONS = {
    "estimate_micros": FIRST_WITH_COSTS,
    "billed_micros": FIRST_WITH_COSTS,
    "body": FIRST_WITH_INPUTS,
}
"""The first version that has a column, for those that files of earlier ones do not have."""

FROZEN = tuple(name for name in FIELDS if name not in ("id", *KNOWN))
"""The columns that never change after the submission is sent."""

VIDEO_FIELDS = tuple(field.name for field in fields(Video))
"""The columns of a video, in the order of its fields."""

VIDEO_ROW = ("id", "submission", "take", "version", *VIDEO_FIELDS)
"""All columns of a video's row."""

_LONG = ("payload", "body", "reason", "reply", "video_url")
# Rows. In a hostile file each can be as large as a value may be, and Python 3.10 allows more.
_BATCH = 250 if sys.version_info >= (3, 11) else 16


def sql_names(columns: Iterable[str]) -> str:
    """The columns as an SQL list, in brackets because one is called commit."""
    return ", ".join(f"[{name}]" for name in columns)


class StoredPayload(Mapping[str, Json]):
    """A payload kept as JSON text and parsed on first use, because most are never used."""

    __slots__ = ("_read", "_text")

    def __init__(self, text: str) -> None:
        """`text` is a JSON object, as the caller has checked."""
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


def to_epoch(time: datetime | None) -> float | None:
    """A time as its column holds it."""
    return None if time is None else time.timestamp()


def to_time(seconds: float | None) -> datetime | None:
    """The time that a column holds."""
    return None if seconds is None else datetime.fromtimestamp(seconds, timezone.utc)


def _to_unicode(text: str | None) -> str | None:
    """The text without lone surrogates, which a reply can contain but SQLite cannot store."""
    return None if text is None else valid_unicode(text)


def _to_json(payload: Payload | None) -> str | None:
    return None if payload is None else json.dumps(dict(payload), ensure_ascii=False)


_TO_COLUMN: Mapping[str, Callable[[Any], object]] = {
    "state": lambda state: state.value,
    "payload": _to_json,
    "body": lambda body: _to_json(with_short_data(body)),
    "is_dirty": {None: None, False: 0, True: 1}.__getitem__,
    **dict.fromkeys(("sent_at", "submitted_at", "finished_at", "url_expires_at"), to_epoch),
    **dict.fromkeys(("reason", "reply", "video_url"), _to_unicode),
}
_FROM_COLUMN: Mapping[str, Callable[[Any], object]] = {
    "state": {state.value: state for state in SubmissionState}.__getitem__,
    "video_url": lambda link: None if link and TURNS.search(link) else link,
    "payload": StoredPayload,
    "body": lambda text: None if text is None else StoredPayload(text),
    "is_dirty": {None: None, 0: False, 1: True}.__getitem__,
    **dict.fromkeys(("sent_at", "submitted_at", "finished_at", "url_expires_at"), to_time),
}
"""Converters for fields whose values differ from those of their columns."""


def column_values(submission: Submission, columns: Iterable[str]) -> list[object]:
    """The submission's values for the given columns."""
    values = ((name, getattr(submission, name)) for name in columns)
    return [_TO_COLUMN[name](value) if name in _TO_COLUMN else value for name, value in values]


def video_values(video: Video) -> list[object]:
    """The video's values for the `VIDEO_FIELDS` columns."""
    return [getattr(video, name) for name in VIDEO_FIELDS]


def problem_in(submission: Submission) -> str | None:
    """Why the state file would be unreadable with this submission in it; None if it is valid."""
    row = [submission.id or 1, *column_values(submission, FIELDS[1:])]
    problem = problem_of(SUBMISSION_CHECKS, [[value] for value in row])
    if problem or submission.video is None:
        return problem
    video = (1, 1, submission.take, 1, *video_values(submission.video))
    return problem_of(VIDEO_CHECKS, [[value] for value in video])


def make_submissions(
    rows: Iterable[Sequence[Any]], videos: Mapping[int, Video], *, size_bytes: int
) -> list[Submission]:
    """The submissions in rows of the `FIELDS` columns, given their videos by submission id.

    `size_bytes` is the size of the file that the rows come from. Raises ValueError,
    naming the row and the column, for an impossible value.
    """
    made: list[Submission] = []
    for batch in checked(rows, SUBMISSION_CHECKS):
        columns = dict(zip(FIELDS, batch, strict=True))
        # In a hostile file a thousand rows can share the pages of one long value.
        size_bytes -= sum(len(text) for name in _LONG for text in columns[name] if text)
        if size_bytes < 0:
            raise ValueError("its rows have more text than fits into the file")
        ids = columns["id"]
        for name, convert in _FROM_COLUMN.items():
            columns[name] = map(convert, columns[name])
        made += starmap(Submission, zip(*columns.values(), map(videos.get, ids), strict=True))
    return made


def make_videos(rows: Iterable[Sequence[Any]]) -> dict[int, Video]:
    """The last video of each submission, by submission id, from rows of `VIDEO_ROW`.

    Raises ValueError, naming the row and the column, for an impossible value.
    """
    made: dict[int, Video] = {}
    for _, submissions, _, _, *columns in checked(rows, VIDEO_CHECKS):
        made.update(zip(submissions, starmap(Video, zip(*columns, strict=True)), strict=True))
    return made


def checked(rows: Iterable[Sequence[Any]], checks: Sequence[Check]) -> Iterator[list[Any]]:
    """The rows as columns of checked values, in batches; row numbers must rise.

    Raises ValueError, naming the row and the column, for an impossible value.
    """
    rows, last = iter(rows), 0
    while batch := list(islice(rows, _BATCH)):
        columns = list(zip(*batch, strict=True))
        problem = problem_of(checks, columns)
        if problem or columns[0][0] <= last:
            raise ValueError(problem or f"row {columns[0][0]} is there twice")
        last = columns[0][-1]
        yield columns
