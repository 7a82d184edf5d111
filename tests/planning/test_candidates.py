"""Which of several models a take has come to, by what is known of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from storyboard.errors import Refused
from storyboard.models.catalog import load_catalog
from storyboard.planning.candidates import fingerprints_of, has_proven_to_fail
from storyboard.planning.contradictions import describe_contradiction
from storyboard.planning.cost import Caps, bill_for, check_caps, one_price
from storyboard.planning.plan import PlanOptions, make_plan
from storyboard.planning.saved_plan import digest_of_actions, digest_of_takes
from storyboard.planning.selection import Selection, narrow
from storyboard.planning.states import read_states
from storyboard.records import Action, ActionKind, Submission, SubmissionState, Take, TakeStatus
from tests.made import MODEL, NOW, make_done, make_submission, make_take

State = SubmissionState

REFUSED = {"state": State.REJECTED, "reason": "No: because"}
PROVEN = [
    pytest.param({"state": State.FAILED}, id="failed"),
    pytest.param({"state": State.CANCELED}, id="canceled"),
    *(
        pytest.param({**REFUSED, "http_status": status}, id=str(status))
        for status in (400, 404, 413, 415, 422)
    ),
]
UNPROVEN = [
    pytest.param({"state": State.ABANDONED}, id="abandoned"),
    pytest.param({"state": State.RELEASED}, id="released"),
    pytest.param({"state": State.UNKNOWN}, id="unknown"),
    pytest.param({"state": State.SENDING}, id="sending"),
    pytest.param({"state": State.ACCEPTED}, id="accepted"),
    pytest.param({"state": State.UNAVAILABLE}, id="unavailable"),
    pytest.param({**REFUSED, "http_status": None}, id="refused by a firewall"),
    *(
        pytest.param({**REFUSED, "http_status": status}, id=str(status))
        for status in (401, 402, 403, 405, 406, 410, 451, 501)
    ),
    pytest.param({"state": State.FAILED, "task_id": None}, id="failed without a task"),
    pytest.param(
        {
            "state": State.FAILED,
            "task_id": "task-1",
            "reason": f"doubtful: {describe_contradiction('task-1', ['take pier'])}",
        },
        id="failed as whose",
    ),
]


def one_of(name: str, model: str, **more: object) -> Take:
    return make_take(name, model=model, **more)


def take_of(*models: str, name: str = "hero") -> Take:
    """A take with these models, the first one first."""
    first, *rest = (one_of(name, model) for model in models)
    return replace(first, fallbacks=tuple(rest))


def sent(take: Take, index: int, state: State, number: int = 0, **facts: object) -> Submission:
    """A submission of a take's candidate, from 0."""
    one = (take, *take.fallbacks)[index]
    return make_submission(one, state, **{"id": number or index + 1, **facts})


def failed(take: Take, index: int, number: int = 0) -> Submission:
    return sent(take, index, State.FAILED, number, reason="the GPU melted")


def act(take: Take, known: Sequence[Submission], **options: bool) -> Action:
    plan = make_plan(
        [take], known, now=NOW, has_file=lambda video: True, options=PlanOptions(**options)
    )
    return plan.actions[0]


ABC = take_of("a", "b", "c")


def models(takes: Sequence[Take]) -> list[str]:
    return [one.model for one in takes]


def test_a_new_take_is_submitted_to_the_first_and_tells_of_the_others() -> None:
    action = act(ABC, [])
    assert (action.kind, action.take.model) == (ActionKind.SUBMIT, "a")
    assert models(action.take.fallbacks) == ["b", "c"]
    assert action.reason == "new; if it fails: b, then c"


@pytest.mark.parametrize("facts", PROVEN)
def test_the_next_one_follows_a_proven_failure(facts: dict[str, object]) -> None:
    first = replace(sent(ABC, 0, State.FAILED), **facts)
    assert has_proven_to_fail(first)
    action = act(ABC, [first])
    assert (action.kind, action.take.model) == (ActionKind.SUBMIT, "b")
    assert models(action.take.fallbacks) == ["c"]


@pytest.mark.parametrize("facts", UNPROVEN)
def test_nothing_else_moves_a_take_on(facts: dict[str, object]) -> None:
    first = replace(sent(ABC, 0, State.FAILED), **facts)
    assert not has_proven_to_fail(first)
    assert act(ABC, [first]).take.model == "a"


def test_the_plan_says_why_it_is_the_turn_of_another() -> None:
    known = [failed(ABC, 0), sent(ABC, 1, State.REJECTED, http_status=422, reason="too long")]
    assert act(ABC, known).reason == "to c: a failed (the GPU melted), b rejected (too long)"


def test_where_all_have_failed_the_take_is_held() -> None:
    known = [failed(ABC, index) for index in range(3)]
    action = act(ABC, known)
    assert (action.kind, action.take.model) == (ActionKind.HOLD, "c")
    assert action.reason == (
        "failed: the GPU melted; --retry-failed sends it again, from a on; by c, since "
        "a failed (the GPU melted), b failed (the GPU melted)"
    )


@pytest.mark.parametrize("option", ["retry_failed", "force"])
def test_trying_again_begins_with_the_first(option: str) -> None:
    known = [failed(ABC, index) for index in range(3)]
    action = act(ABC, known, **{option: True})
    assert (action.kind, action.take.model) == (ActionKind.SUBMIT, "a")
    assert models(action.take.fallbacks) == ["b", "c"]


def test_a_new_version_is_of_the_model_that_made_the_video_alone() -> None:
    known = [failed(ABC, 0), sent(ABC, 1, State.SUCCEEDED)]
    action = act(ABC, known, force=True)
    assert (action.kind, action.take.model) == (ActionKind.SUBMIT, "b")
    assert action.take.fallbacks == ()


def test_a_take_is_current_when_any_candidate_has_a_video() -> None:
    take = take_of("a", "b")
    for known in ([failed(take, 0)], [], [sent(take, 0, State.ABANDONED)]):
        action = act(take, [*known, make_done(take.fallbacks[0], id=9)])
        assert (action.kind, action.take.model) == (ActionKind.KEEP, "b")


def test_of_several_with_a_video_the_first_in_order_counts() -> None:
    take = take_of("a", "b")
    known = [make_done(take.fallbacks[0], id=2), make_done(take, id=1)]
    for order in (known, known[::-1]):
        assert act(take, order).take.model == "a"


def test_a_new_version_that_is_on_its_way_does_not_hand_the_take_to_another() -> None:
    take = take_of("a", "b")
    known = [make_done(take, id=1), make_done(take.fallbacks[0], id=2)]
    action = act(take, [*known, sent(take, 0, State.ACCEPTED, 3)])
    assert (action.kind, action.take.model) == (ActionKind.RESUME, "a")


@pytest.mark.parametrize("state", [State.SENDING, State.UNKNOWN, State.ACCEPTED])
@pytest.mark.parametrize("index", [0, 1, 2])
@pytest.mark.parametrize("retry", [False, True])
def test_nothing_is_submitted_while_any_candidate_is_open(
    state: State, index: int, *, retry: bool
) -> None:
    action = act(ABC, [sent(ABC, index, state)], retry_failed=retry)
    assert action.kind is not ActionKind.SUBMIT
    assert action.take.fingerprint == (ABC, *ABC.fallbacks)[index].fingerprint


def test_what_waits_for_a_person_ends_what_may_follow() -> None:
    known = [sent(ABC, 1, State.ABANDONED)]
    assert models(act(ABC, known).take.fallbacks) == []
    assert models(act(ABC, known, retry_failed=True).take.fallbacks) == ["b", "c"]


def test_what_has_failed_already_is_passed_over() -> None:
    assert models(act(ABC, [failed(ABC, 1)]).take.fallbacks) == ["c"]


def test_what_was_refused_for_the_account_may_follow() -> None:
    known = [sent(ABC, 1, State.REJECTED, http_status=402)]
    assert models(act(ABC, known).take.fallbacks) == ["b", "c"]


def test_a_locked_take_keeps_the_video_of_any_candidate() -> None:
    take = replace(take_of("a", "b"), is_locked=True)
    action = act(take, [failed(take, 0), make_done(take.fallbacks[0], id=2)])
    assert (action.kind, action.take.model) == (ActionKind.KEEP, "b")
    assert "the storyboard differs" not in action.reason


def test_two_takes_may_come_to_the_same_request() -> None:
    first, second = take_of("a", "b"), one_of("pier", "b", prompt="A shot of hero")
    assert second.fingerprint == first.fallbacks[0].fingerprint
    plan = make_plan([first, second], [failed(first, 0)], now=NOW, has_file=lambda video: True)
    assert [one.same_as for one in plan.actions] == [None, "hero"]
    assert len(plan.of_kind(ActionKind.SUBMIT)) == 1


def test_the_state_of_a_take_has_what_became_of_its_other_models() -> None:
    known = [failed(ABC, 0), sent(ABC, 1, State.ACCEPTED)]
    [state] = read_states([ABC], known, has_file=lambda video: True)
    assert (state.status, state.take.model) == (TakeStatus.RENDERING, "b")
    assert state.failed == (known[0],)


def test_a_take_that_goes_on_is_neither_changed_nor_failed() -> None:
    for selection in (Selection(changed=True), Selection(failed=True)):
        assert not narrow(frozenset({"hero"}), selection, [ABC], [failed(ABC, 0)])
    known = [failed(ABC, index) for index in range(3)]
    assert narrow(frozenset({"hero"}), Selection(failed=True), [ABC], known) == {"hero"}


# Money

PRICING = one_price(load_catalog(), 0.1)


def priced(*names: str) -> Take:
    """A take of five seconds, whose models are all the one that has a card."""
    first, *rest = (one_of(name, MODEL, duration=5) for name in names)
    return replace(first, fallbacks=tuple(rest))


def bill(takes: Sequence[Take], known: Sequence[Submission] = ()) -> tuple[int, float, int]:
    plan = make_plan(takes, known, now=NOW, has_file=lambda video: True)
    found = bill_for(plan, PRICING)
    assert found.cost_usd == pytest.approx(found.seconds * 0.1)
    return found.takes, found.seconds, found.fallbacks


def test_the_dearest_case_is_the_sum_of_all_candidates() -> None:
    take = priced("hero", "pier")
    assert bill([take]) == (1, 10.0, 1)
    assert PRICING.dearest(take) == 1_000_000


def test_a_request_that_several_takes_may_come_to_is_counted_once() -> None:
    assert bill([priced("hero", "pier"), priced("pier"), priced("sky", "pier")]) == (3, 15.0, 0)


def test_what_may_follow_a_task_in_flight_is_part_of_the_bill() -> None:
    take = priced("hero", "pier")
    assert bill([take], [make_submission(take, State.ACCEPTED)]) == (0, 5.0, 1)


def test_the_bill_says_that_it_is_the_dearest_case_and_caps_go_by_it() -> None:
    plan = make_plan([priced("hero", "pier")], [], now=NOW, has_file=lambda video: True)
    found = bill_for(plan, PRICING)
    assert found.sentence == (
        "1 take to submit, at most 10 s of video, about 1.00 USD, if 1 fallback must be submitted"
    )
    with pytest.raises(Refused, match="would, in the dearest case, submit 1 USD"):
        check_caps(found, Caps(cost_usd=0.9))
    check_caps(found, Caps(takes=1))


# What must not change, and what must


def test_a_saved_plan_depends_on_the_fallbacks() -> None:
    ab, ac, single = take_of("a", "b"), take_of("a", "c"), take_of("a")
    assert len({digest_of_takes([one]) for one in (ab, ac, single)}) == 3
    plans = [make_plan([one], [], now=NOW, has_file=lambda video: True) for one in (ab, ac, single)]
    assert len({digest_of_actions(plan) for plan in plans}) == 3


def test_all_that_a_take_may_request_is_its_own() -> None:
    assert len(fingerprints_of([ABC])) == 3
