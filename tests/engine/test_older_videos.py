"""Takes that wait while older results of their parents arrive, or results of other models."""

from __future__ import annotations

from dataclasses import replace

import pytest

from storyboard.api.http.response import Answer
from storyboard.engine.job import Step
from storyboard.planning.plan import PlanOptions
from tests.engine.rig import make_candidates, make_follower, make_take
from tests.engine.simulation import Simulation, no_answer, refused
from tests.engine.test_followers import copy_of, fail, frames, last_of, posts, said, same_videos


def test_an_older_result_is_not_followed_while_a_new_version_is_queued(sim: Simulation) -> None:
    sim.takes = [make_take(1)]
    sim.plan_options = PlanOptions(download=False)
    sim.render()
    longer = [make_take(5), make_follower(6, 5), make_follower(7, 6)]
    sim.takes = [*longer, make_take(1), make_follower(2, 1)]
    sim.plan_options, sim.concurrency = PlanOptions(force=True), 1
    sim.render()
    assert posts(sim) == ["shot 1", "shot 5", "shot 1", "shot 6", "shot 2", "shot 7"]
    assert frames(sim)[4] == last_of("task-3")


def test_a_take_with_frames_of_two_equal_takes_is_counted_once(sim: Simulation) -> None:
    first = make_take(1)
    sim.takes = [first, copy_of(first, 4), make_follower(2, 1, 4)]
    stood: list[int] = []
    sim.on_turn = lambda standing: stood.append(standing.waiting)
    sim.render()
    assert posts(sim) == ["shot 1", "shot 2"]
    assert (stood[0], stood[-1], min(stood)) == (2, 0, 0)


def test_a_take_whose_model_fails_is_followed_by_a_video_that_came_before(sim: Simulation) -> None:
    several = make_candidates(1, "1a", "xb")
    alone = replace(several.fallbacks[0], id="shot-9", shot="shot-9")
    sim.takes = [several, alone, make_follower(2, 1)]
    sim.render_times_s = [300, 60, 60]
    fail(sim, "1a")
    sim.render()
    assert posts(sim) == ["1a", "xb", "shot 2"]
    assert frames(sim)[2] == last_of("task-2")


@pytest.mark.parametrize("answer", [refused(400), no_answer()], ids=["rejected", "unknown"])
def test_a_take_whose_equal_request_came_to_nothing_in_this_run_is_told(
    sim: Simulation, answer: Answer
) -> None:
    same_videos(sim)
    fourth = make_follower(4, 2, prompt="shot 3")
    sim.takes = [make_take(1), make_take(2), make_follower(3, 1), fourth]
    sim.render_times_s = [60, 200, 60]
    accept = sim.on_post
    sim.on_post = lambda call: answer if call.payload["prompt"] == "shot 3" else accept(call)
    sim.render()
    assert posts(sim) == ["shot 1", "shot 2", "shot 3"]
    assert [take for take, _ in said(sim, Step.HELD)] == ["shot-4"]
