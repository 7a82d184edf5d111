"""When tasks are polled, given the observed render times and the budget."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.engine.poll_schedule import PollSchedule


@dataclass
class Cost:
    """What a task cost: its polls, and the seconds from its end to the poll that found it."""

    polls: int
    wasted_s: float


def poll_until_done(
    schedule: PollSchedule, took_s: float, *, in_flight: int = 20, rate: float = 1e6
) -> Cost:
    """Polls one task until it has finished, and lets the schedule learn from it."""
    working_s = age_s = 0.0
    for polls in itertools.count(1):
        age_s += schedule.next_wait_s(age_s, in_flight=in_flight, rate=rate)
        if age_s >= took_s:
            schedule.on_finished(working_s, age_s)
            return Cost(polls, age_s - took_s)
        schedule.on_working(working_s, age_s)
        working_s = age_s
    raise AssertionError


def trained(*took_s: float) -> PollSchedule:
    schedule = PollSchedule()
    for each_s in took_s:
        poll_until_done(schedule, each_s)
    return schedule


def poll_ages(schedule: PollSchedule, *, in_flight: int = 20, rate: float = 1e6) -> Iterator[float]:
    """The ages at which a task that never ends would be polled."""
    age_s = 0.0
    while True:
        age_s += schedule.next_wait_s(age_s, in_flight=in_flight, rate=rate)
        yield age_s


def polls_before(schedule: PollSchedule, end_s: float, **options: float) -> list[float]:
    ages = poll_ages(schedule, **options)  # type: ignore[arg-type]
    return list(itertools.takewhile(lambda age_s: age_s < end_s, ages))


def some(draw: Callable[[random.Random], float], count: int = 64) -> list[float]:
    rng = random.Random(1)
    return [draw(rng) for _ in range(count)]


# Before anything has finished


def test_the_first_polls_come_at_once_and_grow_apart() -> None:
    ages_s = polls_before(PollSchedule(), 300.0)
    assert ages_s[0] <= 0.1
    waits = [after - before for before, after in pairwise([0.0, *ages_s])]
    assert all(after > before for before, after in zip(waits, waits[5:], strict=False))
    assert len(polls_before(PollSchedule(), 60.0)) < 30


def test_observing_the_first_task_spares_polls_of_the_second() -> None:
    schedule = PollSchedule()
    for from_s, to_s in pairwise([0.0, *polls_before(PollSchedule(), 30.0)]):
        schedule.on_working(from_s, to_s)
    assert len(polls_before(schedule, 30.0)) < len(polls_before(PollSchedule(), 30.0)) / 2


# Once it is known how long they take


def test_tasks_that_finish_at_once_are_polled_at_once() -> None:
    schedule = trained(*[0.0] * 20)
    assert schedule.next_wait_s(0.0, in_flight=2, rate=1e6) < 0.05


def test_a_slow_one_among_quick_ones_is_not_hammered() -> None:
    schedule = trained(*[0.0] * 60)
    assert poll_until_done(schedule, 600.0).polls < 500


def test_there_are_no_polls_where_no_task_has_ever_finished() -> None:
    schedule = trained(*some(lambda rng: rng.choice([30.0, 300.0]) * rng.uniform(0.9, 1.1)))
    ages_s = polls_before(schedule, 600.0)
    assert not [age_s for age_s in ages_s if age_s < 20]
    assert len([age_s for age_s in ages_s if 50 < age_s < 200]) <= 3
    assert len([age_s for age_s in ages_s if 260 < age_s < 340]) >= 4


@pytest.mark.parametrize("sigma", [0.25, 0.5, 1.0])
def test_little_more_is_wasted_than_the_best_schedule_would(sigma: float) -> None:
    rng, schedule = random.Random(2), PollSchedule()
    costs = [poll_until_done(schedule, 60.0 * rng.lognormvariate(0.0, sigma)) for _ in range(600)][
        100:
    ]
    polls = sum(each.polls for each in costs) / len(costs)
    wasted_s = sum(each.wasted_s for each in costs) / len(costs)
    assert polls <= 6
    # The least for whoever knows the distribution: half the square of the
    # integral of the root of density times survival, by the polls.
    least_s = {0.25: 13.8, 0.5: 25.0, 1.0: 47.1}[sigma] / polls
    assert wasted_s < 1.35 * least_s


def test_a_model_that_slows_down_costs_no_more_polls_for_long() -> None:
    schedule = trained(*some(lambda rng: 60 * rng.lognormvariate(0, 0.2)))
    for each_s in some(lambda rng: 180 * rng.lognormvariate(0, 0.2)):
        poll_until_done(schedule, each_s)
    assert min(polls_before(schedule, 300.0)) > 45
    assert poll_until_done(schedule, 180.0).polls <= 8


def test_a_task_that_finished_overnight_does_not_make_the_next_ones_wait() -> None:
    schedule = trained(*some(lambda rng: 60 * rng.lognormvariate(0, 0.2)))
    before = schedule.next_wait_s(0.0, in_flight=20, rate=1e6)
    schedule.on_finished(20.0, 30_000.0)
    assert schedule.next_wait_s(0.0, in_flight=20, rate=1e6) == pytest.approx(before, rel=0.2)


# The budget


def test_a_smaller_budget_makes_fewer_polls() -> None:
    schedule = trained(*some(lambda rng: 60 * rng.lognormvariate(0, 0.5)))
    polls = [
        len(polls_before(schedule, 120.0, in_flight=20, rate=rate)) for rate in (1000, 80, 50, 30)
    ]
    assert polls == sorted(polls, reverse=True)
    assert polls[0] > 2 * polls[-1]


def test_the_polls_of_many_tasks_leave_room_for_submissions() -> None:
    schedule = trained(*some(lambda rng: 60 * rng.lognormvariate(0, 0.5)))
    rng = random.Random(3)
    for rate in (40, 60, 80):
        requests, slot_s = 0, 0.0
        for _ in range(200):
            took_s = 60 * rng.lognormvariate(0, 0.5)
            costs = poll_until_done(schedule, took_s, in_flight=20, rate=rate)
            requests += costs.polls + 1
            slot_s += took_s + costs.wasted_s
        assert requests / (slot_s / 20 / 60) < rate


def test_the_last_tasks_of_a_run_are_polled_more_often() -> None:
    schedule = trained(*some(lambda rng: 60 * rng.lognormvariate(0, 0.5)))
    usual = len(polls_before(schedule, 120.0, in_flight=20))
    assert len(polls_before(schedule, 120.0, in_flight=1)) > 2 * usual


@pytest.mark.parametrize("rate", [0, 0.0, 1])
def test_the_least_rate_is_one_request_a_minute(rate: float) -> None:
    schedule = trained(*some(lambda rng: 60 * rng.lognormvariate(0, 0.5)))
    assert schedule.next_wait_s(600.0, in_flight=2, rate=rate) <= 180.0


@given(
    st.lists(st.tuples(st.booleans(), st.floats(0, 1e7), st.floats(0, 1e7)), max_size=30),
    st.floats(0, 1e7),
    st.integers(0, 10_000),
    st.floats(0, 1e6),
)
def test_no_poll_comes_too_soon_or_never(
    polls: list[tuple[bool, float, float]], age_s: float, in_flight: int, rate: float
) -> None:
    schedule = PollSchedule()
    for is_done, from_s, to_s in polls:
        note = schedule.on_finished if is_done else schedule.on_working
        note(from_s, to_s)
    wait_s = schedule.next_wait_s(age_s, in_flight=in_flight, rate=rate)
    longest_s = max(60.0, max(in_flight, 1) * 90.0 / max(rate, 1.0))
    assert min(max(0.01, 0.02 * age_s), 60.0) <= wait_s <= longest_s * 1.000001  # of rounding
    assert math.isfinite(wait_s)
