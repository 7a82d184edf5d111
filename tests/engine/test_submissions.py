"""How many submissions go out, and when: limits of the account in simulated time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest

from storyboard.api.http.response import Answer
from storyboard.engine.job import Progress, Step
from storyboard.errors import Locked, StorageFailed
from storyboard.records import SubmissionState
from tests.engine.rig import make_takes
from tests.engine.simulation import HOUR, Call, Simulation, cut_off, gaps, no_connection, refused

# Rate and connection


def test_without_a_connection_the_waits_double_with_jitter_up_to_a_quarter_minute(
    sim: Simulation,
) -> None:
    sim.takes = sim.takes[:1]
    cut_off(sim, 1, HOUR)
    greeting = refused(429, retry_after="0")
    sim.on_post = lambda call: greeting if call.number == 1 else no_connection()
    sim.render()
    waits = gaps(sim.api.posts[1:])
    for wait_s, full_s in zip(waits, [1, 2, 4, 8, 15, 15, 15], strict=False):
        assert full_s / 2 <= wait_s - sim.latency_s <= full_s
    assert len(set(waits[4:])) > 50


@pytest.mark.parametrize(
    ("headers", "least_s"),
    [
        ({"retry_after": "17"}, 17),
        ({"retry_after": "Sun, 22 Nov 2026 18:00:17 GMT"}, 17),
        ({"x_ratelimit_reset": str(1795370400 + 23)}, 23),
    ],
)
def test_a_rate_limit_is_waited_for_as_long_as_the_api_says(
    sim: Simulation, headers: dict[str, str], least_s: float
) -> None:
    accept = sim.on_post
    limit = refused(429, "Rate limit exceeded: 100 requests per minute", **headers)
    sim.on_post = lambda call: limit if call.number == 1 else accept(call)
    sim.render()
    # One more may have been on its way.
    later = [call.at_s for call in (*sim.api.posts, *sim.api.polls) if call.at_s > 1.0]
    assert least_s <= min(later) <= least_s + 2
    assert Counter(sim.states()) == {"unavailable": 1, "succeeded": 3}


def test_a_rate_limit_without_a_hint_is_backed_off_from(sim: Simulation) -> None:
    sim.takes = sim.takes[:1]
    accept = sim.on_post
    limit = refused(429, "Rate limit exceeded")
    sim.on_post = lambda call: limit if call.number < 7 else accept(call)
    sim.render()
    for wait_s, full_s in zip(gaps(sim.api.posts), [1, 2, 4, 8, 16, 32], strict=True):
        assert full_s / 2 <= wait_s - sim.latency_s <= full_s


# Tasks in flight


def limited_to(sim: Simulation, most: Callable[[], int]) -> None:
    accept = sim.on_post
    limit = refused(429, "Concurrent limit exceeded: wait for your tasks")
    sim.on_post = lambda call: limit if sim.in_flight() >= most() else accept(call)


def test_the_account_s_limit_of_tasks_is_found_and_seldom_run_into(sim: Simulation) -> None:
    sim.takes = make_takes(200)
    limited_to(sim, lambda: 5)
    sim.render()
    counts = Counter(sim.states())
    assert counts["succeeded"] == 200
    # It tries one more a minute, as the limit may have been raised.
    assert counts["unavailable"] <= 2 + sim.clock.time_s / 60
    # 200 tasks of a minute, five at a time, are 40 minutes.
    assert sim.clock.time_s < 1.25 * 40 * 60


@pytest.mark.parametrize("latency_s", [0.2, 3.0])
def test_the_account_s_limit_is_reached_at_once_and_met_with_a_refusal_or_two(
    sim: Simulation, latency_s: float
) -> None:
    sim.takes, sim.requests_per_minute = make_takes(100), 1000
    sim.latency_s, sim.render_s, sim.timeout_s = latency_s, HOUR, 30 + 20 * latency_s
    limited_to(sim, lambda: 20)
    sim.render()
    accepted_s = [at_s for at_s, progress in sim.progress if progress.step is Step.ACCEPTED]
    assert len(accepted_s) == 20
    assert accepted_s[-1] < 20 * latency_s + 5
    assert Counter(sim.states())["unavailable"] <= 2


def test_a_run_that_goes_on_does_not_wait_for_the_tasks_of_the_one_before(sim: Simulation) -> None:
    sim.takes, sim.render_s, sim.timeout_s = make_takes(100), HOUR, 60.0
    limited_to(sim, lambda: 10 if sim.clock.time_s < 60 else 20)
    sim.render()
    sim.render()
    assert sim.in_flight() == 20
    assert Counter(sim.states())["unavailable"] <= 4


def test_after_a_limit_the_window_grows_again_by_one_a_minute(sim: Simulation) -> None:
    sim.takes = make_takes(120)
    sim.render_s = 20
    most = 3
    limited_to(sim, lambda: most if sim.clock.time_s < 10 * 60 else 100)
    running: list[tuple[float, int]] = []
    poll = sim.on_poll

    def note_and_poll(call: Call) -> Answer:
        running.append((sim.clock.time_s, sim.in_flight()))
        return poll(call)

    sim.on_poll = note_and_poll
    sim.render()

    def widest(start_min: float, end_min: float) -> int:
        return max(n for at_s, n in running if start_min * 60 <= at_s < end_min * 60)

    assert widest(5, 10) == 3
    assert widest(10, 12) in (4, 5)
    assert widest(12, 14) in (6, 7)


def test_slots_held_by_others_are_waited_for_without_hammering(sim: Simulation) -> None:
    limited_to(sim, lambda: 0 if sim.clock.time_s < HOUR else 10)
    sim.render()
    counts = Counter(sim.states())
    assert counts["succeeded"] == 3
    assert counts["unavailable"] < 150  # in an hour


# Refusals by something before the API


def blocked(status: int = 403) -> Answer:
    return Answer(status, body=b"<html>blocked by the firewall</html>")


def test_a_firewall_s_page_for_one_prompt_holds_that_take_alone(sim: Simulation) -> None:
    accept = sim.on_post
    sim.on_post = lambda call: blocked() if call.payload["prompt"] == "shot 2" else accept(call)
    result = sim.render()
    sim.render()

    assert sim.states() == ["succeeded", "rejected", "succeeded"]
    assert len(sim.api.posts) == 3
    assert result.stopped_by is None
    refused_take = sim.submissions()[1]
    assert refused_take.http_status is None  # the API itself said nothing
    assert refused_take.reason == (
        "HTTP 403, not in the API's own form: a firewall or proxy may have sent it"
    )


def test_five_pages_in_a_row_speak_for_the_connection(sim: Simulation) -> None:
    sim.takes = make_takes(20)
    sim.on_post = lambda call: blocked(406)
    result = sim.render()

    assert len(sim.api.posts) == 5
    assert result.stopped_by is not None
    assert "5 submissions in a row got no usable reply" in str(result.stopped_by)


def test_a_limiter_s_page_is_waited_for(sim: Simulation) -> None:
    accept = sim.on_post
    page = Answer(429, {"retry-after": "20, 20"}, b"<html>Too many requests</html>")
    sim.on_post = lambda call: page if call.number == 1 else accept(call)
    sim.render()

    assert Counter(sim.states()) == {"unavailable": 1, "succeeded": 3}
    assert 20 <= min(call.at_s for call in sim.api.posts[1:] if call.at_s > 1) <= 22


def test_a_limiter_s_page_for_one_prompt_keeps_no_other_take_waiting(sim: Simulation) -> None:
    accept = sim.on_post
    sim.on_post = lambda call: blocked(429) if call.payload["prompt"] == "shot 1" else accept(call)
    result = sim.render()

    assert Counter(sim.states()) == {"unavailable": 5, "succeeded": 2}
    assert [call.payload["prompt"] for call in sim.api.posts][1:3] == ["shot 2", "shot 3"]
    assert result.stopped_by is None


# Another process


def test_a_render_beside_this_one_ends_its_submissions(sim: Simulation) -> None:
    """Two renders hold one lock if its file was deleted, or the disk ignores locks."""
    sim.concurrency = 1

    def submit_the_next(progress: Progress) -> None:
        if (progress.take, progress.step) == ("shot-1", Step.ACCEPTED):
            with closing(sim._open()) as store:
                sent = store.begin(sim.takes[1], endpoint="/api", now=sim.clock.now())
                store.update(replace(sent, state=SubmissionState.SUCCEEDED, task_id="task-9"))

    sim.listener = submit_the_next
    stopped_by = sim.render().stopped_by
    assert isinstance(stopped_by, Locked)
    assert str(stopped_by) == (
        f"another storyboard process submits into {sim.folder} at the same time, although this "
        "one holds the lock; nothing more is submitted"
    )
    assert [call.payload["prompt"] for call in sim.api.posts] == ["shot 1"]
    assert sim.states() == ["succeeded", "succeeded"]


@pytest.mark.parametrize("is_replaced", [False, True])
def test_a_state_file_that_is_deleted_or_replaced_ends_the_submissions(
    sim: Simulation, is_replaced: bool
) -> None:
    """SQLite goes on writing into a file that has no name any more."""
    sim.concurrency = 1

    def take_away(progress: Progress) -> None:
        if (progress.take, progress.step) == ("shot-1", Step.ACCEPTED):
            path = sim.folder / "state.sqlite3"
            content = path.read_bytes()
            path.rename(path.with_name("moved.sqlite3"))
            if is_replaced:
                path.write_bytes(content)

    sim.listener = take_away
    stopped_by = sim.render().stopped_by
    assert isinstance(stopped_by, StorageFailed)
    assert str(stopped_by) == (
        f"{sim.folder / 'state.sqlite3'} was deleted, moved or replaced during the render; "
        "nothing more is submitted"
    )
    assert [call.payload["prompt"] for call in sim.api.posts] == ["shot 1"]
    assert sim.api.polls  # what was accepted is waited for
