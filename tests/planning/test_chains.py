"""Chains of takes in what surrounds a plan: selections, bills, digests, what is kept for nobody."""

from __future__ import annotations

from dataclasses import replace

import pytest

from storyboard.models.catalog import load_catalog
from storyboard.planning.cost import bill_for, one_price, requests_of
from storyboard.planning.graph import with_ancestors
from storyboard.planning.plan import PlanOptions
from storyboard.planning.saved_plan import digest_of_actions, digest_of_takes
from storyboard.planning.selection import Selection, narrow
from storyboard.planning.states import find_deleted
from storyboard.records import ActionKind, SubmissionState
from tests.made import make_submission, make_take
from tests.planning.test_following import A, B, after, decisions, done, with_frames_of
from tests.planning.test_plan import plan

PRICE = one_price(load_catalog(), 0.1)
CHAIN = [make_take("a", duration=5), after("b", "a", duration=5), after("c", "b", duration=5)]
IDS = frozenset("abc")


# What is counted


def test_what_waits_is_counted_and_paid_for_like_what_is_sent_at_once() -> None:
    bill = bill_for(plan(CHAIN, []), PRICE)
    assert (bill.takes, bill.seconds, bill.cost_usd) == (3, 15, 1.5)


def test_a_fallback_of_a_take_that_waits_is_counted() -> None:
    a, b, _ = CHAIN
    fallback = after("b", "a", duration=5, model="alibaba/wan2.6-t2v")
    bill = bill_for(plan([a, replace(b, fallbacks=(fallback,))], []), PRICE)
    assert (bill.takes, bill.fallbacks, bill.seconds) == (2, 1, 15)


def test_what_is_held_is_not_counted() -> None:
    failed = make_submission(CHAIN[0], SubmissionState.FAILED)
    assert requests_of(plan(CHAIN, [failed])) == []


def test_takes_that_wait_with_the_same_request_are_counted_once() -> None:
    a, b, _ = CHAIN
    assert bill_for(plan([a, b, replace(b, id="b2")], []), PRICE).takes == 2


# Why


def test_the_reason_of_the_first_that_is_held_is_that_of_all_after_it() -> None:
    failed = make_submission(CHAIN[0], SubmissionState.FAILED, reason="too dark")
    made = plan(CHAIN, [failed]).actions
    why = "a has no video: failed: too dark; --retry-failed sends it again"
    assert [one.reason for one in made[1:]] == [why, why]
    assert [[take.id for take in one.waits_for] for one in made[1:]] == [["a"], ["b"]]


def test_every_seam_that_waits_for_approval_is_named_at_once() -> None:
    a, b = (replace(make_take(name), is_paused=True) for name in "ab")
    takes = [a, b, after("c", "a", "b"), after("d", "c")]
    made = plan(takes, [done(a, 1, A), done(b, 2, B)]).actions
    why = "waits until you have seen a and b; then render with --past a --past b"
    assert decisions(made[2:]) == {"c": ("hold", why), "d": ("hold", why)}
    assert [one.to_approve for one in made] == [(), (), ("a", "b"), ("a", "b")]
    one_left = plan(takes, [done(a, 1, A), done(b, 2, B)], passed={("a", A)}).actions
    assert one_left[2].to_approve == ("b",)


def test_a_take_that_waits_for_a_paused_one_says_that_more_is_to_come() -> None:
    paused = replace(CHAIN[0], is_paused=True)
    assert decisions(plan([paused, CHAIN[1]], []).actions)["b"] == (
        "wait",
        "waits for a, and then until you have seen a",
    )


def test_a_locked_take_keeps_its_video_though_there_is_a_new_one_before_it() -> None:
    a, b, _ = CHAIN
    rows = [done(a, 1, A), done(with_frames_of(b, a=A), 2, B)]
    made = plan([a, replace(b, is_locked=True)], rows, options=PlanOptions(force=True))
    assert decisions(made.actions)["b"] == ("keep", "locked")


def test_what_cannot_be_sent_does_not_wait() -> None:
    made = plan(CHAIN, [], obstacle_to=lambda take: "no file" if take.id == "b" else None)
    assert decisions(made.actions) == {
        "a": ("submit", "new"),
        "b": ("hold", "it cannot be sent: no file"),
        "c": ("hold", "b has no video: it cannot be sent: no file"),
    }


def test_what_cannot_be_sent_does_not_wait_for_another_video_either() -> None:
    """Its payload is known, with the video that is about to be replaced."""
    a, b, _ = CHAIN
    rows = [done(a, 1, "aa" * 32), make_submission(a, SubmissionState.ACCEPTED, id=2)]
    made = plan([a, b], rows, obstacle_to=lambda take: "no file" if take.id == "b" else None)
    assert decisions(made.actions)["a"][0] == "resume"
    assert decisions(made.actions)["b"] == ("hold", "it cannot be sent: no file")


# What is selected


@pytest.mark.parametrize(("chosen", "found"), [("c", "abc"), ("b", "ab"), ("a", "a"), ("", "")])
def test_parents_come_along_and_what_follows_does_not(chosen: str, found: str) -> None:
    selection = Selection(with_parents=True)
    assert narrow(frozenset(chosen), selection, CHAIN, []) == frozenset(found)
    assert narrow(frozenset(chosen), Selection(), CHAIN, []) == frozenset(chosen)


def test_parents_are_not_counted_towards_the_limit() -> None:
    takes = [after("b", "a"), make_take("a"), after("c", "b")]
    assert narrow(IDS, Selection(limit=1, with_parents=True), takes, []) == frozenset("ab")


def test_the_parents_of_a_long_chain_and_of_a_circle_are_found() -> None:
    chain = [make_take("t0"), *(after(f"t{n}", f"t{n - 1}") for n in range(1, 3000))]
    assert len(with_ancestors({"t2999"}, chain)) == 3000
    assert with_ancestors({"x"}, [after("x", "y"), after("y", "x", "gone")]) == {"x", "y"}


def test_changed_are_all_whose_pictures_will_change() -> None:
    a, b, c = CHAIN
    rows = [done(a, 1, A), done(with_frames_of(b, a=A), 2, B), done(with_frames_of(c, b=B), 3, A)]
    assert narrow(IDS, Selection(changed=True), CHAIN, rows) == frozenset()
    edited = [make_take("a", duration=6), b, c]
    assert narrow(IDS, Selection(changed=True), edited, rows) == IDS


def test_a_follower_that_failed_is_selected_as_failed() -> None:
    a, b, _ = CHAIN
    rows = [done(a, 1, A), make_submission(with_frames_of(b, a=A), SubmissionState.FAILED, id=2)]
    assert narrow(IDS, Selection(failed=True), CHAIN, rows) == frozenset("b")


# What is remembered


def test_a_follower_that_was_renamed_is_not_gone() -> None:
    a, b, _ = CHAIN
    rows = [done(a, 1, A), done(with_frames_of(b, a=A), 2, B)]
    assert find_deleted([a, replace(b, id="other")], rows) == []
    assert find_deleted([a], rows) == ["b"]


def test_a_saved_plan_changes_with_an_approval_and_with_a_pause() -> None:
    a, b, _ = CHAIN
    paused = [replace(a, is_paused=True), b]
    rows = [done(a, 1, A)]
    held, free = plan(paused, rows), plan(paused, rows, passed={("a", A)})
    assert [one.actions[1].kind for one in (held, free)] == [ActionKind.HOLD, ActionKind.SUBMIT]
    assert digest_of_actions(held) != digest_of_actions(free)
    assert digest_of_takes(paused) != digest_of_takes([a, b])
