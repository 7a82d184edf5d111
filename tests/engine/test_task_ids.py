"""The API gives two requests the same task: in simulated time."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from storyboard.engine.job import Step
from storyboard.planning.plan import PlanOptions
from storyboard.recovery.decisions import adopted
from storyboard.state.store import Store
from tests.engine.rig import make_take, make_takes
from tests.engine.simulation import ORIGIN, Call, Simulation, accepted, json_answer, task


def same_task_for(sim: Simulation, *numbers: int) -> None:
    """These POSTs get the task of the first of them."""
    accept = sim.on_post
    given: list[str] = []

    def on_post(call: Call) -> object:
        if call.number not in numbers:
            return accept(call)
        if not given:
            answer = accept(call)
            given.append(answer.document["data"]["task_id"])
        return accepted(given[0])

    sim.on_post = on_post  # type: ignore[assignment]


def said(sim: Simulation, step: Step) -> list[str]:
    return [progress.take for _, progress in sim.progress if progress.step is step]


def test_two_unfinished_submissions_with_one_task_are_unknown_and_never_sent_again(
    sim: Simulation,
) -> None:
    same_task_for(sim, 1, 2)
    sim.render()
    sim.render()

    assert sim.states() == ["unknown", "unknown", "succeeded"]
    assert len(sim.api.posts) == 3
    assert said(sim, Step.UNKNOWN) == ["shot-1", "shot-2"]
    first, second, _ = sim.submissions()
    assert first.reason == (
        "the API gave its task, task-1, to take shot-2 too, but it can belong to only one"
    )
    assert second.reason == (
        "the API gave its task, task-1, to take shot-1 too, but it can belong to only one"
    )


def test_a_task_in_doubt_is_polled_no_more_not_even_by_a_poll_on_its_way(sim: Simulation) -> None:
    sim.concurrency, sim.latency_s = 10, 5.0
    same_task_for(sim, 1, 3)
    sim.render()

    assert sim.states() == ["unknown", "succeeded", "unknown"]
    in_doubt_at = next(at for at, progress in sim.progress if progress.step is Step.UNKNOWN)
    assert not [
        call for call in sim.api.polls if call.task_id == "task-1" and call.at_s > in_doubt_at
    ]


def test_a_finished_submission_whose_task_is_given_away_is_doubtful_and_keeps_its_video(
    sim: Simulation,
) -> None:
    sim.concurrency = 1
    same_task_for(sim, 1, 2)
    sim.render()

    assert sim.states() == ["succeeded", "unknown", "succeeded"]
    first, second, _ = sim.submissions()
    assert first.video is not None
    assert (first.reason or "").startswith(
        "doubtful: the API gave its task, task-1, to take shot-2"
    )
    assert second.video is None
    assert said(sim, Step.DOUBTFUL) == ["shot-1"]
    assert said(sim, Step.UNKNOWN) == ["shot-2"]


def test_a_task_of_an_earlier_run_that_is_given_away_is_doubtful(sim: Simulation) -> None:
    takes, sim.takes = sim.takes, sim.takes[:1]
    same_task_for(sim, 1, 2)
    sim.render()
    sim.takes = takes
    sim.render()

    assert sim.states() == ["succeeded", "unknown", "succeeded"]
    assert said(sim, Step.DOUBTFUL) == ["shot-1"]


def test_a_task_that_is_in_doubt_since_an_earlier_run_is_believed_of_no_third_take(
    sim: Simulation,
) -> None:
    takes, sim.takes = sim.takes, sim.takes[:2]
    same_task_for(sim, 1, 2, 3)
    sim.render()
    sim.takes = takes
    sim.render()

    assert sim.states() == ["unknown"] * 3
    assert "to take shot-1 and take shot-2 too" in (sim.submissions()[2].reason or "")


def test_a_doubt_outlives_a_link_that_is_renewed(sim: Simulation) -> None:
    sim.concurrency, sim.plan_options = 1, PlanOptions(download=False)
    same_task_for(sim, 1, 2)
    sim.render()
    sim.plan_options = PlanOptions()
    sim.render()

    first = sim.submissions()[0]
    assert first.video is not None
    assert (first.reason or "").startswith("doubtful: ")


def test_a_server_that_gives_every_request_the_same_task_is_sent_five(sim: Simulation) -> None:
    sim.takes = make_takes(40)
    same_task_for(sim, *range(1, 41))
    result = sim.render()

    assert len(sim.api.posts) <= 6  # the first is believed until the second comes
    assert set(sim.states()) == {"unknown"}
    assert result.stopped_by is not None


def test_the_same_request_may_get_the_same_task(sim: Simulation) -> None:
    """As from a server that knows it by its payload: sent again after a failure, by hand."""
    sim.takes = [make_take(1)]
    sim.on_poll = lambda call: task(call.task_id, "failed")
    same_task_for(sim, 1, 2)
    sim.render()
    sim.plan_options = PlanOptions(retry_failed=True)
    sim.render()

    assert len(sim.api.posts) == 2
    assert sim.states() == ["failed", "failed"]
    assert said(sim, Step.DOUBTFUL) == []


@pytest.mark.parametrize("status", [200, 429, 500])
@pytest.mark.parametrize("named", ["task-1", "task-2"])  # given before the error, and after it
def test_an_error_that_names_the_task_of_another_take_puts_only_itself_in_doubt(
    sim: Simulation, status: int, named: str
) -> None:
    accept, sim.concurrency = sim.on_post, 1
    body = {"code": 500, "message": "Odd", "data": {"task_id": named}}
    error = json_answer(body, status=status)
    sim.on_post = lambda call: error if call.number == 2 else accept(call)
    sim.render()

    assert sim.states() == ["succeeded", "unknown", "succeeded"]
    first, second, third = sim.submissions()
    assert (first.task_id, third.task_id) == ("task-1", "task-2")
    assert (first.reason, second.task_id, third.reason) == (None, None, None)
    assert f"names task {named}, which may belong to another request" in (second.reason or "")
    assert said(sim, Step.DOUBTFUL) == []


def test_the_first_reason_stays_however_often_the_task_is_given_away(sim: Simulation) -> None:
    sim.takes = make_takes(4)
    same_task_for(sim, 1, *range(3, 60))
    for number in range(20):  # the fourth take is sent again and again, by hand
        sim.takes = [*make_takes(3), make_take(4, f"attempt {number}")]
        sim.render()

    first, _, third, fourth, *_, last = sim.submissions()
    why = "the API gave its task, task-1, to take {} too, but it can belong to only one"
    assert first.reason == why.format("shot-3")
    assert third.reason == why.format("shot-1")
    assert fourth.reason == why.format("shot-1 and take shot-3")
    assert last.reason == why.format("shot-1 and take shot-3 and take shot-4 and 18 more")


def test_a_doubt_about_a_finished_take_is_written_once(sim: Simulation) -> None:
    sim.concurrency = 1
    same_task_for(sim, *range(1, 60))
    sim.takes = make_takes(1)
    sim.render()
    for number in range(2, 20):
        sim.takes = [*make_takes(1), make_take(number)]
        sim.render()

    assert sim.submissions()[0].reason == (
        "doubtful: the API gave its task, task-1, to take shot-2 too, but it can belong to only one"
    )
    assert said(sim, Step.DOUBTFUL) == ["shot-1"]


def rewrite_rows(sim: Simulation, **facts: Any) -> None:
    """The rows as a version wrote them that compared no tasks."""
    with closing(Store(sim.folder, origin=ORIGIN, storyboard="film")) as store:
        for row in store.submissions():
            store.update(replace(row, reason=None, **facts))


def test_two_open_rows_of_an_earlier_version_with_one_task_are_not_resumed(sim: Simulation) -> None:
    sim.on_poll = lambda call: task(call.task_id)
    sim.timeout_s = 10
    sim.render()
    rewrite_rows(sim, task_id="task-1")
    polls = len(sim.api.polls)
    sim.render()
    sim.render()

    assert sim.states() == ["unknown"] * 3
    assert len(sim.api.polls) == polls
    assert said(sim, Step.UNKNOWN) == ["shot-1", "shot-2", "shot-3"]
    assert sim.submissions()[0].reason == (
        "the API gave its task, task-1, to take shot-2 and take shot-3 too, "
        "but it can belong to only one"
    )


def test_a_finished_row_with_the_task_of_an_open_one_is_doubtful_when_it_is_loaded(
    sim: Simulation,
) -> None:
    takes, sim.takes = sim.takes, sim.takes[:1]
    sim.render()
    sim.takes, sim.timeout_s, sim.concurrency = takes[:2], 10, 1
    sim.on_poll = lambda call: task(call.task_id)
    sim.render()
    rewrite_rows(sim, task_id="task-1")
    sim.render()

    assert sim.states() == ["succeeded", "unknown"]
    assert said(sim, Step.DOUBTFUL) == ["shot-1"]


def test_a_task_that_was_given_to_one_take_by_hand_is_finished_for_it(sim: Simulation) -> None:
    same_task_for(sim, 1, 2)
    sim.render()
    with closing(Store(sim.folder, origin=ORIGIN, storyboard="film")) as store:
        store.update(adopted(store.submissions()[0], "task-1"))
    sim.render()

    assert sim.states() == ["succeeded", "unknown", "succeeded"]
    assert said(sim, Step.DOUBTFUL) == []
