"""Takes of several models: the next is submitted once the one before has proven to have failed."""

from __future__ import annotations

import pytest

from storyboard.api.http.response import Answer
from storyboard.engine.events import Interrupted
from storyboard.engine.job import Step
from storyboard.errors import Unreachable
from storyboard.money import FilmCaps
from storyboard.planning.plan import PlanOptions
from storyboard.planning.states import read_states
from storyboard.records import OPEN_STATES, SubmissionState
from tests.engine.rig import make_candidates, make_take
from tests.engine.simulation import Call, Killed, Simulation, accepted, no_answer, refused, task

State = SubmissionState


@pytest.fixture
def sim(sim: Simulation) -> Simulation:
    sim.takes = [make_candidates(1, "1a", "1b", "1c")]
    return sim


def script(sim: Simulation, **answers: Answer | str) -> None:
    """Answers to POSTs by their prompt; or how their tasks end, `failed` or `canceled`."""
    ends: dict[str, str] = {}

    def on_post(call: Call) -> Answer:
        answer = answers.get(str(call.payload["prompt"]), "success")
        if isinstance(answer, Answer):
            return answer
        reply = sim.accept(call)
        ends[list(sim.accepted_s)[-1]] = answer
        return reply

    def on_poll(call: Call) -> Answer:
        is_done = sim.is_done(call.task_id)
        return task(call.task_id, ends[call.task_id] if is_done else "processing")

    sim.on_post, sim.on_poll = on_post, on_poll


def posts(sim: Simulation) -> list[str]:
    return [str(call.payload["prompt"]) for call in sim.api.posts]


def statuses(sim: Simulation) -> list[str]:
    states = read_states(sim.takes, sim.submissions(), has_file=lambda video: True)
    return [f"{one.status.value} {one.take.model}" for one in states]


REFUSALS = {f"refused {status}": refused(status) for status in (400, 404, 413, 415, 422)}
PROVEN: dict[str, Answer | str] = {"failed": "failed", "canceled": "canceled", **REFUSALS}
UNPROVEN: dict[str, Answer] = {
    "no answer": no_answer(),
    "500": refused(500),
    "406": refused(406),
    "a firewall's 400": Answer(400, body=b"<html>blocked</html>"),
    "a firewall's 404": Answer(404, body=b"<html>blocked</html>"),
    "402": refused(402),
}


@pytest.mark.parametrize("answer", PROVEN.values(), ids=PROVEN)
def test_the_next_model_is_submitted_in_the_same_run(sim: Simulation, answer: Answer | str) -> None:
    script(sim, **{"1a": answer})
    result = sim.render()
    assert result.stopped_by is None
    assert posts(sim) == ["1a", "1b"]
    assert statuses(sim) == ["done b"]
    steps = [change.step for _, change in sim.progress]
    assert steps[-4:] == [Step.FALLBACK, Step.ACCEPTED, Step.RENDERED, Step.DOWNLOADED]


@pytest.mark.parametrize("answer", UNPROVEN.values(), ids=UNPROVEN)
def test_nothing_follows_what_has_not_proven_to_have_failed(
    sim: Simulation, answer: Answer
) -> None:
    script(sim, **{"1a": answer})
    sim.render()
    assert posts(sim) == ["1a"]
    assert statuses(sim)[0].endswith(" a")


def test_the_failure_is_told_with_the_model_that_follows(sim: Simulation) -> None:
    script(sim, **{"1a": refused(422, "too long")})
    sim.render()
    [change] = [change for _, change in sim.progress if change.step is Step.FALLBACK]
    assert change.submission.model == "a"
    assert change.detail == "a rejected: too long; b follows"


def test_a_failure_and_the_intention_to_submit_the_next_are_committed_together(
    sim: Simulation,
) -> None:
    script(sim, **{"1a": "failed"})
    seen: list[list[str]] = []
    submit = sim.on_post

    def on_post(call: Call) -> Answer:
        seen.append(sim.states())
        return submit(call)

    sim.on_post = on_post
    sim.render()
    assert seen == [["sending"], ["failed", "sending"]]


def test_where_all_fail_each_is_submitted_once_and_no_later_run_begins_again(
    sim: Simulation,
) -> None:
    script(sim, **{"1a": "failed", "1b": refused(400), "1c": "failed"})
    for _ in range(2):
        sim.render()
        assert posts(sim) == ["1a", "1b", "1c"]
    assert statuses(sim) == ["failed c"]


def test_trying_again_begins_with_the_first_and_comes_to_the_last(sim: Simulation) -> None:
    script(sim, **{"1a": "failed", "1b": "failed", "1c": "failed"})
    sim.render()
    script(sim, **{"1a": "failed", "1b": "failed"})
    sim.plan_options = PlanOptions(retry_failed=True)
    sim.render()
    assert posts(sim) == ["1a", "1b", "1c"] * 2
    assert statuses(sim) == ["done c"]


def test_a_kill_at_any_turn_leaves_no_two_in_flight_and_the_next_run_goes_on(
    sim: Simulation,
) -> None:
    sim.folder.mkdir()
    ends: list[tuple[int, bool]] = []  # how many were submitted by then, and whether it was killed
    while not ends or ends[-1][1]:
        dies_at = len(ends) + 1
        night = Simulation(sim.folder / f"{dies_at}", sim.takes, sim.monkeypatch)
        night.render_s = 2.0
        script(night, **{"1a": "failed"})
        night.clock.dies_at = dies_at
        try:
            night.render()
            ends.append((len(posts(night)), False))
        except Killed:
            ends.append((len(posts(night)), True))
        night.render()
        is_open = [one.state in OPEN_STATES for one in night.submissions()]
        assert posts(night) == ["1a", "1b"][: len(is_open)]
        assert sum(is_open) <= 1
        assert any(is_open) or statuses(night) == ["done b"]
    assert set(ends) == {(1, True), (2, True), (2, False)}


def test_after_ctrl_c_nothing_follows_until_the_next_run(sim: Simulation) -> None:
    script(sim, **{"1a": refused(400)})
    sim.latency_s = 5.0
    sim.render(on_engine=lambda engine: sim.clock.schedule(1.0, Interrupted()))
    assert posts(sim) == ["1a"]
    sim.render()
    assert posts(sim) == ["1a", "1b"]


def test_two_takes_that_may_come_to_the_same_request_submit_it_once(sim: Simulation) -> None:
    sim.takes = [make_candidates(1, "1a", "xb"), make_candidates(2, "2a", "xb", "2c")]
    script(sim, **{"1a": "failed", "2a": "failed", "xb": "failed"})
    sim.render()
    assert sorted(posts(sim)) == ["1a", "2a", "2c", "xb"]
    assert statuses(sim) == ["failed b", "done c"]


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("end", ["success", "failed"])
def test_the_second_of_one_take_may_be_the_first_of_another(
    sim: Simulation, order: int, end: str
) -> None:
    takes = [make_candidates(1, "1a", "xb", "1c"), make_candidates(2, "xb")]
    sim.takes = takes[::order]
    script(sim, **{"1a": "failed", "xb": end})
    sim.render()
    assert sorted(posts(sim)) == ["1a", *(["1c"] if end == "failed" else []), "xb"]
    expected = ["done b", "done b"] if end == "success" else ["done c", "failed b"]
    assert statuses(sim) == expected[::order]


def test_takes_with_one_request_go_on_apart(sim: Simulation) -> None:
    sim.takes = [make_candidates(1, "xa", "1b"), make_candidates(2, "xa", "2b")]
    script(sim, xa="failed")
    sim.render()
    assert sorted(posts(sim)) == ["1b", "2b", "xa"]
    assert statuses(sim) == ["done b", "done b"]


def test_a_model_that_is_gone_does_not_end_the_run(sim: Simulation) -> None:
    numbers = range(1, 13)
    sim.takes = [make_candidates(number, f"{number}a", f"{number}b") for number in numbers]
    script(sim, **{f"{number}a": refused(404) for number in numbers})
    assert sim.render().stopped_by is None
    assert set(statuses(sim)) == {"done b"}


def test_where_the_last_model_is_not_there_either_the_address_is_wrong(sim: Simulation) -> None:
    sim.takes = [make_candidates(n, f"{n}a", f"{n}b") for n in range(1, 31)]
    sim.on_post = lambda call: refused(404)
    assert isinstance(sim.render().stopped_by, Unreachable)
    assert len(posts(sim)) < 25


def test_a_task_that_the_api_gave_to_another_request_too_has_not_proven_to_fail(
    sim: Simulation,
) -> None:
    sim.takes = [make_candidates(1, "1a", "1b"), make_candidates(2, "2a")]
    sim.on_post = lambda call: accepted("task-1")
    sim.accepted_s["task-1"] = 0.0
    sim.on_poll = lambda call: task(call.task_id, "failed")
    sim.render()
    sim.render()
    assert sorted(posts(sim)) == ["1a", "2a"]


def test_a_take_that_is_resumed_goes_on_as_well(sim: Simulation) -> None:
    script(sim, **{"1a": "failed"})
    sim.clock.dies_at = 3
    with pytest.raises(Killed):
        sim.render()
    assert sim.states() == ["accepted"]
    sim.render()
    assert posts(sim) == ["1a", "1b"]


def test_nothing_follows_where_the_cap_of_the_film_is_reached(sim: Simulation) -> None:
    sim.takes = [*sim.takes, make_take(2)]
    sim.caps = FilmCaps(film=1)
    script(sim, **{"1a": "failed"})
    [refusal] = sim.render().errors
    assert "take shot-2 would cost" in str(refusal)
    assert [change.step for _, change in sim.progress] == [Step.ACCEPTED, Step.FAILED]
    sim.caps = FilmCaps(film=3)
    assert not sim.render().errors
    assert sorted(posts(sim)) == ["1a", "1b", "shot 2"]
