"""Tasks as values: what was accepted, and its status at any time.

A task's fate and times are decided when it is accepted, and written to the
journal with it. The answer to a poll depends only on that record and the clock,
so a server that was killed continues where it stopped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

from storyboard.names import USER_ID
from storyboard.records import Json

MAX_SIDE_PX, MAX_DURATION_S, MAX_FPS = 4096, 60, 60
"""The largest clip that is drawn, so that memory suffices for each."""

_ID = "sandbox-[0-9a-f]{24}"
_FILE = r"[A-Za-z0-9_-]{32}\.mp4"
_MODEL = "[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}"
_MAX_WORD = 100  # characters of a resolution or ratio
_MAX_NUMBER = 2.0**40  # of seconds and USD: far more than needed, yet exact in milliseconds


class Fate(Enum):
    """How a task will end, decided when it is accepted."""

    SUCCEEDS = "succeeds"
    FAILS = "fails"
    CANCELED = "canceled"
    NEVER_ENDS = "never_ends"
    NO_VIDEO = "no_video"


class Status(Enum):
    """The API's words for a task."""

    PENDING = "pending"
    PROCESSING = "processing"
    SUCCESS = "success"
    FAILED = "failed"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class Task:
    """One accepted submission. Times are in seconds since 1970, durations in seconds.

    `file` is the unguessable name of its video. Resolution and ratio are the payload's
    or the model's defaults; `user_id` is the value of the header X-Mdlx-User-Id. `content`
    is the payload with the sha256 of each picture that came with it in place of its address,
    None if none came; `error` says why the task fails, if no fault makes it fail.
    """

    id: str
    file: str
    model: str
    payload: Mapping[str, Json]
    accepted_at: float
    starts_at: float
    ends_at: float
    retention_s: float
    fate: Fate
    cost_usd: float
    resolution: str
    ratio: str
    width_px: int
    height_px: int
    duration_s: int
    fps: int
    user_id: str | None = None
    content: Mapping[str, Json] | None = None
    error: str = ""

    @property
    def drawn(self) -> Mapping[str, Json]:
        """What its clip shows, whatever the addresses of its pictures are."""
        return self.payload if self.content is None else self.content

    @property
    def expires_at(self) -> float:
        """When the task and its video are deleted."""
        return self.ends_at + self.retention_s

    def status(self, now: float) -> Status:
        """The status that a poll reports at `now`."""
        if now < self.starts_at:
            return Status.PENDING
        if now < self.ends_at or self.fate is Fate.NEVER_ENDS:
            return Status.PROCESSING
        if self.fate is Fate.FAILS:
            return Status.FAILED
        if self.fate is Fate.CANCELED:
            return Status.CANCELED
        return Status.SUCCESS

    def is_finished(self, now: float) -> bool:
        """Whether the task no longer counts as in flight."""
        return self.fate is not Fate.NEVER_ENDS and now >= self.ends_at

    def is_expired(self, now: float) -> bool:
        """Whether a poll is answered with 404."""
        return self.is_finished(now) and now >= self.expires_at

    def has_video(self, now: float) -> bool:
        """Whether the link to its video works."""
        return self.fate is Fate.SUCCEEDS and self.is_finished(now) and not self.is_expired(now)

    def charge_usd(self, now: float) -> float:
        """The charge to the balance: the task's price, or nothing once it has failed."""
        is_free = self.status(now) in (Status.FAILED, Status.CANCELED)
        return 0.0 if is_free else self.cost_usd


def task_to_json(task: Task) -> dict[str, Any]:
    """The task as written in the journal."""
    return asdict(task) | {"payload": dict(task.payload), "fate": task.fate.value}


def task_from_json(data: Any) -> Task:
    """The task that `task_to_json` wrote; `data` is untrusted.

    Raises:
        ValueError: `data` is not a task, or has values that none of our tasks can have.
    """
    try:
        task = Task(**(data | {"fate": Fate(data["fate"])}))
    except (TypeError, KeyError) as error:
        raise ValueError(f"not a task: {error}") from None
    times = (task.accepted_at, task.starts_at, task.ends_at)
    sides, words = (task.width_px, task.height_px), (task.resolution, task.ratio)
    if not (
        _matches(_ID, task.id)
        and _matches(_FILE, task.file)
        and _matches(_MODEL, task.model)
        and (task.user_id is None or _matches(USER_ID, task.user_id))
        and isinstance(task.payload, dict)
        and isinstance(task.content, dict | None)
        and isinstance(task.error, str)
        and all(isinstance(word, str) and len(word) <= _MAX_WORD for word in words)
        and all(_is_number(value) for value in (*times, task.retention_s, task.cost_usd))
        and times == tuple(sorted(times))
        and all(_is_count(side, MAX_SIDE_PX) and side % 2 == 0 for side in sides)
        and _is_count(task.duration_s, MAX_DURATION_S)
        and _is_count(task.fps, MAX_FPS)
    ):
        raise ValueError("not a task: a value that no task has")
    return task


def _matches(pattern: str, value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value <= _MAX_NUMBER


def _is_count(value: object, maximum: int) -> bool:
    return type(value) is int and 0 < value <= maximum
