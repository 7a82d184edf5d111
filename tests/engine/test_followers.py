"""Takes that show frames of others: each goes out once the videos it needs are in place."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from storyboard.api.http.response import Answer
from storyboard.engine.events import Interrupted
from storyboard.engine.job import RunStatus, Step
from storyboard.planning.plan import PlanOptions
from storyboard.planning.states import read_states, resolve_takes
from storyboard.records import Submission, SubmissionState, Take
from storyboard.videos.result import FetchFailed, FetchResult
from tests.engine.rig import make_candidates, make_follower, make_take, with_model
from tests.engine.simulation import Call, Simulation, no_answer, refused, task

State = SubmissionState


@pytest.fixture
def sim(sim: Simulation) -> Simulation:
    """A chain of three: each shows the last frame of the one before."""
    sim.takes = [make_take(1), make_follower(2, 1), make_follower(3, 2)]
    return sim


def posts(sim: Simulation) -> list[str]:
    return [str(call.payload["prompt"]) for call in sim.api.posts]


def digest(task_id: str) -> str:
    """The sha256 of the video that the simulated API makes for a task."""
    return hashlib.sha256(f"video of {task_id}".encode()).hexdigest()


def frames(sim: Simulation) -> list[object]:
    """The frames in each request that was sent, as its payload names them."""
    return [row.payload.get("pictures") for row in sim.submissions()]


def last_of(task_id: str) -> list[object]:
    return [{"video": digest(task_id), "frame": "last"}]


def statuses(sim: Simulation) -> list[str]:
    states = read_states(sim.takes, sim.submissions(), has_file=lambda video: True)
    return [state.status.value for state in states]


def said(sim: Simulation, step: Step) -> list[tuple[str, str]]:
    return [(one.take, one.detail) for _, one in sim.progress if one.step is step]


def fail(sim: Simulation, *prompts: str) -> None:
    """The tasks of these prompts fail."""
    accept, poll, doomed = sim.on_post, sim.on_poll, set[str]()

    def on_post(call: Call) -> Answer:
        answer = accept(call)
        if call.payload["prompt"] in prompts:
            doomed.add(list(sim.accepted_s)[-1])
        return answer

    def on_poll(call: Call) -> Answer:
        is_doomed = call.task_id in doomed and sim.is_done(call.task_id)
        return task(call.task_id, "failed") if is_doomed else poll(call)

    sim.on_post, sim.on_poll = on_post, on_poll


def copy_of(take: Take, number: int) -> Take:
    """Another shot that makes the same request."""
    return replace(take, id=f"shot-{number}", shot=f"shot-{number}")


def same_videos(sim: Simulation) -> None:
    """Every task of the simulated API makes the same video."""
    fetch = sim.fetch
    sim.fetch = lambda sent, part: fetch(replace(sent, task_id="task-1"), part)


# Chains


def test_a_chain_is_rendered_in_one_run_one_take_after_the_other(sim: Simulation) -> None:
    sim.render()
    assert posts(sim) == ["shot 1", "shot 2", "shot 3"]
    assert statuses(sim) == ["done"] * 3
    assert frames(sim) == [None, last_of("task-1"), last_of("task-2")]
    for before, after in pairwise(sim.api.posts):
        assert after.at_s - before.at_s < sim.render_s + 5


def test_a_take_is_recorded_with_the_request_that_names_the_video(sim: Simulation) -> None:
    sim.render()
    resolved = resolve_takes(sim.takes, sim.submissions())
    sent = [(one.fingerprint, one.payload) for one in sim.submissions()]
    assert sent == [(take.fingerprint, take.payload) for take in resolved]


def test_nothing_follows_before_the_video_is_in_place_and_committed(sim: Simulation) -> None:
    seen: list[tuple[str, list[str]]] = []
    on_post = sim.on_post

    def look(call: Call) -> Answer:
        names = sorted(path.name for path in (sim.folder / "videos").glob("*.mp4"))
        seen.append((str(call.payload["prompt"]), names))
        return on_post(call)

    sim.on_post = look
    sim.render()
    assert seen == [
        ("shot 1", []),
        ("shot 2", ["shot-1.v001.mp4"]),
        ("shot 3", ["shot-1.v001.mp4", "shot-2.v001.mp4"]),
    ]


def test_a_take_waits_for_all_its_parents(sim: Simulation) -> None:
    sim.takes = [make_take(1), make_take(2), make_follower(3, 1, 2)]
    sim.render_times_s = [60, 300, 60]
    sim.render()
    assert posts(sim) == ["shot 1", "shot 2", "shot 3"]
    assert sim.api.posts[2].at_s > 300


def test_the_order_in_the_file_does_not_matter(sim: Simulation) -> None:
    sim.takes = [make_follower(3, 2), make_follower(2, 1), make_take(1)]
    sim.render()
    assert posts(sim) == ["shot 1", "shot 2", "shot 3"]
    assert statuses(sim) == ["done"] * 3


def test_takes_that_follow_nothing_never_wait(sim: Simulation) -> None:
    sim.concurrency = 10
    sim.takes = [*sim.takes, make_take(4), make_take(5)]
    sim.render()
    assert [call.at_s for call in sim.api.posts[:3]] == [0, 0, 0]
    assert posts(sim) == ["shot 1", "shot 4", "shot 5", "shot 2", "shot 3"]


def test_the_longest_chain_goes_first_and_all_else_in_the_order_of_the_file(
    sim: Simulation,
) -> None:
    sim.concurrency = 1
    sim.takes = [
        make_take(1),
        make_take(2),
        make_follower(3, 2),
        make_take(4),
        make_follower(5, 4),
        make_follower(6, 5),
        make_take(7),
    ]
    sim.render()
    order = [prompt.removeprefix("shot ") for prompt in posts(sim)]
    assert order == ["4", "2", "5", "1", "7", "3", "6"]


# Equal requests


def test_followers_with_equal_requests_share_one_submission(sim: Simulation) -> None:
    second = make_follower(2, 1)
    sim.takes = [make_take(1), second, copy_of(second, 4), make_follower(3, 2), make_follower(5, 4)]
    sim.render()
    assert posts(sim) == ["shot 1", "shot 2", "shot 3", "shot 5"]
    assert statuses(sim) == ["done"] * 5


def test_a_request_that_becomes_equal_in_the_run_is_sent_once(sim: Simulation) -> None:
    same_videos(sim)
    sim.takes = [
        make_take(1),
        make_take(2),
        make_follower(3, 1),
        make_follower(4, 2, prompt="shot 3"),
    ]
    sim.render_times_s = [60, 200, 60]
    sim.render()
    assert posts(sim) == ["shot 1", "shot 2", "shot 3"]
    assert statuses(sim) == ["done"] * 4


@pytest.mark.parametrize("second_s", [61, 90])
def test_an_equal_request_is_joined_while_it_is_in_flight(sim: Simulation, second_s: float) -> None:
    same_videos(sim)
    sim.takes = [
        make_take(1),
        make_take(2),
        make_follower(3, 1),
        make_follower(4, 2, prompt="shot 3"),
        make_follower(5, 4),
    ]
    sim.render_times_s = [second_s, 60, 60, 60]
    sim.render()
    assert posts(sim) == ["shot 2", "shot 1", "shot 3", "shot 5"]
    assert statuses(sim) == ["done"] * 5
    assert said(sim, Step.HELD) == []


def test_what_was_rendered_before_from_the_same_video_is_not_sent_again(sim: Simulation) -> None:
    same_videos(sim)
    sim.render()
    sim.takes = [make_take(1, "another"), make_follower(2, 1), make_follower(4, 2)]
    sim.render()
    assert posts(sim) == ["shot 1", "shot 2", "shot 3", "another", "shot 4"]
    assert statuses(sim) == ["done"] * 3


def test_a_video_from_before_whose_file_is_gone_is_fetched_again_and_then_followed(
    sim: Simulation,
) -> None:
    same_videos(sim)
    sim.render()
    (sim.folder / "videos/shot-2.v001.mp4").unlink()
    sim.takes = [make_take(1, "another"), make_follower(2, 1), make_follower(4, 2)]
    sim.render()
    assert posts(sim) == ["shot 1", "shot 2", "shot 3", "another", "shot 4"]
    assert (sim.folder / "videos/shot-2.v001.mp4").exists()


def test_an_equal_request_is_joined_while_its_post_is_open(sim: Simulation) -> None:
    same_videos(sim)
    third, fourth = make_follower(3, 1), make_follower(4, 2, prompt="shot 3")
    sim.takes = [make_take(1), make_take(2), third, fourth]
    accept = sim.on_post

    def slow_for_third(call: Call) -> Answer:
        sim.clock.call_s = 100.0 if call.payload["prompt"] == "shot 3" else 1.0
        return accept(call)

    sim.on_post = slow_for_third
    sim.render_times_s = [60, 90, 60]
    sim.render()
    assert posts(sim) == ["shot 1", "shot 2", "shot 3"]
    assert said(sim, Step.HELD) == []


def test_a_take_that_joined_a_request_goes_on_with_its_own_models_if_that_fails(
    sim: Simulation,
) -> None:
    same_videos(sim)
    fourth = make_follower(4, 2, prompt="shot 3")
    fourth = replace(fourth, fallbacks=(with_model(make_follower(4, 2), "b"),))
    sim.takes = [make_take(1), make_take(2), make_follower(3, 1), fourth]
    sim.render_times_s = [60, 90, 60, 60]
    fail(sim, "shot 3")
    sim.render()
    assert posts(sim) == ["shot 1", "shot 2", "shot 3", "shot 4"]
    assert statuses(sim) == ["done", "done", "failed", "done"]


@pytest.mark.parametrize("option", ["force", "retry_failed"])
def test_an_option_does_not_send_an_equal_request_twice_in_a_run(
    sim: Simulation, option: str
) -> None:
    same_videos(sim)
    third, fourth = make_follower(3, 1), make_follower(4, 2, prompt="shot 3")
    sim.takes = [make_take(1), make_take(2), third, fourth, make_follower(5, 4)]
    if option == "retry_failed":
        fail(sim, "shot 3")
    sim.render()
    count = len(sim.api.posts)
    sim.plan_options = PlanOptions(**{option: True})
    sim.render_times_s = [60] * count + [500, 60, 60, 60]
    sim.render()
    again = posts(sim)[count:]
    assert again.count("shot 3") == 1
    # What follows the later of the two gets the video that the first one brought.
    assert ("shot 5" in again) == (option == "force")


def test_force_renders_the_whole_chain_again_from_the_new_videos(sim: Simulation) -> None:
    sim.render()
    sim.plan_options = PlanOptions(force=True)
    sim.render()
    assert posts(sim) == ["shot 1", "shot 2", "shot 3"] * 2
    assert frames(sim)[4:] == [last_of("task-4"), last_of("task-5")]


def test_the_old_video_of_a_forced_take_that_fails_is_not_followed(sim: Simulation) -> None:
    sim.render()
    sim.plan_options = PlanOptions(force=True)
    fail(sim, "shot 1")
    sim.render()
    assert posts(sim) == ["shot 1", "shot 2", "shot 3", "shot 1"]


def test_an_old_result_that_is_fetched_meanwhile_is_not_followed(sim: Simulation) -> None:
    sim.plan_options = PlanOptions(download=False)
    sim.render()
    sim.plan_options = PlanOptions(force=True)
    sim.render()
    assert posts(sim) == ["shot 1", "shot 1", "shot 2", "shot 3"]
    assert sim.submissions()[2].payload["pictures"] == [
        {"video": digest("task-2"), "frame": "last"}
    ]


# What keeps a take from following


def test_what_follows_a_failed_take_is_not_sent_and_the_run_ends(sim: Simulation) -> None:
    fail(sim, "shot 1")
    sim.takes = [*sim.takes, make_take(4)]
    result = sim.render()
    assert result.stopped_by is None
    assert posts(sim) == ["shot 1", "shot 4"]
    assert statuses(sim) == ["failed", "pending", "pending", "done"]


@pytest.mark.parametrize("answer", [refused(400), no_answer()], ids=["rejected", "unknown"])
def test_what_follows_a_take_that_was_not_accepted_is_not_sent(
    sim: Simulation, answer: Answer
) -> None:
    sim.on_post = lambda call: answer
    sim.render()
    assert posts(sim) == ["shot 1"]
    sim.render()
    assert posts(sim) == ["shot 1"]


def test_a_video_that_is_not_downloaded_is_not_followed(sim: Simulation) -> None:
    sim.plan_options = PlanOptions(download=False)
    sim.render()
    assert posts(sim) == ["shot 1"]
    assert statuses(sim) == ["rendered", "pending", "pending"]


def test_a_take_that_failed_with_this_video_before_is_held(sim: Simulation) -> None:
    same_videos(sim)
    fail(sim, "shot 2")
    sim.render()
    sim.takes = [make_take(1, "another"), make_follower(2, 1), make_follower(3, 2)]
    sim.render()
    assert posts(sim) == ["shot 1", "shot 2", "another"]
    [after, (take, reason), after_again] = said(sim, Step.HELD)
    assert take == "shot-2"
    assert after == after_again == ("shot-3", "shot-2 has no video")
    assert "--retry-failed sends it again" in reason


def test_an_unknown_outcome_of_the_same_request_is_not_sent_again(sim: Simulation) -> None:
    same_videos(sim)
    accept = sim.on_post
    sim.on_post = lambda call: no_answer() if call.payload["prompt"] == "shot 2" else accept(call)
    sim.render()
    sim.takes = [make_take(1, "another"), make_follower(2, 1), make_follower(3, 2)]
    sim.render()
    assert posts(sim) == ["shot 1", "shot 2", "another"]
    assert [take for take, _ in said(sim, Step.HELD)] == ["shot-3", "shot-2", "shot-3"]


def test_a_stopped_run_submits_no_follower(sim: Simulation) -> None:
    accept = sim.on_post
    sim.concurrency = 1
    sim.takes = [*sim.takes, make_take(4)]
    sim.on_post = lambda call: refused(402) if call.payload["prompt"] == "shot 4" else accept(call)
    sim.render_s = 1.0
    result = sim.render()
    assert result.stopped_by is not None
    assert "shot 3" not in posts(sim) or posts(sim).index("shot 3") < posts(sim).index("shot 4")


def test_a_stopped_run_says_that_no_take_waits(sim: Simulation) -> None:
    accept = sim.on_post
    sim.takes = [*sim.takes, make_take(4)]
    sim.on_post = lambda call: refused(402) if call.payload["prompt"] == "shot 4" else accept(call)
    stood: list[RunStatus] = []
    sim.on_turn = stood.append
    sim.render()
    assert posts(sim) == ["shot 1", "shot 4"]
    after = [one for one in stood if not one.waiting]
    assert len(after[0].tasks) == 1  # shot 1 goes on
    assert stood[-len(after) :] == after
    assert {one.downloading for one in after} == {0, 1}


def test_an_interrupted_run_goes_on_with_the_chain_where_it_was(sim: Simulation) -> None:
    sim.render(on_engine=lambda engine: sim.clock.schedule(30, Interrupted()))
    assert posts(sim) == ["shot 1"]
    sim.render()
    assert posts(sim) == ["shot 1", "shot 2", "shot 3"]
    assert statuses(sim) == ["done"] * 3


# Approval


def test_a_paused_take_s_followers_wait_until_a_person_has_seen_its_video(sim: Simulation) -> None:
    first, *others = sim.takes
    sim.takes = [replace(first, is_paused=True), *others, make_follower(4, 1)]
    sim.render()
    assert posts(sim) == ["shot 1"]
    why = "look at videos/shot-1.v001.mp4, then: render film.yaml --past shot-1"
    assert said(sim, Step.PAUSED) == [("shot-1", why)]
    sim.passed = frozenset({("shot-1", digest("task-1"))})
    sim.render()
    assert posts(sim) == ["shot 1", "shot 2", "shot 4", "shot 3"]


def test_an_approval_holds_for_the_video_that_was_seen(sim: Simulation) -> None:
    first, *others = sim.takes
    sim.takes = [replace(first, is_paused=True), *others]
    sim.passed = frozenset({("shot-1", digest("task-2"))})
    sim.render()
    assert posts(sim) == ["shot 1"]


def test_a_pause_holds_for_its_own_take_and_not_for_one_with_an_equal_request(
    sim: Simulation,
) -> None:
    first = make_take(1)
    paused = replace(copy_of(first, 4), is_paused=True)
    sim.takes = [first, paused, make_follower(2, 1), make_follower(5, 4)]
    sim.render()
    assert posts(sim) == ["shot 1", "shot 2"]
    assert [take for take, _ in said(sim, Step.PAUSED)] == ["shot-4"]


# Several models


def test_the_video_is_followed_whichever_model_makes_it(sim: Simulation) -> None:
    sim.takes = [make_candidates(1, "1a", "1b"), make_follower(2, 1)]
    fail(sim, "1a")
    sim.render()
    assert posts(sim) == ["1a", "1b", "shot 2"]
    assert sim.submissions()[2].payload["pictures"] == [
        {"video": digest("task-2"), "frame": "last"}
    ]


def test_a_follower_tries_its_own_models_one_after_another(sim: Simulation) -> None:
    child = replace(make_follower(2, 1), fallbacks=(with_model(make_follower(2, 1), "b"),))
    sim.takes = [make_take(1), child, make_follower(3, 2)]
    answers = iter([None, refused(422)])
    accept = sim.on_post
    sim.on_post = lambda call: next(answers, None) or accept(call)
    sim.render()
    assert posts(sim) == ["shot 1", "shot 2", "shot 2", "shot 3"]
    assert frames(sim)[1:3] == [last_of("task-1")] * 2
    assert statuses(sim) == ["done"] * 3


def test_a_video_of_a_later_model_is_not_followed_while_an_earlier_one_may_succeed(
    sim: Simulation,
) -> None:
    several = make_candidates(1, "1a", "xb")
    alone = replace(several.fallbacks[0], id="shot-9", shot="shot-9")
    sim.takes = [several, alone, make_follower(2, 1)]
    sim.render_times_s = [300, 60, 60]
    sim.render()
    assert posts(sim) == ["1a", "xb", "shot 2"]
    assert sim.submissions()[2].payload["pictures"] == [
        {"video": digest("task-1"), "frame": "last"}
    ]


def test_all_models_of_a_follower_get_the_new_video_even_if_one_failed_with_the_old(
    sim: Simulation,
) -> None:
    child = replace(make_follower(2, 1), fallbacks=(with_model(make_follower(2, 1), "b"),))
    sim.takes = [make_take(1), child]
    accept, refusals = sim.on_post, iter([None, refused(422)])
    sim.on_post = lambda call: next(refusals, None) or accept(call)
    sim.render()
    assert [one.model[-1] for one in sim.submissions()] == ["v", "v", "b"]
    sim.plan_options = PlanOptions(force=True)
    sim.render()
    assert [one.model[-1] for one in sim.submissions()][3:] == ["v", "v"]


# Selection and other work


def test_a_task_of_a_take_that_is_not_selected_is_followed(sim: Simulation) -> None:
    sim.render(on_engine=lambda engine: sim.clock.schedule(5, Interrupted()))
    sim.selected = {"shot-2"}
    sim.render()
    assert posts(sim) == ["shot 1", "shot 2"]


def test_a_download_that_was_left_is_followed_once(sim: Simulation) -> None:
    sim.plan_options = PlanOptions(download=False)
    sim.render()
    sim.plan_options = PlanOptions()
    sim.selected = {"shot-2"}
    sim.render()
    assert posts(sim) == ["shot 1", "shot 2"]


def test_a_result_of_an_earlier_film_is_fetched_once_for_a_follower(sim: Simulation) -> None:
    """An orphan's download and a follower's are the same: two would write one partial file."""
    same_videos(sim)
    sim.takes = [make_take(1)]
    sim.render()
    sim.takes = [make_take(1), make_follower(2, 1)]
    sim.plan_options = PlanOptions(download=False)
    sim.render()
    fetched: list[int] = []
    fetch = sim.fetch

    def count(sent: Submission, part: Path) -> FetchResult:
        fetched.append(sent.id)
        result = fetch(sent, part)
        sim.clock.call_s = 500.0 if sent.id == 2 else 1.0
        return result

    sim.fetch = count
    sim.plan_options = PlanOptions()
    sim.takes = [make_take(1, "another"), make_follower(2, 1)]
    sim.render()
    assert fetched.count(2) == 1
    assert posts(sim) == ["shot 1", "shot 2", "another"]
    assert statuses(sim) == ["done"] * 2


def test_a_run_says_how_many_takes_wait(sim: Simulation) -> None:
    stood: list[int] = []
    sim.on_turn = lambda standing: stood.append(standing.waiting)
    sim.render()
    assert stood[0] == 3  # one POST is open
    assert [after for before, after in pairwise([3, *stood]) if after != before] == [2, 1, 0]


def waiting_for_shot_9(sim: Simulation) -> list[int]:
    """How many takes are said to wait once all but the last have ended."""
    sim.takes = [*sim.takes, make_take(9)]
    sim.render_times_s = [60, 300]
    stood: list[int] = []
    sim.on_turn = lambda standing: stood.append(standing.waiting)
    sim.render()
    return stood


@pytest.mark.parametrize("kind", ["failed", "rejected", "unknown", "not downloaded"])
def test_takes_that_follow_one_without_a_video_are_held_and_wait_no_more(
    sim: Simulation, kind: str
) -> None:
    accept, fetch = sim.on_post, sim.fetch
    answers = {"rejected": refused(400), "unknown": no_answer()}
    sim.on_post = lambda call: (
        answers[kind] if kind in answers and call.payload["prompt"] == "shot 1" else accept(call)
    )
    if kind == "failed":
        fail(sim, "shot 1")
    if kind == "not downloaded":
        sim.fetch = lambda sent, part: (
            FetchFailed("the file is not a video") if sent.take == "shot-1" else fetch(sent, part)
        )
    stood = waiting_for_shot_9(sim)
    assert said(sim, Step.HELD) == [
        ("shot-2", "shot-1 has no video"),
        ("shot-3", "shot-1 has no video"),
    ]
    assert stood[-1] == 0


def test_a_take_whose_other_model_may_bring_the_video_is_still_followed(sim: Simulation) -> None:
    sim.takes = [make_candidates(1, "1a", "1b"), make_follower(2, 1)]
    fail(sim, "1a")
    sim.render()
    assert said(sim, Step.HELD) == []
    assert posts(sim) == ["1a", "1b", "shot 2"]


def test_a_take_of_two_parents_is_held_once(sim: Simulation) -> None:
    sim.takes = [make_take(1), make_take(2), make_follower(3, 1, 2)]
    fail(sim, "shot 1", "shot 2")
    sim.render()
    assert [take for take, _ in said(sim, Step.HELD)] == ["shot-3"]


def test_a_take_to_be_seen_first_holds_nothing(sim: Simulation) -> None:
    sim.takes = [replace(make_take(1), is_paused=True), make_follower(2, 1)]
    sim.render()
    assert said(sim, Step.HELD) == []
