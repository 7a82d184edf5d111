"""Tasks as values: what was accepted, and what has become of it by now.

A task is written down whole when it is accepted, with its fate and its times.
All that a poll says is a function of that record and the clock, so a server
that was killed goes on as if nothing had been.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

from storyboard.records import Json


class Fate(Enum):
    """How a task will end. Decided when it is accepted."""

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
    """One accepted submission. Times are seconds since 1970, lengths seconds.

    `file` is the name of its video, not to be guessed. Resolution and ratio are
    what the payload asks for or the model's defaults; `user_id` is what the
    header X-Mdlx-User-Id said.
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

    @property
    def expires_at(self) -> float:
        """When the task and its video are gone."""
        return self.ends_at + self.retention_s

    def status(self, now: float) -> Status:
        """What a poll says at `now`."""
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
        """Whether it no longer takes a place among the tasks in flight."""
        return self.fate is not Fate.NEVER_ENDS and now >= self.ends_at

    def is_expired(self, now: float) -> bool:
        """Whether a poll answers 404."""
        return self.is_finished(now) and now >= self.expires_at

    def has_video(self, now: float) -> bool:
        """Whether its link works."""
        return self.fate is Fate.SUCCEEDS and self.is_finished(now) and not self.is_expired(now)

    def charge_usd(self, now: float) -> float:
        """What it takes from the balance: its price, and nothing once it has failed."""
        is_free = self.status(now) in (Status.FAILED, Status.CANCELED)
        return 0.0 if is_free else self.cost_usd


def task_to_json(task: Task) -> dict[str, Any]:
    """A task as the journal writes it."""
    return asdict(task) | {"payload": dict(task.payload), "fate": task.fate.value}


def task_from_json(data: Any) -> Task:
    """The task that `task_to_json` wrote.

    Raises:
        ValueError: it is not one.
    """
    try:
        task = Task(**(data | {"fate": Fate(data["fate"])}))
    except (TypeError, KeyError) as error:
        raise ValueError(f"not a task: {error}") from None
    texts = (task.id, task.file, task.model, task.resolution, task.ratio)
    times = (task.accepted_at, task.starts_at, task.ends_at, task.retention_s, task.cost_usd)
    sizes = (task.width_px, task.height_px, task.duration_s, task.fps)
    if not (
        all(isinstance(value, str) for value in texts)
        and isinstance(task.payload, dict)
        and all(isinstance(value, int | float) and math.isfinite(value) for value in times)
        and all(isinstance(value, int) and 0 < value <= 10_000 for value in sizes)
    ):
        raise ValueError("not a task: a value of the wrong kind")
    return task
