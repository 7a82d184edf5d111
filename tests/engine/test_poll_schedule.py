"""How long a task is expected to have idled, and so which one is polled next."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.engine.poll_schedule import MIN_WAIT_S, PollSchedule


def trained(*took_s: float) -> PollSchedule:
    """A schedule that has observed such tasks, each to within a tenth."""
    schedule = PollSchedule()
    for each_s in took_s:
        schedule.on_working(0.0, 0.95 * each_s)
        schedule.on_finished(0.95 * each_s, 1.05 * each_s)
    return schedule


def some(draw: Callable[[random.Random], float], count: int = 64) -> list[float]:
    rng = random.Random(1)
    return [draw(rng) for _ in range(count)]


def lognormal(median_s: float, sigma: float) -> list[float]:
    return some(lambda rng: median_s * rng.lognormvariate(0, sigma))


def test_a_task_that_was_polled_just_now_does_not_idle() -> None:
    assert trained(*lognormal(60, 0.5)).idle_s(60.0, 60.0) == 0.0


def test_a_task_that_waits_longer_for_its_poll_idles_longer() -> None:
    schedule = trained(*lognormal(60, 0.5))
    idle_s = [schedule.idle_s(60.0, 60.0 + passed_s) for passed_s in (1, 2, 4, 8)]
    assert idle_s == sorted(idle_s)
    # At a hazard rate that hardly changes, by the square of the time.
    assert idle_s[1] == pytest.approx(4 * idle_s[0], rel=0.1)


def test_a_task_of_an_age_where_tasks_finish_goes_before_a_young_one() -> None:
    schedule = trained(*lognormal(60, 0.5))
    assert schedule.idle_s(60.0, 65.0) > 10 * schedule.idle_s(5.0, 10.0)


def test_between_two_kinds_of_takes_there_is_a_gap_in_which_none_finishes() -> None:
    schedule = trained(*some(lambda rng: rng.choice([30.0, 300.0]) * rng.uniform(0.9, 1.1)))
    assert schedule.idle_s(100.0, 110.0) < 0.1 * schedule.idle_s(28.0, 32.0)
    assert schedule.idle_s(290.0, 300.0) > 10 * schedule.idle_s(100.0, 110.0)


def test_a_task_that_has_certainly_finished_idles_since_shortly_after_its_last_poll() -> None:
    schedule = trained(*[60.0] * 40)
    assert schedule.idle_s(55.0, 300.0) > 200


def test_before_anything_has_finished_the_oldest_poll_comes_first() -> None:
    schedule = PollSchedule()
    assert schedule.idle_s(10.0, 20.0) > schedule.idle_s(15.0, 20.0) > 0.0


def test_a_model_that_slows_down_is_followed() -> None:
    schedule = trained(*lognormal(60, 0.2))
    before = schedule.idle_s(55.0, 65.0)
    for each_s in lognormal(180, 0.2):
        schedule.on_working(0.0, 0.95 * each_s)
        schedule.on_finished(0.95 * each_s, 1.05 * each_s)
    assert schedule.idle_s(55.0, 65.0) < before / 4


def test_a_task_that_finished_overnight_does_not_change_the_estimate() -> None:
    schedule = trained(*lognormal(60, 0.2))
    before = schedule.idle_s(55.0, 65.0)
    schedule.on_finished(20.0, 30_000.0)
    assert schedule.idle_s(55.0, 65.0) == pytest.approx(before, rel=0.25)


def test_no_task_is_polled_more_than_once_a_second_nor_less_than_once_a_minute() -> None:
    waits_s = [PollSchedule().min_wait_s(age_s) for age_s in (0, 10, 100, 1000, 1e6)]
    assert waits_s == [1.0, 1.0, 1.0, 10.0, 60.0]
    assert MIN_WAIT_S == 1.0


def test_a_usual_age_is_known_once_a_task_has_finished() -> None:
    assert PollSchedule().max_usual_age_s == math.inf
    assert 100 < trained(*lognormal(60, 0.5)).max_usual_age_s < 600


@given(
    st.lists(st.tuples(st.booleans(), st.floats(0, 1e7), st.floats(0, 1e7)), max_size=30),
    st.floats(0, 1e7),
    st.floats(0, 1e7),
)
def test_a_task_idles_for_some_part_of_the_time_since_its_last_poll(
    polls: list[tuple[bool, float, float]], from_s: float, passed_s: float
) -> None:
    schedule = PollSchedule()
    for is_done, start_s, end_s in polls:
        note = schedule.on_finished if is_done else schedule.on_working
        note(start_s, end_s)
    idle_s = schedule.idle_s(from_s, from_s + passed_s)
    assert 0.0 <= idle_s <= (from_s + passed_s) - from_s
