"""Polls, and the replies to them that are not final: in simulated time."""

from __future__ import annotations

from collections import Counter

import pytest

from storyboard.api.http.response import Answer
from storyboard.engine.job import Step
from storyboard.errors import ExitCode
from storyboard.planning.plan import PlanOptions
from storyboard.videos.result import FetchFailed
from tests.engine.rig import make_takes
from tests.engine.simulation import HOUR, Simulation, between, json_answer, no_answer, refused, task


@pytest.mark.parametrize("status", [404, 410])
def test_a_task_that_is_not_found_for_ten_minutes_is_unknown(sim: Simulation, status: int) -> None:
    sim.takes = sim.takes[:1]
    sim.on_poll = lambda call: refused(status, "Not found: task")
    sim.render()
    [submission] = sim.submissions()
    assert submission.state.value == "unknown"
    assert submission.reason == (
        "the API no longer finds task task-1 (expired, or sent with another key: studio)"
    )
    assert 600 <= sim.clock.time_s - sim.api.polls[0].at_s < 660
    assert len(sim.api.polls) < 30
    assert [progress.step for _, progress in sim.progress] == [Step.ACCEPTED, Step.UNKNOWN]


def test_a_task_that_is_found_again_after_nine_minutes_is_finished(sim: Simulation) -> None:
    sim.takes = sim.takes[:1]
    poll = sim.on_poll
    sim.on_poll = lambda call: refused(404) if between(0, 540, sim) else poll(call)
    sim.render()
    assert sim.states() == ["succeeded"]
    assert len(sim.api.posts) == 1


def test_errors_between_the_404s_do_not_make_them_endless(sim: Simulation) -> None:
    sim.takes = sim.takes[:1]
    sim.on_poll = lambda call: refused(404) if call.number % 2 else refused(500)
    sim.render()
    assert sim.states() == ["unknown"]
    assert sim.clock.time_s < 20 * 60


def test_404s_that_come_and_go_count_for_nothing(sim: Simulation) -> None:
    sim.takes, sim.render_s = sim.takes[:1], HOUR
    poll = sim.on_poll
    sim.on_poll = lambda call: refused(404) if call.number % 2 else poll(call)
    sim.render()
    assert sim.states() == ["succeeded"]


def without_link(task_id: str, resources: object) -> Answer:
    data = {"status": "success", "task_id": task_id, "result": {"resources": resources}}
    return json_answer({"code": 0, "message": "success", "data": data})


NO_LINKS = [None, [], "", [{"url": None, "type": "video"}], [{"url": "", "type": "video"}], ["n/a"]]


@pytest.mark.parametrize("resources", NO_LINKS)
def test_a_link_that_comes_after_the_success_is_waited_for(
    sim: Simulation, resources: object
) -> None:
    sim.takes, ends_at = sim.takes[:1], sim.render_s + 20
    poll = sim.on_poll
    sim.on_poll = lambda call: (
        without_link(call.task_id, resources)
        if between(sim.render_s + 1, ends_at, sim)
        else poll(call)
    )
    sim.render()
    [submission] = sim.submissions()
    assert submission.video is not None
    assert sim.clock.time_s < ends_at + 30
    steps = [progress.step for _, progress in sim.progress]
    assert steps == [Step.ACCEPTED, Step.RENDERED, Step.DOWNLOADED]


@pytest.mark.parametrize("resources", NO_LINKS)
def test_a_success_whose_link_never_comes_is_rendered_and_not_failed(
    sim: Simulation, resources: object
) -> None:
    sim.takes, sim.render_s = sim.takes[:1], 0.0
    sim.on_poll = lambda call: without_link(call.task_id, resources)
    result = sim.render()
    [submission] = sim.submissions()
    assert (submission.state.value, submission.video_url) == ("succeeded", None)
    assert list(result.not_downloaded.values()) == ["the API gave no link to it"]
    assert 600 <= sim.clock.time_s - sim.api.polls[0].at_s < 660
    assert len(sim.api.polls) < 35
    steps = [progress.step for _, progress in sim.progress]
    assert steps == [Step.ACCEPTED, Step.POSTPONED, Step.RENDERED, Step.NOT_DOWNLOADED]
    sim.render()
    assert len(sim.api.posts) == 1


@pytest.mark.parametrize(
    "then", [refused(500), refused(404), task("task-1", "odd"), Answer(200, body=b"<html>")]
)
def test_a_success_without_a_link_is_not_waited_for_longer_because_of_what_comes_then(
    sim: Simulation, then: Answer
) -> None:
    sim.takes, sim.render_s = sim.takes[:1], 0.0
    sim.on_poll = lambda call: without_link(call.task_id, []) if call.number == 1 else then
    result = sim.render()
    assert sim.states() == ["succeeded"]
    assert list(result.not_downloaded.values()) == ["the API gave no link to it"]
    assert 600 <= sim.clock.time_s - sim.api.polls[0].at_s < 660
    sim.render()
    assert len(sim.api.posts) == 1


def test_a_task_whose_link_is_waited_for_holds_no_slot(sim: Simulation) -> None:
    sim.takes, sim.concurrency = sim.takes[:3], 1
    poll = sim.on_poll
    sim.on_poll = lambda call: (
        without_link("task-1", []) if call.task_id == "task-1" else poll(call)
    )
    sim.render()
    assert [submission.video is not None for submission in sim.submissions()] == [False, True, True]
    assert sim.api.posts[-1].at_s < 4 * sim.render_s


def test_a_kill_while_the_link_is_waited_for_loses_nothing(sim: Simulation) -> None:
    sim.takes, sim.timeout_s = sim.takes[:1], sim.render_s + 100
    poll = sim.on_poll
    sim.on_poll = lambda call: without_link(call.task_id, []) if sim.timeout_s else poll(call)
    sim.render()
    assert sim.states() == ["accepted"]
    sim.timeout_s = None
    sim.render()
    assert [submission.video is not None for submission in sim.submissions()] == [True]
    assert len(sim.api.posts) == 1


def test_a_refused_key_stops_submissions_and_leaves_the_tasks_to_a_better_key(
    sim: Simulation,
) -> None:
    sim.takes = make_takes(30)
    poll = sim.on_poll
    sim.on_poll = lambda call: refused(401, "Authentication failed: expired")
    result = sim.render()
    posts, first_s = len(sim.api.posts), sim.api.polls[0].at_s
    assert result.stopped_by is not None
    assert str(result.stopped_by) == (
        "the API refuses the account (HTTP 401): HTTP 401: Authentication failed: expired"
    )
    assert result.stopped_by.exit_code is ExitCode.ACCOUNT
    assert all(call.at_s <= first_s + sim.latency_s for call in sim.api.posts)
    assert 60 <= sim.clock.time_s - first_s <= 100
    assert set(sim.states()) == {"accepted"}

    sim.takes, sim.on_poll = sim.takes[:posts], poll
    sim.render()
    assert len(sim.api.posts) == posts
    assert set(sim.states()) == {"succeeded"}


def test_one_refusal_among_many_404s_does_not_cut_the_patience_short(sim: Simulation) -> None:
    sim.takes = sim.takes[:1]
    poll = sim.on_poll
    answers = {1: refused(404), 2: refused(404), 3: refused(404), 4: refused(401)}
    sim.on_poll = lambda call: answers.get(call.number) or poll(call)
    sim.render()
    assert sim.states() == ["succeeded"]


@pytest.mark.parametrize("word", ["uploading", "in review", "", "SUCCESSFUL?"])
def test_a_status_word_that_is_not_known_is_polled_on(sim: Simulation, word: str) -> None:
    sim.takes = sim.takes[:1]
    poll = sim.on_poll
    sim.on_poll = lambda call: task(call.task_id, word) if between(0, HOUR, sim) else poll(call)
    sim.render()
    assert sim.states() == ["succeeded"]
    assert sim.clock.time_s >= HOUR


def test_a_reply_that_speaks_of_another_task_never_counts(sim: Simulation) -> None:
    sim.takes = sim.takes[:1]
    poll = sim.on_poll
    sim.on_poll = lambda call: (
        task("task-of-another", "failed" if call.number % 2 else "success")
        if between(0, 600, sim)
        else poll(call)
    )
    sim.render()
    [submission] = sim.submissions()
    assert submission.state.value == "succeeded"
    assert submission.video_url == "https://files.example/task-1.mp4"


def test_a_task_that_is_hours_old_is_still_polled_every_minute(sim: Simulation) -> None:
    sim.takes, sim.render_s = make_takes(1), 12 * HOUR + 60
    sim.timeout_s = 60.0
    sim.render()
    sim.clock.time_s = 12 * HOUR
    sim.timeout_s = None
    sim.render()
    assert Counter(sim.states()) == {"succeeded": 1}
    assert sim.clock.time_s < 12 * HOUR + 60 + 65


def test_polls_do_not_starve_while_thousands_wait_to_be_submitted(sim: Simulation) -> None:
    sim.takes = make_takes(2000)
    sim.concurrency = 1000
    sim.plan_options = PlanOptions(download=False)
    sim.timeout_s = 15 * 60
    sim.render()
    first_poll_s = {call.task_id: call.at_s for call in reversed(sim.api.polls)}
    early_tasks = {
        task_id: accepted_s for task_id, accepted_s in sim.accepted_s.items() if accepted_s < 300
    }
    waits = [
        first_poll_s.get(task_id, HOUR) - accepted_s for task_id, accepted_s in early_tasks.items()
    ]
    assert max(waits) < 180
    # And submissions keep most of the budget while the window is open.
    assert len(early_tasks) > 200


def test_a_status_that_is_not_known_is_told_once_and_unknown_after_the_slowest_time(
    sim: Simulation,
) -> None:
    sim.on_poll = lambda call: task(call.task_id, "moderating")
    sim.render()

    assert sim.states() == ["unknown"] * 3
    assert HOUR <= sim.clock.time_s < HOUR + 300
    told = [(at, progress) for at, progress in sim.progress if progress.step is Step.ODD]
    assert [(at < 120, progress.detail) for at, progress in told] == [
        (
            True,
            'storyboard does not know the status "moderating"; '
            "polling continues, for 60 minutes at most",
        )
    ]
    assert sim.submissions()[0].reason == (
        "the API gave no usable status for task task-1: "
        'storyboard does not know the status "moderating"'
    )
    assert len(sim.api.posts) == 3


def test_a_status_that_is_known_again_is_waited_for_as_usual(sim: Simulation) -> None:
    sim.takes, sim.render_s = sim.takes[:1], 3 * HOUR
    poll = sim.on_poll
    sim.on_poll = lambda call: poll(call) if call.number % 9 == 0 else task(call.task_id, "")
    sim.render()

    assert sim.states() == ["succeeded"]


@pytest.mark.parametrize("told", ["task-2", None])
def test_replies_about_another_task_do_not_go_on_for_ever(
    sim: Simulation, told: str | None
) -> None:
    sim.takes = sim.takes[:1]
    sim.on_poll = lambda call: task(told)  # type: ignore[arg-type]
    sim.render()

    assert sim.states() == ["unknown"]
    assert sim.clock.time_s < HOUR + 300


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (refused(500, "Internal: oh"), "HTTP 500: Internal: oh"),
        (refused(429, "Rate limit exceeded"), "HTTP 429: Rate limit exceeded"),
        (json_answer({"hello": "world"}), "the reply has no task status"),
        (Answer(200, body=b"<html>"), "the reply has no task status"),
        (Answer(200, body=b'{"co', problem="the reply was cut off"), "the reply was cut off"),
    ],
)
def test_polls_that_are_answered_and_never_usable_end_as_unknown_after_the_slowest_time(
    sim: Simulation, answer: Answer, reason: str
) -> None:
    sim.takes = sim.takes[:1]
    sim.on_poll = lambda call: answer
    sim.render()
    [submission] = sim.submissions()
    assert submission.state.value == "unknown"
    assert submission.reason == f"the API gave no usable status for task task-1: {reason}"
    assert HOUR <= sim.clock.time_s < HOUR + 300
    sim.render()
    assert len(sim.api.posts) == 1


def test_errors_among_odd_statuses_do_not_make_them_endless(sim: Simulation) -> None:
    sim.takes = sim.takes[:1]
    sim.on_poll = lambda call: refused(500) if call.number % 3 else task(call.task_id, "odd")
    sim.render()
    assert sim.states() == ["unknown"]
    assert sim.clock.time_s < HOUR + 300


def test_hours_without_the_api_say_nothing_of_a_task(sim: Simulation) -> None:
    sim.takes = sim.takes[:1]
    poll = sim.on_poll
    sim.on_poll = lambda call: (
        refused(502)
        if call.number in (1, 2)
        else no_answer()
        if between(0, 5 * HOUR, sim)
        else poll(call)
    )
    sim.render()
    assert sim.states() == ["succeeded"]


def test_a_link_that_cannot_be_renewed_for_ten_minutes_is_left_to_a_later_run(
    sim: Simulation,
) -> None:
    sim.takes = sim.takes[:1]
    poll, fetch = sim.on_poll, sim.fetch
    sim.fetch = lambda submission, part: FetchFailed("host: HTTP 403", is_gone=True)
    sim.on_poll = lambda call: refused(500) if sim.clock.time_s > 70 else poll(call)
    result = sim.render()
    assert sim.states() == ["succeeded"]
    assert list(result.not_downloaded.values()) == [
        "its link is gone, and the API gives no new one"
    ]
    assert sim.clock.time_s < 900
    sim.fetch = fetch
    sim.render()
    assert [submission.video is not None for submission in sim.submissions()] == [True]


@pytest.mark.parametrize(("status", "until_s"), [(403, 300), (404, 1800)])
def test_a_firewall_s_page_for_a_poll_is_no_word_about_account_or_task(
    sim: Simulation, status: int, until_s: float
) -> None:
    poll = sim.on_poll
    page = Answer(status, body=b"<html>blocked</html>")
    sim.on_poll = lambda call: page if between(0, until_s, sim) else poll(call)
    result = sim.render()

    assert sim.states() == ["succeeded"] * 3
    assert result.stopped_by is None
