"""A submission as the columns of its row in the state file, and back. Pure.

Times are kept as seconds since 1970 in floating point, which holds every
microsecond until the year 2242.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from storyboard.bulk import make_all
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
    """A payload as its row has it, parsed when somebody asks: of most takes nobody does."""

    __slots__ = ("_read", "_text")

    def __init__(self, text: str) -> None:
        """`text` is an object of JSON, which whoever read it has checked."""
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


def read_submissions(
    rows: Iterable[Sequence[Any]], videos: Mapping[int, Video]
) -> list[Submission]:
    """The submissions in rows of the columns `FIELDS`, with their videos by id.

    Raises what Python raises for values that make no sense.
    """
    return make_all(Submission, _field_values(rows, videos))


def read_videos(rows: Iterable[Sequence[Any]]) -> dict[int, Video]:
    """The last video of each submission, in rows of its id and the columns `VIDEO_FIELDS`."""
    ids, *columns = _columns(rows, 1 + len(VIDEO_FIELDS.split(",")))
    return dict(zip(ids, make_all(Video, zip(*columns, strict=True)), strict=True))


def _field_values(
    rows: Iterable[Sequence[Any]], videos: Mapping[int, Video]
) -> Iterator[Sequence[object]]:
    """The fields of each submission; column by column, which takes half the time of row by row."""
    columns = _columns(rows, len(FIELDS.split(",")))
    columns[_STATE] = map(_STATES.__getitem__, columns[_STATE])
    columns[_PAYLOAD] = map(StoredPayload, columns[_PAYLOAD])
    columns[_IS_DIRTY] = [None if flag is None else bool(flag) for flag in columns[_IS_DIRTY]]
    time_of, utc = datetime.fromtimestamp, timezone.utc
    for column in _TIMES:
        columns[column] = [None if s is None else time_of(s, utc) for s in columns[column]]
    return zip(*columns, map(videos.get, columns[0]), strict=True)


def _columns(rows: Iterable[Sequence[Any]], count: int) -> list[Any]:
    """The columns of rows that have so many."""
    return list(zip(*rows, strict=True)) or [()] * count


def _to_epoch(time: datetime | None) -> float | None:
    return None if time is None else time.timestamp()


def _unicode(text: str | None) -> str | None:
    """The text without halves of surrogate pairs: SQLite cannot hold what an answer can."""
    return None if text is None else text.encode("utf-8", "replace").decode()
