"""Which takes go on with their next model, once the one before it has proven to have failed.

What was decided stands in the plan: the `fallbacks` of a take are those that may be submitted
in this run. Two takes may make the same request; it is submitted once, and both go on from
there.
"""

from __future__ import annotations

from storyboard.engine.ending import Ending
from storyboard.engine.flight import Flight
from storyboard.engine.job import Job
from storyboard.engine.run import Run
from storyboard.planning.candidates import has_proven_to_fail, with_rest
from storyboard.records import Action, ActionKind, Take

_Request = tuple[str, str]
"""The name of a job, and a fingerprint."""


class Fallbacks:
    """The takes that have models left, by the request that each of them waits for."""

    def __init__(self, run: Run, ending: Ending) -> None:
        self._run = run
        self._ending = ending
        self._waiting_for: dict[_Request, list[Take]] = {}
        self._submitted: set[_Request] = set()  # in this run, or open when it began
        self._failed: set[_Request] = set()

    def load(self, job: Job, action: Action) -> None:
        """Notes an action of the plan; one that makes the same request as another, too."""
        if action.kind in (ActionKind.SUBMIT, ActionKind.RESUME):
            self._wait_for(job, action.take)

    def on_failed(self, flight: Flight) -> Take | None:
        """The take of the flight with its next model, where it has proven to have failed.

        It, and all that wait for the same request, are queued within the turn in which the
        failure is written, so that both are committed at once. None where nothing is left, or
        where nothing more is submitted; a later run then goes on from what is written.
        """
        if not has_proven_to_fail(flight.submission):
            return None
        request = (flight.job.name, flight.submission.fingerprint)
        self._failed.add(request)
        takes = self._waiting_for.pop(request, [])
        if self._ending.is_stopped:
            return None
        following = [(take, self._go_on(flight.job, take)) for take in takes]
        return next((after for before, after in following if before.id == flight.take.id), None)

    def _go_on(self, job: Job, take: Take) -> Take | None:
        """The take with the first of its models that has not failed meanwhile, now waited for."""
        while take.fallbacks:
            take = with_rest(take.fallbacks)
            request = (job.name, take.fingerprint)
            if request in self._failed:
                continue
            if request not in self._submitted:
                self._run.waiting.appendleft((job, take))
            self._wait_for(job, take)
            return take
        return None

    def _wait_for(self, job: Job, take: Take) -> None:
        request = (job.name, take.fingerprint)
        self._submitted.add(request)
        if take.fallbacks:
            self._waiting_for.setdefault(request, []).append(take)
