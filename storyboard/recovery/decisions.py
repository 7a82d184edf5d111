"""What a decision, or the request log, makes of a submission whose outcome is unknown. Pure.

Takes submissions; returns those that a name refers to, and the rows to write after the
decision.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from storyboard.names import fold
from storyboard.planning.candidates import GIVEN_UP_BY_HAND, fingerprints_of
from storyboard.planning.contradictions import GIVEN_UP, disputed_tasks, is_contradicted
from storyboard.records import Submission, SubmissionState, Take

UNKNOWN_STATES = frozenset({SubmissionState.SENDING, SubmissionState.UNKNOWN})
"""A submission found in one of these states, under the lock, may have been charged."""


@dataclass(frozen=True, slots=True)
class Named:
    """The unknown submissions that a name refers to, oldest first.

    `is_shot` is true if it is the name of a shot, not of a take. `repeated` are the
    takes with several of these submissions.
    """

    submissions: tuple[Submission, ...]
    is_shot: bool = False

    @property
    def repeated(self) -> tuple[str, ...]:
        """The takes with several unknown submissions; for a take's name, all that are meant."""
        if not self.is_shot and len(self.submissions) > 1:
            return tuple(dict.fromkeys(one.take for one in self.submissions))
        counts = Counter(one.take for one in self.submissions)
        return tuple(take for take, count in counts.items() if count > 1)


def unknown_among(submissions: Iterable[Submission]) -> tuple[Submission, ...]:
    """The submissions whose outcome is unknown."""
    return tuple(one for one in submissions if one.state in UNKNOWN_STATES)


def untraced_among(submissions: Iterable[Submission]) -> tuple[Submission, ...]:
    """The submissions for which the API may have a task that no state file knows.

    Giving one up by hand does not undo what the API may have accepted.
    """
    submissions = tuple(submissions)
    disputed = disputed_tasks(submissions)
    return tuple(
        one
        for one in submissions
        if one.state in UNKNOWN_STATES | GIVEN_UP and (not one.task_id or one.task_id in disputed)
    )


def owns_task(submission: Submission) -> bool:
    """Whether its task is known to be its own, so that no other submission can have it."""
    is_decided = submission.state not in UNKNOWN_STATES | GIVEN_UP
    return bool(submission.task_id) and is_decided and not is_contradicted(submission)


def find_named(name: str, submissions: Sequence[Submission], takes: Sequence[Take]) -> Named:
    """The unknown submissions of the take called `name`, or else those of the shot.

    A take of the storyboard has those of its own request, whichever take made it first,
    and those that were sent under its name, whatever its request is now.
    """
    unknown, name = unknown_among(submissions), fold(name)
    for is_shot in (False, True):
        requests = fingerprints_of(
            take for take in takes if fold(take.shot if is_shot else take.id) == name
        )
        found = tuple(
            one
            for one in unknown
            if fold(one.shot if is_shot else one.take) == name or one.fingerprint in requests
        )
        if found:
            return Named(found, is_shot)
    return Named(())


def adopted(submission: Submission, task_id: str) -> Submission:
    """The submission with the task that was found for it, so that the next render continues."""
    return replace(
        submission,
        state=SubmissionState.ACCEPTED,
        task_id=task_id,
        submitted_at=submission.submitted_at or submission.sent_at,
        finished_at=None,
        http_status=None,
        reason=None,
        reply=None,
    )


def released(submission: Submission, *, now: datetime) -> Submission:
    """The submission given up, so that the next render sends its request again."""
    return replace(submission, state=SubmissionState.RELEASED, finished_at=now)


def abandoned(submission: Submission, *, now: datetime) -> Submission:
    """The submission given up, with its take held back until a render is asked to try again."""
    came = submission.reason or "no reply came"
    return replace(
        submission,
        state=SubmissionState.ABANDONED,
        finished_at=now,
        reason=f"{GIVEN_UP_BY_HAND}; {came}",
    )
