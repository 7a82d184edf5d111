"""A submission as the columns of its row in the state file, and back. Pure.

Times are kept as seconds since 1970 in floating point, which holds every
microsecond until the year 2242.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

from storyboard.records import Submission, SubmissionState, Video

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


def read_submission(row: Sequence[Any], video: Video | None) -> Submission:
    """The submission in a row of its id, the `FROZEN` and the `KNOWN` columns.

    Raises what Python raises for values that make no sense.
    """
    return Submission(
        id=row[0],
        take=row[1],
        shot=row[2],
        scene=row[3],
        fingerprint=row[4],
        model=row[5],
        endpoint=row[6],
        payload=dict(json.loads(row[7])),
        sent_at=datetime.fromtimestamp(row[8], timezone.utc),
        commit=row[9],
        is_dirty=None if row[10] is None else bool(row[10]),
        profile=row[11],
        user_id=row[12],
        state=SubmissionState(row[13]),
        task_id=row[14],
        submitted_at=_from_epoch(row[15]),
        finished_at=_from_epoch(row[16]),
        http_status=row[17],
        reason=row[18],
        reply=row[19],
        video_url=row[20],
        url_expires_at=_from_epoch(row[21]),
        video=video,
    )


def _to_epoch(time: datetime | None) -> float | None:
    return None if time is None else time.timestamp()


def _from_epoch(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, timezone.utc)


def _unicode(text: str | None) -> str | None:
    """The text without halves of surrogate pairs: SQLite cannot hold what an answer can."""
    return None if text is None else text.encode("utf-8", "replace").decode()
