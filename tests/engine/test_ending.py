"""What ends a run early, and what it waits for: in simulated time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from storyboard.api.http.response import Answer
from storyboard.engine.events import Interrupted
from storyboard.engine.job import Progress
from storyboard.engine.loop import Engine
from storyboard.errors import ExitCode
from tests.engine.rig import make_takes
from tests.engine.simulation import (
    HOUR,
    Call,
    Simulation,
    cut_off,
    no_answer,
    no_connection,
    refused,
)

# Out of reach


def test_an_api_that_is_never_reached_ends_the_run_after_a_minute(sim: Simulation) -> None:
    cut_off(sim, 0, 24 * HOUR)
    result = sim.render()
    assert (
        str(result.stopped_by)
        == "the API at https://api.example cannot be reached: the connection was refused"
    )
    assert result.stopped_by is not None
    assert result.stopped_by.exit_code is ExitCode.ACCOUNT
    assert 60 <= sim.clock.time_s <= 61
    assert set(sim.states()) == {"unavailable"}


def test_an_api_that_answers_after_forty_seconds_gets_every_take(sim: Simulation) -> None:
    cut_off(sim, 0, 40)
    assert sim.render().stopped_by is None
    assert Counter(sim.states())["succeeded"] == 3


def test_half_an_hour_out_of_reach_with_nothing_in_flight_ends_the_run(sim: Simulation) -> None:
    sim.concurrency = 1
    accept = sim.on_post
    sim.on_post = lambda call: accept(call) if call.number == 1 else no_connection()
    result = sim.render()
    assert (
        str(result.stopped_by)
        == "the API at https://api.example cannot be reached: the connection was refused"
    )
    last_poll_s = sim.api.polls[-1].at_s
    assert sim.clock.time_s == pytest.approx(last_poll_s + HOUR / 2, abs=1)
    assert Counter(sim.states())["succeeded"] == 1


def test_an_outage_of_hours_with_tasks_in_flight_is_sat_out(sim: Simulation) -> None:
    sim.concurrency = 1
    cut_off(sim, 5, 3 * HOUR)
    assert sim.render().stopped_by is None
    assert Counter(sim.states()) == {"succeeded": 3}
    assert len(sim.api.polls) < 800


@pytest.mark.parametrize("latency_s", [0.2, 5.0, 60.0])
def test_an_outage_that_swallows_every_answer_makes_five_unknowns(
    sim: Simulation, latency_s: float
) -> None:
    sim.takes = make_takes(100)
    sim.concurrency = 50
    sim.latency_s = latency_s
    cut_off(sim, 5, 3 * HOUR, answer=no_answer)
    result = sim.render()
    assert "5 submissions in a row got no usable reply from https://api.example" in str(
        result.stopped_by
    )
    assert Counter(sim.states())["unknown"] == 5


# Time and signals


def test_the_time_given_ends_the_run_to_the_second_and_the_next_goes_on(sim: Simulation) -> None:
    sim.render_s, sim.timeout_s = 2 * HOUR, 90.0
    result = sim.render()
    assert str(result.stopped_by) == "the time of --timeout ran out; the tasks continue at the API"
    assert result.stopped_by is not None
    assert result.stopped_by.exit_code is ExitCode.TIMEOUT
    assert sim.clock.time_s == pytest.approx(90, abs=0.5)
    assert set(sim.states()) == {"accepted"}
    sim.timeout_s = None
    sim.render()
    assert Counter(sim.states()) == {"succeeded": 3}
    assert len(sim.api.posts) == 3


def test_ctrl_c_waits_for_an_open_post_and_keeps_its_task(sim: Simulation) -> None:
    sim.latency_s = 40.0
    result = sim.render(on_engine=interrupt_after(sim, 5.0))
    assert result.was_interrupted
    assert sim.clock.time_s == pytest.approx(40, abs=2)
    assert set(sim.states()) == {"accepted"}


def test_after_ctrl_c_nothing_is_submitted_any_more(sim: Simulation) -> None:
    sim.latency_s = 10.0
    sim.on_post = lambda call: refused(429, "Rate limit exceeded", retry_after="0")
    result = sim.render(on_engine=interrupt_after(sim, 5.0))
    assert result.was_interrupted
    assert sim.api.posts[-1].at_s < 5
    assert set(sim.states()) == {"unavailable"}


def test_ctrl_c_waits_no_longer_than_a_minute(sim: Simulation) -> None:
    sim.latency_s = 10 * 60.0
    result = sim.render(on_engine=interrupt_after(sim, 5.0))
    assert result.was_interrupted
    assert sim.clock.time_s == pytest.approx(65, abs=0.1)
    assert set(sim.states()) == {"sending"}


def interrupt_after(sim: Simulation, seconds: float) -> Callable[[Engine], None]:
    return lambda engine: sim.clock.schedule(seconds, Interrupted())


# Failures of our own


def test_a_closed_terminal_ends_the_run_but_not_before_open_posts_are_answered(
    sim: Simulation,
) -> None:
    sim.takes, sim.concurrency, sim.latency_s = make_takes(20), 20, 8.0

    def hang_up(progress: Progress) -> None:
        raise BrokenPipeError

    sim.listener = hang_up
    with pytest.raises(BrokenPipeError):
        sim.render()
    assert len(sim.states()) > 2
    assert set(sim.states()) == {"accepted"}


def test_a_bug_while_sending_ends_the_run_without_waiting_for_an_answer(sim: Simulation) -> None:
    def break_down(call: Call) -> Answer:
        raise ZeroDivisionError("a bug")

    sim.on_post = break_down
    with pytest.raises(ZeroDivisionError, match="a bug"):
        sim.render()
    assert sim.clock.time_s < 2
    assert set(sim.states()) == {"sending"}
