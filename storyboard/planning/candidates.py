"""The candidates of a take, `model: [a, b]`: the current one, and those that are left. Pure.

A candidate's turn comes once the one before it has definitely failed, never on a guess: a
task that may still be rendered, or a request that may have been charged, is no failure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from storyboard.planning.contradictions import is_contradicted
from storyboard.records import OPEN_STATES, Submission, SubmissionState, Take

GIVEN_UP_BY_HAND = "given up by hand"
"""The start of the reason of a submission that a person abandoned."""

ACCOUNT_REJECTIONS = frozenset({401, 402, 403, 404, 405, 501})
"""Refused because of the account, not the request: the same request may succeed later.

A refusal that did not come from the API itself has no status in the state file.
"""

_REFUSED_REQUEST = frozenset({400, 404, 413, 415, 422})
"""Refused because of the request or its model, so another model may accept it."""

DECIDED_STATES = OPEN_STATES | {SubmissionState.SUCCEEDED}
"""States of a request that is waited for or has its video: its take submits no other."""

FREE_TO_SEND = frozenset({SubmissionState.UNAVAILABLE, SubmissionState.RELEASED})
"""States after which the next render submits the same request again."""

_ENDED_BADLY = frozenset({SubmissionState.FAILED, SubmissionState.CANCELED})
_LED_TO_NOTHING = _ENDED_BADLY | {SubmissionState.REJECTED, SubmissionState.ABANDONED}


class Turn(NamedTuple):
    """A take's current candidate, as a take, with the submission that decides about it.

    Its `fallbacks` are the candidates left after it. `failed` are the submissions of the
    others that led to nothing.
    """

    take: Take
    submission: Submission | None
    failed: tuple[Submission, ...] = ()


def with_rest(candidates: Sequence[Take]) -> Take:
    """The first of the candidates, with the others as its fallbacks."""
    first, *rest = candidates
    return replace(first, fallbacks=tuple(rest))


def fingerprints_of(takes: Iterable[Take]) -> set[str]:
    """The fingerprints of everything that these takes may request."""
    return {one.fingerprint for take in takes for one in take.candidates}


def has_proven_to_fail(submission: Submission) -> bool:
    """Whether a submission definitely led to no video: only then may the next candidate be sent.

    Its task failed or was canceled, or the API itself refused the request.
    """
    if submission.state in _ENDED_BADLY:
        return submission.task_id is not None and not is_contradicted(submission)
    return (
        submission.state is SubmissionState.REJECTED and submission.http_status in _REFUSED_REQUEST
    )


def find_turn(
    take: Take, deciding: Mapping[str, Submission], succeeded: Collection[str], *, from_first: bool
) -> Turn:
    """Which of a take's several candidates is current.

    `deciding` has the submission that decides about each fingerprint, `succeeded` the
    fingerprints with a success. If several candidates have a video, the first counts: the
    author prefers it, and every machine picks the same one. An open candidate is waited for,
    whoever sent it. Otherwise it is the first that has not definitely failed, or the very
    first with `from_first`.
    """
    candidates = take.candidates
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
    """The first that has not definitely failed, or the last if all have."""
    left = (n for n, one in enumerate(sent) if one is None or not has_proven_to_fail(one))
    return next(left, len(sent) - 1)


def _left_after(
    index: int, candidates: Sequence[Take], sent: Sequence[Submission | None], *, from_first: bool
) -> tuple[Take, ...]:
    """The candidates that may be submitted if this one fails, in order.

    Those that have already failed are skipped; one that waits for a person ends the list.
    """
    left = []
    for take, one in islice(zip(candidates, sent, strict=True), index + 1, None):
        if from_first or one is None or _may_be_sent_again(one):
            left.append(take)
        elif not has_proven_to_fail(one):
            break
    return tuple(left)


def _may_be_sent_again(submission: Submission) -> bool:
    """Whether a plain render submits it again when its turn comes."""
    if has_proven_to_fail(submission):
        return False
    is_for_account = submission.http_status in ACCOUNT_REJECTIONS
    is_rejected = submission.state is SubmissionState.REJECTED
    return submission.state in FREE_TO_SEND or (is_rejected and is_for_account)
