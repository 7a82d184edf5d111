"""A submission on its way through the engine, and the queue of polls that are due."""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass
from math import inf

from storyboard.engine.job import Job
from storyboard.records import Submission, Take

_JUST_BEFORE_S = 0.001


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
    poll_number: int = 0  # of its entry in the poll queue; 0 while it has none
    log_says_ended: bool = False
    missing_since: float | None = None
    unfamiliar_since: float | None = None
    refused_since: float | None = None
    without_link_since: float | None = None
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
    """Tasks by the time of their next poll; each has one time, the one it was given last."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Flight]] = []
        self._numbers = itertools.count(1)

    def __bool__(self) -> bool:
        return bool(self._heap)

    @property
    def next_at(self) -> float:
        """When the first poll is due; infinity where none is queued."""
        return self._heap[0][0] if self._heap else inf

    def push(self, at: float, flight: Flight) -> None:
        """Polls the task at that time, and at no other that it may have been queued for."""
        flight.poll_number = next(self._numbers)
        heapq.heappush(self._heap, (at, flight.poll_number, flight))
        self._drop_replaced()

    def push_first(self, now: float, flight: Flight) -> None:
        """Polls the task before all others that are queued, and as soon as possible."""
        self.push(min(now, self.next_at - _JUST_BEFORE_S), flight)

    def pop(self) -> Flight:
        """The task whose poll is due first; it is queued no longer."""
        flight = heapq.heappop(self._heap)[2]
        flight.poll_number = 0
        self._drop_replaced()
        return flight

    def remove(self, flight: Flight) -> None:
        """Polls the task no more."""
        flight.poll_number = 0
        self._drop_replaced()

    def _drop_replaced(self) -> None:
        while self._heap and self._heap[0][1] != self._heap[0][2].poll_number:
            heapq.heappop(self._heap)
