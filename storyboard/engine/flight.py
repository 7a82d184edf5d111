"""A submission on its way through the engine, and the queue of those that wait for a poll."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

from storyboard.engine.job import Job
from storyboard.records import Submission, Take


@dataclass(slots=True, eq=False)  # compared by identity
class Flight:
    """One submission, from its intention to its video, with what the loop notes about it.

    Changed by the loop thread alone. Times are monotonic seconds.
    """

    job: Job
    take: Take
    submission: Submission
    accepted_at: float = 0.0
    last_working_age_s: float = 0.0  # the age at which a poll last found the task working
    polled_at: float = 0.0  # when the last poll was sent
    log_says_ended: bool = False
    log_cost_micros: int | None = None  # as the request log has it, once the task has ended
    missing_since: float | None = None
    unusable_since: float | None = None  # when the first of its polls made no sense
    refused_since: float | None = None
    without_link_since: float | None = None
    was_late_link_reported: bool = False
    unreadable_polls: int = 0  # in a row
    rendered_at: float | None = None  # when this run learned of its success
    download_attempts: int = 0  # since the last one that brought something
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


class PollQueue:
    """The tasks that wait for a poll, each with the earliest time of it."""

    def __init__(self) -> None:
        self._not_before: dict[Flight, float] = {}

    def __bool__(self) -> bool:
        return bool(self._not_before)

    def __contains__(self, flight: Flight) -> bool:
        return flight in self._not_before

    @property
    def next_at(self) -> float:
        """When the first poll is due; infinity where none is queued."""
        return min(self._not_before.values(), default=inf)

    @property
    def next_urgent_at(self) -> float:
        """The same of the tasks that the request log reports as ended."""
        urgent = (at for flight, at in self._not_before.items() if flight.log_says_ended)
        return min(urgent, default=inf)

    def push(self, not_before: float, flight: Flight) -> None:
        """Polls the task at that time or later."""
        self._not_before[flight] = not_before

    def remove(self, flight: Flight) -> None:
        """Polls the task no more; does nothing where it is not queued."""
        self._not_before.pop(flight, None)

    def pop(self, now: float, idle_s: Callable[[Flight], float]) -> Flight:
        """Of the tasks that may be polled now, the one to poll; it is queued no longer.

        First those that the request log reports as ended, then the one that is
        expected to idle longest. To be called once `next_at` has come.
        """
        due = [flight for flight, at in self._not_before.items() if at <= now]
        best = max(due, key=lambda flight: (flight.log_says_ended, idle_s(flight)))
        del self._not_before[best]
        return best
