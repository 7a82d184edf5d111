"""Moves a take on to its next model once the current one has definitely failed.

The plan decides which models may follow: the `fallbacks` of a take are the ones
that may be submitted in this run. If two takes make the same request, it is
submitted once, and both continue from its result.
"""

from __future__ import annotations

from storyboard.engine.flight import Flight
from storyboard.engine.job import Job
from storyboard.engine.run import Run
from storyboard.planning.candidates import has_proven_to_fail, with_rest
from storyboard.records import Action, ActionKind, Take

_Request = tuple[str, str]
"""A job's name and a fingerprint."""


class Fallbacks:
    """The takes with models left, by the request that each is waiting for."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._waiting_for: dict[_Request, list[Take]] = {}
        self._submitted: set[_Request] = set()  # in this run, or open when it began
        self._failed: set[_Request] = set()
        self._joined: list[tuple[Job, Take]] = []

    def load(self, job: Job, action: Action) -> None:
        """Notes an action of the plan, even if it makes the same request as another."""
        if action.kind in (ActionKind.SUBMIT, ActionKind.RESUME):
            self.wait_for(job, action.take)

    def has_submitted(self, job: Job, take: Take) -> bool:
        """Whether a take's request was queued in this run, or was open when the run began."""
        return (job.name, take.fingerprint) in self._submitted

    def wait_for(self, job: Job, take: Take) -> None:
        """Notes that a take waits for its request, which may have been submitted for another."""
        request = (job.name, take.fingerprint)
        self._submitted.add(request)
        if take.fallbacks:
            self._waiting_for.setdefault(request, []).append(take)

    def pop_joined(self) -> list[tuple[Job, Take]]:
        """The takes that have gone on, since the last call, to a request submitted for another."""
        joined, self._joined = self._joined, []
        return joined

    def on_failed(self, flight: Flight) -> Take | None:
        """The flight's take with its next model, if the take has definitely failed.

        It is queued, with every take that waits for the same request, in the turn that
        records the failure, so both are committed together. None if no model is left or
        submissions have stopped; a later run then continues from what is recorded.
        """
        if not has_proven_to_fail(flight.submission):
            return None
        request = (flight.job.name, flight.submission.fingerprint)
        self._failed.add(request)
        takes = self._waiting_for.pop(request, [])
        if not self._run.ending.may_submit(flight.job):
            return None
        following = [(take, self._go_on(flight.job, take)) for take in takes]
        return next((after for before, after in following if before.id == flight.take.id), None)

    def _go_on(self, job: Job, take: Take) -> Take | None:
        """The take, now waiting for the first of its models that has not failed."""
        while take.fallbacks:
            take = with_rest(take.fallbacks)
            request = (job.name, take.fingerprint)
            if request in self._failed:
                continue
            if request in self._submitted:
                self._joined.append((job, take))
            else:
                self._run.waiting.appendleft((job, take))
            self.wait_for(job, take)
            return take
        return None
