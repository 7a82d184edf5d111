"""Takes that wait while older results of their parents arrive, or results of other models."""

from __future__ import annotations

from storyboard.planning.plan import PlanOptions
from tests.engine.rig import make_follower, make_take
from tests.engine.simulation import Simulation
from tests.engine.test_followers import copy_of, frames, last_of, posts


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
