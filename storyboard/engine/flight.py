"""A submission on its way through the engine, and the queue of tasks to poll."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf

from storyboard.engine.job import Job
from storyboard.records import Submission, Take
from storyboard.replies import TaskStatus


@dataclass(slots=True, eq=False)  # compared by identity
class Flight:
    """One submission, from its intention to its video, with the loop's notes about it.

    Changed only by the loop thread. Times are monotonic seconds.
    """

    job: Job
    take: Take
    submission: Submission
    accepted_at: float = 0.0
    last_working_age_s: float = 0.0  # the age at which a poll last found the task working
    polled_at: float = 0.0  # when the last poll was sent
    log_says_ended: bool = False
    log_cost_micros: int | None = None  # from the request log, once the task has ended
    statuses_since: dict[TaskStatus, float] = field(default_factory=dict)  # see `lasts_s`
    was_late_link_reported: bool = False
    unreadable_polls: int = 0  # in a row
    rendered_at: float | None = None  # when this run learned that it succeeded
    download_attempts: int = 0  # since the last one that made progress
    most_received_bytes: int = 0
    busy_since: float | None = None
    was_link_renewed: bool = False

    @property
    def key(self) -> tuple[str, int]:
        """The job's name and the submission's id: unique within a run."""
        return self.job.name, self.submission.id

    def age_s(self, now: float) -> float:
        """Seconds since the task was accepted."""
        return now - self.accepted_at

    def lasts_s(self, status: TaskStatus, now: float) -> float:
        """Seconds since a poll first showed a status, if none has shown since that it works."""
        return now - self.statuses_since.setdefault(status, now)


class PollQueue:
    """The tasks waiting for a poll, each with its earliest time."""

    def __init__(self) -> None:
        self._not_before: dict[Flight, float] = {}

    def __bool__(self) -> bool:
        return bool(self._not_before)

    def __contains__(self, flight: Flight) -> bool:
        return flight in self._not_before

    @property
    def next_at(self) -> float:
        """When the first poll is due; infinity if none is queued."""
        return min(self._not_before.values(), default=inf)

    @property
    def next_urgent_at(self) -> float:
        """When the first poll of a task that the request log reports as ended is due."""
        urgent = (at for flight, at in self._not_before.items() if flight.log_says_ended)
        return min(urgent, default=inf)

    def push(self, not_before: float, flight: Flight) -> None:
        """Queues a poll of the task for that time or later."""
        self._not_before[flight] = not_before

    def remove(self, flight: Flight) -> None:
        """Removes the task from the queue, if it is there."""
        self._not_before.pop(flight, None)

    def pop(self, now: float, idle_s: Callable[[Flight], float]) -> Flight:
        """Removes and returns the task to poll now.

        Tasks that the request log reports as ended come first, then the one with the
        longest expected idle time. Call it only after `next_at` has passed.
        """
        due = [flight for flight, at in self._not_before.items() if at <= now]
        best = max(due, key=lambda flight: (flight.log_says_ended, idle_s(flight)))
        del self._not_before[best]
        return best
