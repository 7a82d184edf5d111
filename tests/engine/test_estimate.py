"""How long a run still takes: by hand, and against runs that are drawn at random."""

from __future__ import annotations

import heapq
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.engine.estimate import mean_left_s, time_left_s
from storyboard.engine.job import RunStatus
from storyboard.engine.life_table import EDGES, LifeTable, row_of
from storyboard.engine.poll_schedule import PollSchedule
from tests.engine.rig import make_follower, make_take, make_takes
from tests.engine.simulation import Simulation


def left_after(*took_s: float) -> list[float]:
    """What tasks have left by age, after such tasks have ended."""
    table = LifeTable()
    for each_s in took_s:
        table.note_working(0.0, 0.98 * each_s)
        table.note_finished(0.98 * each_s, 1.02 * each_s)
    return mean_left_s(table.observed_hazards())


MINUTE = left_after(*[60.0] * 40)


def test_a_task_takes_as_long_as_tasks_took() -> None:
    assert time_left_s(MINUTE, (), waiting=1, slots=1) == pytest.approx(60.0, rel=0.05)


def test_of_a_task_in_flight_the_rest_is_left() -> None:
    assert time_left_s(MINUTE, (40.0,), waiting=0, slots=1) == pytest.approx(20.0, rel=0.2)


def test_a_task_that_should_have_ended_may_take_some_time_yet() -> None:
    assert time_left_s(MINUTE, (90.0,), waiting=0, slots=1) > 1.0


@pytest.mark.parametrize(("slots", "rounds"), [(1, 10), (3, 4), (5, 2), (10, 1), (50, 1)])
def test_takes_that_wait_go_through_the_window_in_rounds(slots: int, rounds: int) -> None:
    left_s = time_left_s(MINUTE, (), waiting=10, slots=slots)
    assert left_s == pytest.approx(60.0 * rounds, rel=0.05)


def test_slots_that_are_taken_are_counted_from_when_they_are_free() -> None:
    left_s = time_left_s(MINUTE, (50.0, 0.0), waiting=1, slots=2)
    assert left_s == pytest.approx(10.0 + 60.0, rel=0.1)


def test_takes_that_follow_one_another_take_their_time_however_many_slots_there_are() -> None:
    left_s = time_left_s(MINUTE, (), waiting=3, slots=50, longest_chain=3)
    assert left_s == pytest.approx(3 * 60.0, rel=0.05)
    left_s = time_left_s(MINUTE, (50.0, 0.0), waiting=2, slots=50, followed_by=(2, 0))
    assert left_s == pytest.approx(10.0 + 2 * 60.0, rel=0.1)


def test_a_window_that_shrank_below_what_is_in_flight_counts_what_is() -> None:
    assert time_left_s(MINUTE, (0.0,) * 4, waiting=0, slots=1) == pytest.approx(60.0, rel=0.05)


def test_the_rate_of_requests_may_be_what_is_waited_for() -> None:
    left_s = time_left_s(MINUTE, (), waiting=600, slots=1000, request_s=0.75)
    assert left_s == pytest.approx(2 * 600 * 0.75 + 60.0, rel=0.05)


def test_nothing_left_takes_no_time() -> None:
    assert time_left_s(MINUTE, (), waiting=0, slots=5) == 0.0


def test_before_a_task_has_ended_nothing_is_known() -> None:
    schedule = PollSchedule()
    assert schedule.left_s_by_age() is None
    schedule.on_working(0.0, 58.0)
    schedule.on_finished(58.0, 62.0)
    left_s = schedule.left_s_by_age()
    assert left_s is not None
    assert left_s[0] == pytest.approx(60.0, rel=0.1)  # one task is enough


def test_the_estimate_is_near_what_such_runs_take() -> None:
    rng = random.Random(3)
    draw = [60.0 * rng.lognormvariate(0, 0.4) for _ in range(200)]
    left = left_after(*draw)
    runs = []
    for _ in range(50):
        slots = [0.0] * 8
        for _ in range(100):
            heapq.heapreplace(slots, slots[0] + 60.0 * rng.lognormvariate(0, 0.4))
        runs.append(max(slots))
    mean_s = sum(runs) / len(runs)
    assert time_left_s(left, (), waiting=100, slots=8) == pytest.approx(mean_s, rel=0.15)


def test_the_mean_of_each_age_is_that_of_the_tasks_which_reached_it() -> None:
    means_s = left_after(*[30.0] * 60, *[300.0] * 60)
    assert means_s[row_of(100.0)] == pytest.approx(200.0, rel=0.15)


@given(
    st.lists(st.floats(0, 1e6), max_size=20),
    st.integers(0, 100_000),
    st.integers(1, 100),
    st.floats(0, 10),
)
def test_whatever_is_asked_the_answer_is_a_time(
    ages_s: list[float], waiting: int, slots: int, request_s: float
) -> None:
    left_s = time_left_s(MINUTE, ages_s, waiting=waiting, slots=slots, request_s=request_s)
    assert 0.0 <= left_s < 1e12
    assert len(MINUTE) == len(EDGES)


def test_a_run_tells_where_it_stands_and_how_long_it_will_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(5)
    sim = Simulation(tmp_path / "out", make_takes(24), monkeypatch, concurrency=4)
    sim.render_times_s = [60.0 * rng.uniform(0.8, 1.2) for _ in range(24)]
    stood: list[tuple[float, RunStatus]] = []
    sim.on_turn = lambda standing: stood.append((sim.clock.time_s, standing))
    sim.render()
    end_s = sim.clock.time_s
    assert all(len(standing.tasks) <= 4 for _, standing in stood)
    assert all(standing.waiting + len(standing.tasks) <= 24 for _, standing in stood)
    assert stood[0][1].left_s is None
    told = [(at_s, one.left_s or 0.0) for at_s, one in stood if 4 < one.waiting <= 16]
    errors = sorted(abs(left_s / (end_s - at_s) - 1) for at_s, left_s in told)
    assert errors[len(errors) // 2] < 0.15
    assert errors[-1] < 0.5  # while some of the window have ended, and the others are overdue


def test_a_run_of_a_chain_tells_that_its_links_follow_one_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    takes = [make_take(1), make_follower(2, 1), make_follower(3, 2), make_take(4)]
    sim = Simulation(tmp_path / "out", takes, monkeypatch, concurrency=4)
    sim.render_times_s = [60.0] * 4
    told: list[tuple[int, float | None]] = []
    sim.on_turn = lambda standing: told.append((standing.waiting, standing.left_s))
    sim.render()
    after_first = next(left_s for waiting, left_s in told if waiting == 1 and left_s)
    assert after_first == pytest.approx(2 * 60.0, rel=0.2)  # the second, and then the third
