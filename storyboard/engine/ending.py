"""How a run ends early: on an error, on Ctrl-C, at its time limit or with the API unreachable.

There are two stages. A *stopped* run submits nothing more and finishes the
tasks in flight. A *leaving* run only waits for its open POSTs, so that no task
id is lost, and then ends.
"""

from __future__ import annotations

from collections.abc import Iterator

from storyboard.engine.job import Job, RunResult
from storyboard.engine.run import Run
from storyboard.errors import Refused, StoryboardError, TimeIsUp

_OPEN_POSTS_WAIT_S = 60.0  # the longest that a leaving run waits for its open POSTs


class Ending:
    """Whether the run ends early, and why. Times are monotonic seconds."""

    def __init__(self, run: Run) -> None:
        self._run = run
        timeout_s = run.settings.timeout_s
        self._time_up_at = None if timeout_s is None else run.clock.monotonic() + timeout_s
        self._leave_by: float | None = None
        self._stopped_by: StoryboardError | None = None
        self._failure: BaseException | None = None
        self._refusals: dict[str, Refused] = {}  # by job
        self._was_interrupted = False

    def may_submit(self, job: Job) -> bool:
        """Return whether more of a job may be submitted."""
        is_stopped = self._stopped_by is not None or self.is_leaving
        return not is_stopped and job.name not in self._refusals

    @property
    def is_leaving(self) -> bool:
        """Whether the run ends as soon as its open POSTs are answered."""
        return self._leave_by is not None

    def has_left(self, now: float) -> bool:
        """Whether a leaving run has nothing more to wait for."""
        return self._leave_by is not None and (self._run.open_posts == 0 or now >= self._leave_by)

    def stop(self, error: StoryboardError) -> None:
        """Stops all submissions because of `error`; the tasks in flight are finished."""
        self._stopped_by = self._stopped_by or error
        self._run.waiting.clear()

    def refuse(self, job: Job, error: Refused) -> None:
        """Stops one job's submissions because of `error`; its tasks are finished."""
        self._refusals.setdefault(job.name, error)
        left = [entry for entry in self._run.waiting if entry[0] is not job]
        self._run.waiting.clear()
        self._run.waiting.extend(left)

    def interrupt(self, now: float) -> None:
        """Starts leaving because the user asked for it."""
        self._was_interrupted = True
        self._leave(now)

    def fail(self, error: BaseException, now: float) -> None:
        """Starts leaving and makes `result` raise `error`."""
        self._failure = self._failure or error
        self._leave(now)

    def check(self, now: float) -> None:
        """Starts leaving if time is up or the API has been unreachable for too long."""
        if self.is_leaving:
            return
        if self._time_up_at is not None and now >= self._time_up_at:
            next_step = "run again to continue from here"
            self.stop(
                TimeIsUp(
                    "the time of --timeout ran out; the tasks continue at the API",
                    next_step=next_step,
                )
            )
            self._leave(now)
        elif self._needs_api and (
            error := self._run.breaker.on_time(now=now, in_flight=len(self._run.tasks))
        ):
            self.stop(error)
            self._leave(now)

    def due_times(self, now: float) -> Iterator[float]:
        """When time alone may change the answer of `check` or `has_left`."""
        if self._leave_by is not None:
            yield self._leave_by
            return
        if self._time_up_at is not None:
            yield self._time_up_at
        if self._needs_api:
            yield from self._run.breaker.next_checks(now=now)

    def result(self) -> RunResult:
        """How the run ended. Raises the error if it failed."""
        if self._failure is not None:
            raise self._failure
        return RunResult(
            self._stopped_by,
            self._was_interrupted,
            self._run.not_downloaded,
            self._run.held,
            tuple(self._refusals.values()),
        )

    @property
    def _needs_api(self) -> bool:
        run = self._run
        # A large picture may take longer to upload than an API may take to answer.
        is_first_upload = run.preparing > 0 and not run.breaker.has_heard
        return bool(run.waiting or run.polls) and not is_first_upload

    def _leave(self, now: float) -> None:
        self._run.waiting.clear()
        if self._leave_by is None:
            self._leave_by = now + _OPEN_POSTS_WAIT_S
