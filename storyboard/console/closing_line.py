"""The last line of a render: what was new, kept or failed, what it cost, how long it took. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from storyboard.planning.cost import Bill, bill_of, sum_bills
from storyboard.planning.spending import NOT_CHARGED
from storyboard.project.outcome import Outcome
from storyboard.records import (
    TO_SEND,
    WORK,
    Action,
    ActionKind,
    Submission,
    SubmissionState,
    Take,
    TakeState,
    TakeStatus,
)
from storyboard.reporting.amounts import span_text

_WORDS = ("new", "downloaded", "kept", "failed", "held", "undecided", "waiting", "not finished")


def closing_line(outcomes: Iterable[Outcome], *, download: bool, elapsed_s: float) -> str:
    """One line for all storyboards of a render."""
    counts: Counter[str] = Counter()
    bills: list[Bill] = []
    has_work = False
    for one in outcomes:
        has_work |= any(action.kind in WORK for action in (*one.plan.actions, *one.plan.orphans))
        paid: list[Take] = []
        state_of = {state.take.id: state for state in one.states}
        for action in one.plan.actions:
            if (state := state_of.get(action.take.id)) is not None:
                next_action = one.waiting.get(action.take.id)
                counts[_word(action, state.status, next_action, download=download)] += 1
                paid += _failed_before(action, state)
                paid += [state.take] if _is_paid(action, state) else []
        bills.append(bill_of([replace(take, fallbacks=()) for take in paid], one.pricing))
    words = ", ".join(f"{counts[word]:,} {word}" for word in _WORDS if counts[word]) or "no takes"
    if not has_work:
        return f"nothing to do: {words}"
    return f"{words}; {_cost(sum_bills(bills))}took {span_text(elapsed_s)}"


def _word(action: Action, status: TakeStatus, next_action: Action | None, *, download: bool) -> str:
    if action.kind is ActionKind.HOLD:
        return "held"
    if action.kind is ActionKind.ASK or status is TakeStatus.UNKNOWN:
        return "undecided"
    if status in (TakeStatus.FAILED, TakeStatus.REJECTED):
        return "failed"
    if action.kind is ActionKind.KEEP:
        return "kept"
    if action.kind is ActionKind.WAIT and status is TakeStatus.PENDING:
        return "held" if _is_held(next_action) else "waiting"
    if status is not TakeStatus.DONE and (download or status is not TakeStatus.RENDERED):
        return "not finished"
    return "downloaded" if action.kind is ActionKind.DOWNLOAD else "new"


def _is_held(next_action: Action | None) -> bool:
    """Whether a take that waited cannot be sent, for another reason than a missing approval."""
    if next_action is None or next_action.kind is not ActionKind.HOLD:
        return False
    return not next_action.to_approve


def _is_paid(action: Action, state: TakeState) -> bool:
    """Whether this render submitted the take, and the API did not reject it."""
    is_submitted = action.kind in TO_SEND or _is_fallback_of(action, state)
    is_submitted = is_submitted and action.same_as is None
    sent = state.submission
    is_new = sent is not None and (action.submission is None or sent.id != action.submission.id)
    return is_submitted and is_new and sent is not None and sent.state not in NOT_CHARGED


def _is_fallback_of(action: Action, state: TakeState) -> bool:
    return _request(state.take, action) in {_request(one, action) for one in action.take.fallbacks}


def _failed_before(action: Action, state: TakeState) -> list[Take]:
    """The takes of other models that this render submitted before the one it has come to.

    A task that failed may be billed; a request that was refused is not.
    """
    chain = action.take.candidates
    requests = [_request(take, action) for take in chain]
    current = _request(state.take, action)
    if action.same_as is not None or current not in requests:
        return []
    begin = 0 if action.kind in TO_SEND else 1
    states = {_request(one, action): one.state for one in state.failed}
    return [
        take
        for take in chain[begin : requests.index(current)]
        if states.get(_request(take, action), SubmissionState.REJECTED) not in NOT_CHARGED
    ]


def _request(one: Take | Submission, action: Action) -> str:
    """What tells a take's candidates apart, when it was planned and now.

    The requests of one that waited had no fingerprints of their own then.
    """
    return one.model if action.kind is ActionKind.WAIT else one.fingerprint


def _cost(bill: Bill) -> str:
    """What was submitted, as far as it is known; empty where nothing was."""
    return f"{bill.amounts}; " if bill.takes else ""
