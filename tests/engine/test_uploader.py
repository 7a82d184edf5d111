"""The account's files: what the list of them shows, and what happens when uploads go wrong."""

from __future__ import annotations

from storyboard.engine.events import Interrupted
from storyboard.replies import Unreached, Uploaded, UploadReply
from tests.engine.simulation import HOUR, Simulation
from tests.engine.test_inputs import films, rows, showing


def test_a_first_upload_may_take_longer_than_an_api_may_be_out_of_reach(sim: Simulation) -> None:
    sim.takes = films(sim, 1)
    keep = sim.on_upload

    def slow(name: str, content: bytes) -> UploadReply:
        sim.clock.call_s = 200.0
        return keep(name, content)

    sim.on_upload = slow
    result = sim.render()
    assert result.stopped_by is None
    assert len(sim.api.posts) == 1


def test_a_file_that_arrives_while_the_list_is_asked_for_is_not_taken_for_deleted(
    sim: Simulation,
) -> None:
    sim.takes, sim.concurrency = films(sim, 2), 4
    keep, arrives_s = sim.on_upload, dict[str, float]()

    def first_is_slow_and_second_lost(name: str, content: bytes) -> UploadReply:
        kept, is_first = keep(name, content), len(sim.api.uploaded) == 1
        sim.clock.call_s = 1.0 if is_first else 0.3
        arrives_s[name] = sim.clock.time_s + sim.clock.call_s
        return kept if is_first else Unreached("no reply came")

    def slow_list() -> tuple[Uploaded, ...]:
        sim.clock.call_s, now = 2.0, sim.clock.time_s
        return tuple(one for one in sim.kept.values() if arrives_s[one.name] <= now)

    sim.on_upload, sim.on_list = first_is_slow_and_second_lost, slow_list
    sim.render()
    assert [row.is_deleted for row in rows(sim)] == [False, False]
    assert len(sim.api.uploaded) == len(sim.api.posts) == 2


def test_a_file_that_was_missing_from_a_list_stays_while_a_task_may_need_it(
    sim: Simulation,
) -> None:
    sim.takes, sim.render_s = films(sim, 1), 3 * HOUR
    sim.render(on_engine=lambda engine: sim.clock.schedule(30, Interrupted()))
    show, first = sim.on_list, sim.takes[0]
    sim.on_list = tuple
    sim.takes = [first, showing(sim, 2, "1.png", "1.png")]
    sim.render(on_engine=lambda engine: sim.clock.schedule(30, Interrupted()))
    assert len(sim.kept) == 2
    sim.on_list = show
    sim.takes = [*sim.takes, showing(sim, 3, "1.png", "1.png", "1.png")]
    sim.render(on_engine=lambda engine: sim.clock.schedule(30, Interrupted()))
    assert len(sim.kept) == 2
    sim.render()
    assert sim.states() == ["succeeded"] * 3
