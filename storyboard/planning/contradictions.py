"""Tasks that the API gave to different requests, so nobody knows whose they are. Pure.

A submission with such a task says so in its own `reason`: that outlives the
run and the other submission, and the manifest carries it to other machines.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import TypeVar

from storyboard.records import OPEN_STATES, Submission, SubmissionState

GIVEN_UP = frozenset({SubmissionState.ABANDONED, SubmissionState.RELEASED})
"""States that a person chose: nothing is waited for any more."""

_BELIEVED = frozenset({SubmissionState.ACCEPTED, SubmissionState.SUCCEEDED})
_MAX_NAMES = 3

T = TypeVar("T")


def describe_contradiction(task_id: str, others: Sequence[str], *, more: int = 0) -> str:
    """The reason of a submission whose task the API also gave to `others`, and to `more`."""
    names = " and ".join(others[:_MAX_NAMES])
    more += len(others[_MAX_NAMES:])
    if more:
        names += f" and {more} more"
    return f"{_mark(task_id)}{names} too, but it can belong to only one"


def others_to_name(by_request: Mapping[str, T], fingerprint: str) -> list[T]:
    """As many items of requests other than `fingerprint` as a reason names."""
    others = (each for request, each in by_request.items() if request != fingerprint)
    return list(islice(others, _MAX_NAMES))


def is_contradicted(submission: Submission) -> bool:
    """Whether the submission's reason says that its task was also given to others."""
    task_id, reason = submission.task_id, submission.reason
    return bool(task_id and reason and _mark(task_id) in reason)


def disputed_tasks(submissions: Iterable[Submission]) -> frozenset[str]:
    """The tasks that a submission reports as given to others, or that several requests share."""
    disputed: set[str] = set()
    requests: dict[str, str] = {}
    for one in submissions:
        if one.task_id:
            is_shared = requests.setdefault(one.task_id, one.fingerprint) != one.fingerprint
            if is_shared or is_contradicted(one):
                disputed.add(one.task_id)
    return frozenset(disputed)


def contradict(same_task: Sequence[Submission]) -> bool:
    """Whether submissions with the same task are believed and have different requests.

    A submission that was given up, or that reports its task as in doubt, no longer
    claims it. If one reports a doubt, another is believed only if it was given its task
    by hand: otherwise a kill kept the doubt from reaching the other's state file.
    """
    claims = [one for one in same_task if one.state not in GIVEN_UP and not is_contradicted(one)]
    doubted = {one.fingerprint for one in same_task if is_contradicted(one)}
    is_believed = any(one.state in _BELIEVED for one in claims)
    return (is_believed and len({one.fingerprint for one in claims}) > 1) or any(
        one.state in _BELIEVED
        and _is_given_by_reply(one)
        and len(doubted) > (one.fingerprint in doubted)  # another request's submission is in doubt
        for one in claims
    )


def _is_given_by_reply(submission: Submission) -> bool:
    """Whether its task came with the reply to its POST; one given by hand has no status."""
    return submission.http_status is not None


def after_contradiction(submission: Submission, reason: str) -> Submission:
    """The submission after another was given its task: unknown, or doubtful if it has ended.

    Returns the same object if it was given up by hand or already says so: the first
    reason stays, however often the API repeats itself.
    """
    is_open = submission.state in (SubmissionState.SENDING, SubmissionState.ACCEPTED)
    if submission.state in GIVEN_UP or (is_contradicted(submission) and not is_open):
        return submission
    came = f"{submission.reason}; " if submission.reason else ""
    if submission.state in OPEN_STATES:
        return replace(submission, state=SubmissionState.UNKNOWN, reason=f"{came}{reason}")
    return replace(submission, reason=f"{came}doubtful: {reason}")


def with_doubts(submissions: Sequence[Submission]) -> list[Submission]:
    """The submissions, with those that `contradict` one another put in doubt; others unchanged."""
    with_task: dict[str, list[Submission]] = {}
    for one in submissions:
        if one.task_id:
            with_task.setdefault(one.task_id, []).append(one)
    doubts: dict[int, Submission] = {}
    for task_id, group in with_task.items():
        if not contradict(group):
            continue
        takes: dict[str, str] = {}
        for one in group:
            takes.setdefault(one.fingerprint, one.take)
        for one in group:
            names = [f"take {take}" for take in others_to_name(takes, one.fingerprint)]
            more = len(takes) - 1 - len(names)
            reason = describe_contradiction(task_id, names, more=more)
            doubts[id(one)] = after_contradiction(one, reason)
    return [doubts.get(id(one), one) for one in submissions]


def _mark(task_id: str) -> str:
    return f"the API gave its task, {task_id}, to "
