"""What the API answered, as values: to a submission, to a poll, and to an upload."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TypeAlias


class Outcome(Enum):
    """What a submission's answer says about the money."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"  # not charged, and sending it again is no use
    UNAVAILABLE = "unavailable"  # not charged, safe to send again
    UNKNOWN = "unknown"  # may have been charged


class Limit(Enum):
    """The account limit that a 429 reports."""

    RATE = "rate"
    CONCURRENCY = "concurrency"


@dataclass(frozen=True, slots=True)
class RateHint:
    """What a reply's headers say about the request rate; None where they say nothing.

    `limit` is the requests allowed per minute, `remaining` how many of them are left,
    `reset_in_s` the time until they are renewed, `retry_after_s` how long to wait.
    """

    limit: int | None = None
    remaining: int | None = None
    reset_in_s: float | None = None
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class SubmitReply:
    """The answer to one POST, or the reason why there is none.

    `task_id` is set only if the request was accepted, `body` only if not, cut to fit the state
    file. `remedy` says what to set in the environment if that is why no reply came.
    `is_from_api` is False for an error that is not in the API's own form: a firewall or a
    proxy refuses a single request and knows nothing about the account.
    """

    outcome: Outcome
    task_id: str | None = None
    http_status: int | None = None
    message: str | None = None
    body: str | None = None
    remedy: str | None = None
    is_from_api: bool = True
    limit: Limit | None = None
    rate: RateHint = RateHint()


class TaskStatus(Enum):
    """What a poll says about a task."""

    WAITING = "waiting"
    WORKING = "working"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    MISSING = "missing"  # 404, 410: expired, unknown, or another account's
    REFUSED = "refused"  # 401, 402, 403: the account, not the task
    UNREADABLE = "unreadable"  # no answer, or none that makes sense; poll again
    UNFAMILIAR = "unfamiliar"  # an answer about the task, but with an unknown status
    MISMATCHED = "mismatched"  # an answer about another task, or about no task


@dataclass(frozen=True, slots=True)
class TaskReply:
    """The answer to one poll; `body` is bounded, and None if all is as expected."""

    status: TaskStatus
    video_url: str | None = None
    url_expires_at: datetime | None = None
    reason: str | None = None
    http_status: int | None = None
    body: str | None = None
    remedy: str | None = None
    limit: Limit | None = None
    rate: RateHint = RateHint()
    billed_micros: int | None = None


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file that the API keeps; `expires_at` is some hours before the API deletes it.

    `url` is safe to put into a request: HTTPS (or the API's own loopback origin), clean and short.
    """

    file_id: str
    name: str
    url: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class UploadRefused:
    """The API did not take a file. With `wait_s` (seconds) it may take it later.

    `is_full` says that it keeps no more files until one is deleted. `http_status` is None if
    the refusal did not come from the API itself.
    """

    reason: str
    http_status: int | None = None
    is_full: bool = False
    wait_s: float | None = None


@dataclass(frozen=True, slots=True)
class Unreached:
    """No usable answer came. If the file `may_be_there`, the API's list shows whether it is.

    `remedy` says what to set in the environment if that is why no answer came.
    """

    reason: str
    may_be_there: bool = True
    remedy: str | None = None


UploadReply: TypeAlias = Uploaded | UploadRefused | Unreached
"""The answer to one upload."""
