"""A submission as the columns of its row in the state file, and back. Pure.

Times are stored as seconds since 1970 in floating point, which holds every
microsecond until the year 2242.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timezone
from typing import Any

from storyboard.records import Json, Submission, SubmissionState, Video

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

_STATE, _PAYLOAD, _IS_DIRTY, _TIMES = 5, 8, 11, (9, 15, 16, 21)
_STATES = {state.value: state for state in SubmissionState}


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


def make_submissions(
    rows: Iterable[Sequence[Any]], videos: Mapping[int, Video]
) -> list[Submission]:
    """The submissions in rows of the columns `FIELDS`, with their videos by id.

    Raises LookupError, ValueError, TypeError or OverflowError for impossible values.
    """
    return [_make_submission(row, videos.get(row[0])) for row in rows]


def _make_submission(row: Sequence[Any], video: Video | None) -> Submission:
    values = [*row, video]
    values[_STATE] = _STATES[values[_STATE]]
    values[_PAYLOAD] = StoredPayload(values[_PAYLOAD])
    for column in _TIMES:
        if values[column] is not None:
            values[column] = datetime.fromtimestamp(values[column], timezone.utc)
    if values[_IS_DIRTY] is not None:
        values[_IS_DIRTY] = bool(values[_IS_DIRTY])
    return Submission(*values)


def make_videos(rows: Iterable[Sequence[Any]]) -> dict[int, Video]:
    """The last video of each submission by its id, from rows of the id and `VIDEO_FIELDS`."""
    return {submission: Video(*values) for submission, *values in rows}


def _to_epoch(time: datetime | None) -> float | None:
    return None if time is None else time.timestamp()


def _unicode(text: str | None) -> str | None:
    """The text without halves of surrogate pairs: SQLite cannot hold what an answer can."""
    return None if text is None else text.encode("utf-8", "replace").decode()
