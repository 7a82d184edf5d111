"""Which submissions have which task. Two different requests can never share one.

If the API returns a task that another submission already has, one of the two
replies was not for its request, and nothing shows which. Neither is sent again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from storyboard.engine.flight import Flight
from storyboard.engine.job import Job, Step
from storyboard.engine.run import Run
from storyboard.planning.contradictions import (
    after_contradiction,
    contradict,
    describe_contradiction,
    others_to_name,
)
from storyboard.planning.plan import take_of
from storyboard.records import Action, Submission, SubmissionState
from storyboard.replies import Outcome, SubmitReply


class TaskIds:
    """The tasks of all submissions in the state files, from this run and earlier ones."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._earlier: dict[str, list[tuple[Job, Submission]]] = {}  # rows of earlier runs
        self._flights: dict[str, dict[tuple[str, int], Flight]] = {}  # by task id and key
        for job in run.jobs:
            for row in job.store.submissions():
                if row.task_id:
                    self._earlier.setdefault(row.task_id, []).append((job, row))

    def find_contradicted(self) -> list[str]:
        """The tasks that earlier runs assigned to several takes, possibly of several films."""
        groups = self._earlier.items()
        return [task_id for task_id, rows in groups if contradict([row for _, row in rows])]

    def put_earlier_in_doubt(self, task_ids: Sequence[str]) -> None:
        """Puts the rows of earlier runs that have these tasks in doubt."""
        for task_id in task_ids:
            flights = [*self._load_earlier(task_id).values()]
            by_request: dict[str, Flight] = {}
            for flight in flights:
                by_request.setdefault(flight.submission.fingerprint, flight)
            for flight in flights:
                others = others_to_name(by_request, flight.submission.fingerprint)
                names = [_name(other, flight.job) for other in others]
                more = len(by_request) - 1 - len(names)
                self._put_in_doubt(flight, describe_contradiction(task_id, names, more=more))

    def loaded(self, job: Job, action: Action, submission: Submission) -> Flight:
        """The flight of an action's submission in its current state. Its task is known."""
        flights = self._flights.setdefault(submission.task_id or "", {})
        known = flights.get((job.name, submission.id))
        flight = Flight(job, action.take, known.submission if known else submission)
        flights[flight.key] = flight
        return flight

    def check(self, flight: Flight, reply: SubmitReply) -> SubmitReply | None:
        """The reply to a POST, with an unknown outcome if another submission has its task.

        The other submissions are put in doubt, and that is written. None if one of them
        belongs to another film, whose state file has to be committed first: a kill
        between the two commits would leave it trusted, with nothing to show the doubt.
        """
        if reply.task_id is None:
            return reply
        others = self._others(flight, reply.task_id)
        is_to_wait = False
        for other in others:
            reason = describe_contradiction(reply.task_id, [_name(flight, other.job)])
            is_changed = self._put_in_doubt(other, reason)
            is_to_wait |= is_changed and other.job is not flight.job
        if is_to_wait:
            return None
        self._flights.setdefault(reply.task_id, {})[flight.key] = flight
        if not others:
            return reply
        names = [_name(other, flight.job) for other in others]
        reason = describe_contradiction(reply.task_id, names)
        return replace(reply, outcome=Outcome.UNKNOWN, message=reason)

    def _others(self, flight: Flight, task_id: str) -> list[Flight]:
        """The submissions of other requests that have the task."""
        flights = self._load_earlier(task_id)
        mine = flight.submission.fingerprint
        return [each for each in flights.values() if each.submission.fingerprint != mine]

    def _load_earlier(self, task_id: str) -> dict[tuple[str, int], Flight]:
        flights = self._flights.setdefault(task_id, {})
        for job, row in self._earlier.pop(task_id, ()):
            flights.setdefault((job.name, row.id), Flight(job, take_of(row), row))
        return flights

    def _put_in_doubt(self, other: Flight, reason: str) -> bool:
        """Puts a submission in doubt; returns whether that is new."""
        before = other.submission
        after = after_contradiction(before, reason)
        if after is before:
            return False
        self._run.save(other, after)
        self._run.tasks.pop(other.key, None)
        self._run.polls.remove(other)
        step = Step.UNKNOWN if after.state is SubmissionState.UNKNOWN else Step.DOUBTFUL
        self._run.add_progress(other, step, reason)
        return True


def _name(flight: Flight, job: Job) -> str:
    take = flight.submission.take
    return f"take {take}" if flight.job is job else f"take {take} of {flight.job.name}"
