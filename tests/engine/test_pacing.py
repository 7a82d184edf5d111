"""The window and the budget, at times that the tests pass in."""

from __future__ import annotations

import random
from bisect import bisect_left

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.engine.pacing import Budget, Window, back_off_s
from storyboard.replies import RateHint


class Highest(random.Random):
    """Jitter that is always at its most."""

    def random(self) -> float:
        return 1.0


# The window


def grown_to(size: int) -> Window:
    """A window that so many accepted tasks have filled."""
    window = Window()
    for in_flight in range(1, size):
        window.on_accepted(in_flight)
    return window


def test_the_window_starts_at_two_and_grows_by_one_with_each_task_that_filled_it() -> None:
    window = Window()
    assert window.has_room(1, now=0.0)
    assert not window.has_room(2, now=0.0)
    for in_flight in range(2, 8):
        window.on_accepted(in_flight)
        assert window.size == in_flight + 1


def test_tasks_that_leave_the_window_room_prove_nothing() -> None:
    window = Window()
    for _ in range(10):
        window.on_accepted(1)
        window.on_finished()
    assert window.size == 2


def test_tasks_of_an_earlier_run_prove_that_the_account_allows_as_many() -> None:
    free, given = Window(), Window(3)
    for window in (free, given):
        window.on_resumed(15)
    assert (free.size, given.size) == (16, 3)
    free.on_resumed(0)
    assert free.size == 16


def test_the_window_never_grows_past_the_largest_account() -> None:
    assert grown_to(500).size == 100


@pytest.mark.parametrize("ceiling", [1, 2, 7])
def test_a_concurrency_from_the_user_is_start_and_ceiling(ceiling: int) -> None:
    window = Window(ceiling)
    assert window.size == ceiling
    for in_flight in range(10):
        window.on_accepted(in_flight)
    assert window.size == ceiling


def test_a_limit_holds_the_window_at_what_ran() -> None:
    window = grown_to(6)
    window.on_limit(5, now=100.0)
    assert window.size == 5
    window.on_accepted(5)
    assert window.size == 5
    assert window.has_room(4, now=101.0)
    assert not window.has_room(5, now=159.9)


def test_after_a_limit_one_more_is_tried_a_minute() -> None:
    window = grown_to(6)
    window.on_limit(5, now=100.0)
    assert window.next_change_at() == 160.0
    assert window.has_room(5, now=160.0)
    assert not window.has_room(6, now=160.0)
    assert not window.has_room(6, now=219.9)
    assert window.has_room(6, now=220.0)


def test_a_probe_that_is_refused_leaves_the_window_where_it_was() -> None:
    window = grown_to(6)
    window.on_limit(5, now=100.0)
    assert window.has_room(5, now=160.0)
    window.on_limit(5, now=161.0)
    assert not window.has_room(5, now=220.9)
    assert window.next_change_at() == 221.0


def test_the_window_does_not_grow_while_it_is_not_full() -> None:
    window = grown_to(6)
    window.on_limit(5, now=0.0)
    for minute in range(10):
        assert window.has_room(3, now=60.0 * minute)
    assert window.size == 5


def test_a_limit_never_makes_the_window_larger() -> None:
    window = Window(10)
    for in_flight in (5, 8, 7):  # open submissions, to be refused in their turn
        window.on_limit(in_flight, now=0.0)
    assert window.size == 5


def test_a_window_at_its_ceiling_has_nothing_to_try() -> None:
    window = Window(3)
    window.on_limit(3, now=0.0)
    assert window.next_change_at() is None
    assert not window.has_room(3, now=1000.0)
    assert window.size == 3


@pytest.mark.parametrize("ceiling", [None, 1])
def test_where_others_hold_every_slot_the_window_closes_for_longer_and_longer(
    ceiling: int | None,
) -> None:
    window, now = Window(ceiling), 0.0
    pauses = []
    for _ in range(8):
        window.on_limit(0, now=now)
        assert not window.has_room(0, now=now)
        opens_at = window.next_change_at()
        assert opens_at is not None
        assert window.has_room(0, now=opens_at)
        pauses.append(opens_at - now)
        now = opens_at
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]


def test_refusals_of_tasks_that_were_sent_at_once_make_one_pause() -> None:
    window = Window()
    window.on_limit(0, 1, now=0.0)
    window.on_limit(0, 0, now=0.1)
    assert window.next_change_at() == 1.0
    window.on_limit(0, 0, now=1.5)
    assert window.next_change_at() == 3.5


def test_a_pause_that_is_over_wakes_nobody_again() -> None:
    window = Window()
    window.on_limit(0, now=0.0)
    assert window.has_room(0, now=1.0)
    assert not window.has_room(1, now=1.0)
    assert window.next_change_at() == 60.0


def test_a_task_of_ours_that_finishes_ends_the_long_pauses() -> None:
    window = Window()
    for _ in range(5):
        window.on_limit(0, now=0.0)
    window.on_finished()
    window.on_limit(0, now=100.0)
    assert window.next_change_at() == 101.0


@given(st.lists(st.tuples(st.sampled_from("aflr"), st.integers(0, 200), st.floats(0, 1e6))))
def test_whatever_happens_the_window_can_open_again(events: list[tuple[str, int, float]]) -> None:
    window, now = Window(), 0.0
    for kind, in_flight, later_s in events:
        now += later_s
        if kind == "f":
            window.on_finished()
        elif kind == "a":
            window.on_accepted(in_flight)
        elif kind == "l":
            window.on_limit(in_flight, now=now)
        else:
            window.has_room(in_flight, now=now)
        assert 1 <= window.size <= 100
    if not window.has_room(0, now=now):
        opens_at = window.next_change_at()
        assert opens_at is not None
        assert now < opens_at <= now + 60
        assert window.has_room(0, now=opens_at)


# The budget


def sent_by(budget: Budget, end_s: float, *, is_spare: bool) -> list[float]:
    """When requests go out from 1000 s on, if there is always one that waits."""
    sent, now = [], 1000.0
    while now <= end_s:
        sent.append(now)
        budget.spend(now=now)
        now = max(now, budget.next_spare_at() if is_spare else budget.next_at())
    return sent


def test_polls_go_out_evenly_spaced_at_four_fifths_of_the_rate() -> None:
    assert sent_by(Budget(60), 1005.0, is_spare=True) == [1000.0, 1001.25, 1002.5, 1003.75, 1005.0]


def test_what_fills_or_frees_a_slot_may_run_ahead_by_a_few_requests() -> None:
    sent = sent_by(Budget(60), 1003.0, is_spare=False)
    assert sent == [1000.0, 1000.0, 1000.0, 1000.0, 1001.0, 1002.25]
    sent = sent_by(Budget(60), 1010.0, is_spare=False)
    assert sent == [1000.0] * 4 + [1001.0 + 1.25 * number for number in range(8)]


@pytest.mark.parametrize("rate", [1, 60, 100, 1000])
def test_no_minute_has_more_requests_than_the_rate(rate: int) -> None:
    sent = sent_by(Budget(rate), 1180.0, is_spare=False)
    most = max(bisect_left(sent, at + 60) - number for number, at in enumerate(sent))
    assert most <= max(0.9 * rate, 1)


def test_polls_wait_for_what_ran_ahead() -> None:
    budget = Budget(60)
    for _ in range(4):
        budget.spend(now=1000.0)
    assert budget.next_spare_at() == 1005.0


def test_time_that_was_not_used_is_not_saved_up() -> None:
    budget = Budget(60)
    budget.spend(now=0.0)
    budget.spend(now=500.0)
    assert budget.next_spare_at() == 501.25


def test_without_headers_the_smallest_account_s_rate_holds() -> None:
    budget = Budget()
    budget.spend(now=0.0)
    assert budget.next_spare_at() == pytest.approx(0.75)


def test_the_headers_set_the_rate_and_the_user_s_own_rate_stays() -> None:
    hint = RateHint(limit=500, remaining=499)
    free, fixed = Budget(), Budget(30)
    for budget in (free, fixed):
        budget.on_reply(hint, now=0.0)
        budget.on_rate_limit(hint, now=0.0)
    assert (free.rate, fixed.rate) == (500, 30)


def test_what_ran_ahead_before_the_rate_was_known_waits_no_longer_than_at_that_rate() -> None:
    budget = Budget()
    for _ in range(4):
        budget.spend(now=1000.0)
    budget.on_reply(RateHint(limit=1000), now=1000.0)
    budget.on_reply(RateHint(limit=1000), now=1000.0)
    assert budget.next_spare_at() == pytest.approx(1000.3)
    budget.on_rate_limit(RateHint(limit=50, retry_after_s=0.0), now=1000.0)
    assert budget.next_spare_at() == pytest.approx(1006.0)


def test_a_rate_that_comes_late_changes_nothing_of_the_past() -> None:
    budget = Budget()
    budget.spend(now=0.0)
    budget.on_reply(RateHint(limit=10), now=500.0)
    assert budget.next_spare_at() == pytest.approx(0.75)


def test_a_minute_that_is_used_up_is_waited_out() -> None:
    budget = Budget()
    budget.on_reply(RateHint(limit=100, remaining=0, reset_in_s=42.0), now=1000.0)
    assert budget.next_at() == 1042.0


@pytest.mark.parametrize(
    "hint", [RateHint(), RateHint(remaining=0), RateHint(remaining=1, reset_in_s=42.0)]
)
def test_a_reply_that_asks_for_nothing_holds_up_nothing(hint: RateHint) -> None:
    budget = Budget()
    budget.on_reply(hint, now=1000.0)
    assert budget.next_at() <= 1000.0


@pytest.mark.parametrize(
    ("hint", "wait_s"),
    [
        (RateHint(retry_after_s=7.0, reset_in_s=42.0), 7.0),
        (RateHint(reset_in_s=42.0), 42.0),
        (RateHint(retry_after_s=0.0), 0.0),
        (RateHint(retry_after_s=1e9), 900.0),
        (RateHint(retry_after_s=-5.0), 0.0),
        (RateHint(), 1.0),
    ],
)
def test_a_refused_request_waits_as_the_api_asks_within_bounds(
    hint: RateHint, wait_s: float
) -> None:
    budget = Budget(jitter=Highest())
    budget.on_rate_limit(hint, now=1000.0)
    assert budget.next_at() == 1000.0 + wait_s


def test_without_a_word_the_waits_double_up_to_a_minute() -> None:
    budget, now, waits = Budget(jitter=Highest()), 0.0, []
    for _ in range(8):
        budget.on_rate_limit(RateHint(), now=now)
        waits.append(budget.next_at() - now)
        now = budget.next_at()
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_server_that_says_at_once_and_refuses_again_is_given_time() -> None:
    budget, now, waits = Budget(jitter=Highest()), 0.0, []
    for _ in range(4):
        budget.on_rate_limit(RateHint(retry_after_s=0.0), now=now)
        waits.append(budget.next_at() - now)
        now = budget.next_at()
    assert waits == [0, 2, 4, 8]


def test_refusals_of_requests_that_were_already_out_count_as_one() -> None:
    budget = Budget(jitter=Highest())
    for _ in range(10):
        budget.on_rate_limit(RateHint(), now=1000.0)
    assert budget.next_at() == 1001.0


def test_an_answer_ends_the_long_waits() -> None:
    budget, now = Budget(jitter=Highest()), 0.0
    for _ in range(5):
        budget.on_rate_limit(RateHint(), now=now)
        now = budget.next_at()
    budget.on_reply(RateHint(), now=now)
    budget.on_rate_limit(RateHint(), now=now)
    assert budget.next_at() == now + 1.0


def test_a_shorter_word_does_not_cut_a_longer_wait() -> None:
    budget = Budget()
    budget.on_rate_limit(RateHint(retry_after_s=60.0), now=0.0)
    budget.on_rate_limit(RateHint(retry_after_s=1.0), now=1.0)
    assert budget.next_at() == 60.0


@given(st.integers(0, 2000), st.floats(0.5, 900), st.randoms(use_true_random=False))
def test_a_back_off_lies_between_half_and_whole(
    attempt: int, longest_s: float, jitter: random.Random
) -> None:
    full_s = min(longest_s, 2.0 ** min(max(attempt - 1, -1), 30))
    assert full_s / 2 <= back_off_s(attempt, max_wait_s=longest_s, jitter=jitter) <= full_s


def test_the_waits_of_several_clients_differ() -> None:
    waits = {back_off_s(3, max_wait_s=60.0, jitter=random.Random(seed)) for seed in range(10)}
    assert len(waits) == 10
