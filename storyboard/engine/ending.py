"""How a run ends early: on an error, on Ctrl-C, at its time limit or with the API unreachable.

There are two stages. A *stopped* run submits nothing more and finishes the
tasks in flight. A *leaving* run only waits for its open POSTs, so that no task
id is lost, and then ends.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from storyboard.engine.job import Job
from storyboard.errors import Refused, StoryboardError, TimeIsUp
from storyboard.records import Take

_OPEN_POSTS_WAIT_S = 60.0  # the longest that a leaving run waits for its open POSTs


class Ending:
    """Whether the run ends early, and why. Times are monotonic seconds.

    `waiting` holds the takes to be submitted; those that no longer may be are removed.
    """

    def __init__(
        self, waiting: deque[tuple[Job, Take]], *, now: float, timeout_s: float | None
    ) -> None:
        self.stopped_by: StoryboardError | None = None
        self.was_interrupted = False
        self.refusals: dict[str, Refused] = {}  # by job
        self._waiting = waiting
        self._time_up_at = None if timeout_s is None else now + timeout_s
        self._leave_by: float | None = None
        self._failure: BaseException | None = None

    def may_submit(self, job: Job) -> bool:
        """Whether more of a job may be submitted."""
        is_stopped = self.stopped_by is not None or self.is_leaving
        return not is_stopped and job.name not in self.refusals

    @property
    def is_leaving(self) -> bool:
        """Whether the run ends as soon as its open POSTs are answered."""
        return self._leave_by is not None

    def has_left(self, now: float, open_posts: int) -> bool:
        """Whether a leaving run has nothing more to wait for."""
        return self._leave_by is not None and (open_posts == 0 or now >= self._leave_by)

    def stop(self, error: StoryboardError) -> None:
        """Stops all submissions because of `error`; the tasks in flight are finished."""
        self.stopped_by = self.stopped_by or error
        self._waiting.clear()

    def refuse(self, job: Job, error: Refused) -> None:
        """Stops one job's submissions because of `error`; its tasks are finished."""
        self.refusals.setdefault(job.name, error)
        left = [entry for entry in self._waiting if entry[0] is not job]
        self._waiting.clear()
        self._waiting.extend(left)

    def interrupt(self, now: float) -> None:
        """Starts leaving because the user asked for it."""
        self.was_interrupted = True
        self._leave(now)

    def fail(self, error: BaseException, now: float) -> None:
        """Starts leaving; `raise_failure` then raises the first such error."""
        self._failure = self._failure or error
        self._leave(now)

    def raise_failure(self) -> None:
        """Raises the error with which the run failed, if it did."""
        if self._failure is not None:
            raise self._failure

    def check(self, now: float, unreachable: StoryboardError | None) -> None:
        """Starts leaving if time is up, or with the error that the API is `unreachable`."""
        error = unreachable
        if self._time_up_at is not None and now >= self._time_up_at:
            error = TimeIsUp(
                "the time of --timeout ran out; the tasks continue at the API",
                next_step="run again to continue from here",
            )
        if error is not None and not self.is_leaving:
            self.stop(error)
            self._leave(now)

    def due_times(self) -> Iterator[float]:
        """When time alone may change the answer of `check` or `has_left`."""
        if self._leave_by is not None:
            yield self._leave_by
        elif self._time_up_at is not None:
            yield self._time_up_at

    def _leave(self, now: float) -> None:
        self._waiting.clear()
        if self._leave_by is None:
            self._leave_by = now + _OPEN_POSTS_WAIT_S
