"""The candidates of a take, `model: [a, b]`: which one it has come to, and what is left. Pure.

The next candidate's turn comes when the one before it has proven to have failed, never on a
guess: a task that may yet be rendered, or a request that may have been charged, is no failure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from storyboard.planning.contradictions import is_contradicted
from storyboard.records import OPEN_STATES, Submission, SubmissionState, Take

GIVEN_UP_BY_HAND = "given up by hand"
"""How the reason of a submission begins that a person abandoned."""

ACCOUNT_REJECTIONS = frozenset({401, 402, 403, 404, 405, 501})
"""Refused for the account, not for what was sent: the same request may pass later.

A refusal that did not come from the API itself has no status in the state file.
"""

_REFUSED_REQUEST = frozenset({400, 404, 413, 415, 422})
"""Refused for what was sent, or for its model, so that another model may take it."""

_ENDED_BADLY = frozenset({SubmissionState.FAILED, SubmissionState.CANCELED})
_LED_TO_NOTHING = _ENDED_BADLY | {SubmissionState.REJECTED, SubmissionState.ABANDONED}
_NEVER_ACCEPTED = frozenset({SubmissionState.UNAVAILABLE, SubmissionState.RELEASED})


class Turn(NamedTuple):
    """Which candidate a take has come to, as a take, with the submission that decides about it.

    Its `fallbacks` are those that are left after it. `failed` are the submissions of the
    others that led to nothing.
    """

    take: Take
    submission: Submission | None
    failed: tuple[Submission, ...] = ()


def with_rest(candidates: Sequence[Take]) -> Take:
    """The first of some candidates, with the others as its fallbacks."""
    first, *rest = candidates
    return replace(first, fallbacks=tuple(rest))


def fingerprints_of(takes: Iterable[Take]) -> set[str]:
    """The fingerprints of all that these takes may request."""
    return {one.fingerprint for take in takes for one in (take, *take.fallbacks)}


def has_proven_to_fail(submission: Submission) -> bool:
    """Whether a submission is known to have led to no video: only then may the next candidate go.

    Its task has failed or was canceled, or the API itself refused what was sent.
    """
    if submission.state in _ENDED_BADLY:
        return submission.task_id is not None and not is_contradicted(submission)
    return (
        submission.state is SubmissionState.REJECTED and submission.http_status in _REFUSED_REQUEST
    )


def find_turn(
    take: Take,
    deciding: Mapping[str, Submission],
    succeeded: Collection[str],
    *,
    from_first: bool = False,
) -> Turn:
    """Which candidate of a take that has several its turn is.

    `deciding` has the submission that decides about each fingerprint, `succeeded` those with
    a success. Of several candidates with a video the first counts: the author prefers it, and
    every machine finds the same one. One that is open is waited for, whoever sent it. Else it
    is the first that has not proven to have failed, or the very first with `from_first`.
    """
    candidates = (take, *take.fallbacks)
    sent = [deciding.get(one.fingerprint) for one in candidates]
    index = _first_rendered_or_open(candidates, sent, succeeded)
    if index is None:
        index = 0 if from_first else _first_to_try(sent)
    is_rendered = candidates[index].fingerprint in succeeded
    rest = () if is_rendered else _left_after(index, candidates, sent, from_first=from_first)
    failed = (
        one
        for number, one in enumerate(sent)
        if number != index and one is not None and one.state in _LED_TO_NOTHING
    )
    return Turn(replace(candidates[index], fallbacks=rest), sent[index], tuple(failed))


def _first_rendered_or_open(
    candidates: Sequence[Take], sent: Sequence[Submission | None], succeeded: Collection[str]
) -> int | None:
    rendered = (n for n, one in enumerate(candidates) if one.fingerprint in succeeded)
    is_open = (n for n, one in enumerate(sent) if one is not None and one.state in OPEN_STATES)
    return next(rendered, next(is_open, None))


def _first_to_try(sent: Sequence[Submission | None]) -> int:
    """The first that has not proven to have failed; the last where all have."""
    left = (n for n, one in enumerate(sent) if one is None or not has_proven_to_fail(one))
    return next(left, len(sent) - 1)


def _left_after(
    index: int, candidates: Sequence[Take], sent: Sequence[Submission | None], *, from_first: bool
) -> tuple[Take, ...]:
    """The candidates that may be submitted once this one has failed, in their order.

    Those that have failed already are passed over, and one that waits for a person ends them.
    """
    left = []
    for take, one in islice(zip(candidates, sent, strict=True), index + 1, None):
        if from_first or one is None or _may_be_sent_again(one):
            left.append(take)
        elif not has_proven_to_fail(one):
            break
    return tuple(left)


def _may_be_sent_again(submission: Submission) -> bool:
    """Whether a plain render submits it again where it has come to its turn."""
    if has_proven_to_fail(submission):
        return False
    is_for_account = submission.http_status in ACCOUNT_REJECTIONS
    is_rejected = submission.state is SubmissionState.REJECTED
    return submission.state in _NEVER_ACCEPTED or (is_rejected and is_for_account)
