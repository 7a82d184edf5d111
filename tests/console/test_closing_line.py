"""The last line of a render: what was new, kept or failed, what it cost, how long it took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from storyboard.console.closing_line import closing_line
from storyboard.models.catalog import load_catalog
from storyboard.planning.cost import Pricing, one_price
from storyboard.project.outcome import Outcome
from storyboard.records import Action, ActionKind, Plan, SubmissionState, TakeState, TakeStatus
from tests.console.test_plan_lines import space_of
from tests.made import make_done, make_submission, make_take
from tests.planning.test_following import after, with_frames_of
from tests.planning.test_plan import plan

CATALOG = load_catalog()
Made = tuple[ActionKind, TakeStatus]


def outcome(
    done: Plan,
    states: Sequence[TakeState],
    pricing: Pricing,
    waiting: Mapping[str, Action] | None = None,
) -> Outcome:
    return Outcome(space_of(), done, pricing, states, has_outputs=True, waiting=waiting or {})


def line(*made: Made, price: float | None = None, download: bool = True) -> str:
    actions, states = [], []
    for number, (kind, status) in enumerate(made):
        take = make_take(f"t{number}", duration=5)
        is_rejected = status is TakeStatus.REJECTED
        state = SubmissionState.REJECTED if is_rejected else SubmissionState.SUCCEEDED
        sent = make_submission(take, state, id=number + 1)
        actions.append(Action(take, kind, ""))
        states.append(TakeState(take, status, sent))
    pricing = Pricing(CATALOG) if price is None else one_price(CATALOG, price)
    return closing_line(
        [outcome(Plan(tuple(actions)), states, pricing)], download=download, elapsed_s=72.4
    )


SUBMIT, KEEP, HOLD = ActionKind.SUBMIT, ActionKind.KEEP, ActionKind.HOLD
DONE, FAILED = TakeStatus.DONE, TakeStatus.FAILED


def test_it_counts_what_was_new_kept_and_failed() -> None:
    told = line((SUBMIT, DONE), (SUBMIT, FAILED), (KEEP, DONE), (HOLD, FAILED), price=0.1)
    assert told == (
        "1 new, 1 kept, 1 failed, 1 held; 10 s of video, about 1.00 USD; took 1 min 12 s"
    )


def test_a_request_that_was_refused_cost_nothing() -> None:
    assert line((SUBMIT, TakeStatus.REJECTED), price=0.1) == "1 failed; took 1 min 12 s"


@pytest.mark.parametrize(
    ("made", "told"),
    [
        ((ActionKind.DOWNLOAD, DONE), "1 downloaded; took"),
        ((ActionKind.RESUME, DONE), "1 new; took"),
        ((SUBMIT, TakeStatus.RENDERED), "1 not finished; 5 s of video; took"),
        ((SUBMIT, TakeStatus.UNKNOWN), "1 undecided; 5 s of video; took"),
        ((ActionKind.WAIT, DONE), "1 new; 5 s of video; took"),
        ((ActionKind.WAIT, TakeStatus.RENDERING), "1 not finished; 5 s of video; took"),
    ],
)
def test_each_end_has_its_word(made: Made, told: str) -> None:
    assert line(made).startswith(told)


def test_without_downloading_a_rendered_take_is_new() -> None:
    assert line((SUBMIT, TakeStatus.RENDERED), download=False).startswith("1 new;")


def test_where_nothing_was_to_do_it_says_that() -> None:
    told = line((KEEP, DONE), (KEEP, DONE), (HOLD, FAILED), (ActionKind.ASK, TakeStatus.UNKNOWN))
    assert told == "nothing to do: 2 kept, 1 held, 1 undecided"


def test_a_take_that_still_waits_cost_nothing() -> None:
    take = make_take("b", duration=5)
    action, state = Action(take, ActionKind.WAIT, ""), TakeState(take, TakeStatus.PENDING)
    films = [outcome(Plan((action,)), [state], one_price(CATALOG, 0.1))]
    assert closing_line(films, download=True, elapsed_s=72.4) == "1 waiting; took 1 min 12 s"


@pytest.mark.parametrize(
    ("to_approve", "told"), [((), "1 held; took"), (("a",), "1 waiting; took")]
)
def test_a_take_whose_parent_failed_is_held_and_one_that_is_to_be_approved_waits(
    to_approve: tuple[str, ...], told: str
) -> None:
    take = make_take("b", duration=5)
    action, state = Action(take, ActionKind.WAIT, ""), TakeState(take, TakeStatus.PENDING)
    after_the_run = {"b": Action(take, ActionKind.HOLD, "", to_approve=to_approve)}
    films = [outcome(Plan((action,)), [state], one_price(CATALOG, 0.1), after_the_run)]
    assert closing_line(films, download=True, elapsed_s=72.4).startswith(told)


def test_the_models_that_a_waiting_take_came_by_are_counted() -> None:
    a, b = make_take("a", duration=5), after("b", "a", duration=5)
    second = after("b", "a", duration=5, model="alibaba/wan2.6-t2v")
    written = replace(b, fallbacks=(second,))
    video = {"a": "aa" * 32}
    failed = make_submission(with_frames_of(b, **video), SubmissionState.FAILED, id=2)
    sent = replace(second, payload=with_frames_of(second, **video).payload, fingerprint="f" * 64)
    state = TakeState(sent, DONE, make_done(sent, id=3), (failed,))
    films = [outcome(plan([a, written], []), [state], one_price(CATALOG, 0.1))]
    told = closing_line(films, download=True, elapsed_s=72.4)
    assert told == "1 new; 10 s of video, about 1.00 USD; took 1 min 12 s"
