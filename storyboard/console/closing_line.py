"""The last line of a render: what was new, kept or failed, what it cost, how long it took. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from storyboard.models.catalog import Catalog
from storyboard.planning.cost import length_s
from storyboard.records import (
    Action,
    ActionKind,
    Plan,
    SubmissionState,
    Take,
    TakeState,
    TakeStatus,
)
from storyboard.reporting.amounts import span_text

_WORDS = ("new", "downloaded", "kept", "failed", "held", "undecided", "not finished")
_WORK = (ActionKind.SUBMIT, ActionKind.RESUME, ActionKind.DOWNLOAD)
_FREE = frozenset({SubmissionState.REJECTED, SubmissionState.UNAVAILABLE})


def closing_line(
    films: Iterable[tuple[Plan, Sequence[TakeState]]],
    catalog: Catalog,
    *,
    download: bool,
    price_usd: float | None,
    elapsed_s: float,
) -> str:
    """One line for all storyboards of a render; `price_usd` is for a second of video."""
    counts: Counter[str] = Counter()
    paid: list[Take] = []
    has_work = False
    for plan, states in films:
        has_work |= any(action.kind in _WORK for action in (*plan.actions, *plan.orphans))
        state_of = {state.take.id: state for state in states}
        for action in plan.actions:
            if (state := state_of.get(action.take.id)) is not None:
                counts[_word(action, state.status, download=download)] += 1
                paid += [state.take] if _is_paid(action, state) else []
    words = ", ".join(f"{counts[word]:,} {word}" for word in _WORDS if counts[word]) or "no takes"
    if not has_work:
        return f"nothing to do: {words}"
    return f"{words}; {_cost(paid, catalog, price_usd)}took {span_text(elapsed_s)}"


def _word(action: Action, status: TakeStatus, *, download: bool) -> str:
    if action.kind is ActionKind.HOLD:
        return "held"
    if action.kind is ActionKind.ASK or status is TakeStatus.UNKNOWN:
        return "undecided"
    if status in (TakeStatus.FAILED, TakeStatus.REJECTED):
        return "failed"
    if action.kind is ActionKind.KEEP:
        return "kept"
    if status is not TakeStatus.DONE and (download or status is not TakeStatus.RENDERED):
        return "not finished"
    return "downloaded" if action.kind is ActionKind.DOWNLOAD else "new"


def _is_paid(action: Action, state: TakeState) -> bool:
    """Whether this render submitted the take, and the API did not reject it."""
    is_submitted = action.kind is ActionKind.SUBMIT and action.same_as is None
    sent = state.submission
    is_new = sent is not None and (action.submission is None or sent.id != action.submission.id)
    return is_submitted and is_new and sent is not None and sent.state not in _FREE


def _cost(paid: Sequence[Take], catalog: Catalog, price_usd: float | None) -> str:
    """The length and cost of what was submitted, as far as known; empty if nothing was."""
    if not paid:
        return ""
    seconds = length_s(paid, catalog)
    cost = "" if price_usd is None else f", about {seconds * price_usd:.2f} USD"
    return f"{span_text(seconds)} of video{cost}; "
