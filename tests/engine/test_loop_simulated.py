"""The loop in simulated time: outages, limits, refusals, and how they end."""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from storyboard.api.http.response import Answer
from storyboard.engine.events import Interrupted
from storyboard.engine.job import Progress, Step
from storyboard.engine.loop import Engine
from storyboard.errors import AccountError, ExitCode
from storyboard.planning.plan import PlanOptions
from storyboard.records import Submission
from storyboard.videos.result import FetchFailed, FetchResult
from tests.engine.rig import make_takes
from tests.engine.simulation import (
    ApiWithLog,
    Call,
    Simulation,
    json_answer,
    no_answer,
    no_connection,
    refused,
    task,
)

HOUR = 3600.0


@pytest.fixture
def sim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Simulation:
    return Simulation(tmp_path / "out", make_takes(3), monkeypatch)


def between(start_s: float, end_s: float, sim: Simulation) -> bool:
    return start_s <= sim.clock.time_s < end_s


def cut_off(
    sim: Simulation, start_s: float, end_s: float, answer: Callable[[], Answer] = no_connection
) -> None:
    """The API cannot be reached for a while."""
    on_post, on_poll = sim.on_post, sim.on_poll
    sim.on_post = lambda call: answer() if between(start_s, end_s, sim) else on_post(call)
    sim.on_poll = lambda call: answer() if between(start_s, end_s, sim) else on_poll(call)


def gaps(calls: list[Call]) -> list[float]:
    return [after.at_s - before.at_s for before, after in pairwise(calls)]


# Out of reach


def test_an_api_that_is_never_reached_ends_the_run_after_a_minute(sim: Simulation) -> None:
    cut_off(sim, 0, 24 * HOUR)
    result = sim.render()
    assert str(result.stopped_by) == "the API at https://api.example cannot be reached"
    assert result.stopped_by is not None
    assert result.stopped_by.exit_code is ExitCode.ACCOUNT
    assert 60 <= sim.clock.time_s <= 61
    assert set(sim.states()) == {"unavailable"}


def test_an_api_that_answers_after_forty_seconds_gets_every_take(sim: Simulation) -> None:
    cut_off(sim, 0, 40)
    assert sim.render().stopped_by is None
    assert Counter(sim.states())["succeeded"] == 3


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


def test_half_an_hour_out_of_reach_with_nothing_in_flight_ends_the_run(sim: Simulation) -> None:
    sim.concurrency = 1
    accept = sim.on_post
    sim.on_post = lambda call: accept(call) if call.number == 1 else no_connection()
    result = sim.render()
    assert str(result.stopped_by) == "the API at https://api.example cannot be reached"
    last_poll_s = sim.api.polls[-1].at_s
    assert sim.clock.time_s == pytest.approx(last_poll_s + HOUR / 2, abs=1)
    assert Counter(sim.states())["succeeded"] == 1


def test_an_outage_of_hours_with_tasks_in_flight_is_sat_out(sim: Simulation) -> None:
    sim.concurrency = 1
    cut_off(sim, 5, 3 * HOUR)
    assert sim.render().stopped_by is None
    assert Counter(sim.states()) == {"succeeded": 3}
    assert len(sim.api.polls) < 600


@pytest.mark.parametrize("latency_s", [0.2, 5.0, 60.0])
def test_an_outage_that_swallows_every_answer_makes_five_unknowns(
    sim: Simulation, latency_s: float
) -> None:
    sim.takes = make_takes(100)
    sim.concurrency = 50
    sim.latency_s = latency_s
    cut_off(sim, 5, 24 * HOUR, answer=no_answer)
    result = sim.render()
    assert "5 submissions in a row got no usable answer from https://api.example" in str(
        result.stopped_by
    )
    assert Counter(sim.states())["unknown"] == 5


# Polls that go wrong


def test_a_task_that_is_not_found_for_ten_minutes_is_unknown(sim: Simulation) -> None:
    sim.takes = sim.takes[:1]
    sim.on_poll = lambda call: refused(404, "Not found: task")
    sim.render()
    [submission] = sim.submissions()
    assert submission.state.value == "unknown"
    assert submission.reason == (
        "the API no longer finds task task-1 (expired, or sent with another key: of a test)"
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


# Limits


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
    assert counts["unavailable"] < 100


# Fairness


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
    assert len(early_tasks) > 250


def test_slow_downloads_hold_up_no_submission(sim: Simulation) -> None:
    sim.takes = make_takes(60)
    sim.concurrency = 10
    sim.fetch_s = 600
    sim.render()
    assert sim.api.posts[-1].at_s < 10 * 60
    assert Counter(sim.states()) == {"succeeded": 60}
    assert sim.clock.time_s > 60 / 4 * 600


# The request log


def with_a_log(sim: Simulation, log_status: Callable[[str], str] | None = None) -> ApiWithLog:
    """A simulation of 200 takes, ten in flight, at an API that has a request log."""
    rng = random.Random(1)
    sim.takes, sim.concurrency, sim.requests_per_minute = make_takes(200), 10, 100
    sim.render_times_s = [60 * rng.lognormvariate(0, 0.5) for _ in sim.takes]
    sim.plan_options = PlanOptions(download=False)
    log = ApiWithLog(sim, log_status)
    sim.api = log
    return log


def least_s(sim: Simulation, *, slots: int = 10) -> float:
    """The makespan if each slot got its next take at once."""
    free_at = [0.0] * slots
    for each_s in sim.render_times_s[: len(sim.takes)]:
        heapq.heapreplace(free_at, free_at[0] + each_s)
    return max(free_at)


def test_a_log_that_can_be_trusted_makes_a_run_shorter_and_spares_polls(sim: Simulation) -> None:
    log = with_a_log(sim)
    sim.render()
    assert Counter(sim.states()) == {"succeeded": 200}
    assert [progress.step for _, progress in sim.progress].count(Step.RENDERED) == 200
    # Of this small budget the log_checks leave half to the submissions and polls.
    assert sim.clock.time_s < 1.06 * least_s(sim)
    assert len(log.polls) + len(log.log_checks) < 6 * 200
    assert len(log.polls) < 2.5 * 200


@pytest.mark.parametrize("word", ["success", "processing", "resting"])
def test_a_log_that_always_says_the_same_is_found_out(sim: Simulation, word: str) -> None:
    log = with_a_log(sim, lambda task_id: word)
    sim.render()
    assert Counter(sim.states()) == {"succeeded": 200}
    assert len(log.log_checks) < 80
    assert log.log_checks[-1] < 3 * 60
    assert sim.clock.time_s < 1.15 * least_s(sim)
    assert len(log.polls) < 6.5 * 200


def test_a_log_that_stops_reporting_ends_delays_little(sim: Simulation) -> None:
    log = with_a_log(sim)
    status = log.log_status
    log.log_status = lambda task_id: status(task_id) if sim.clock.time_s < 600 else "processing"
    sim.render()
    assert Counter(sim.states()) == {"succeeded": 200}
    assert log.log_checks[-1] < 1000
    assert sim.clock.time_s < 1.2 * least_s(sim)


@pytest.mark.parametrize("status", [401, 404, 429])
def test_a_log_that_is_refused_is_seldom_checked_and_ends_nothing(
    sim: Simulation, status: int
) -> None:
    def refuse_it(task_id: str) -> str:
        raise AccountError(f"refused (HTTP {status}).", next_step="ask")

    log = with_a_log(sim, refuse_it)
    result = sim.render()
    assert result.stopped_by is None
    assert Counter(sim.states()) == {"succeeded": 200}
    assert len(log.log_checks) < 10


def test_a_log_check_that_hangs_does_not_hold_up_the_end_of_the_run(sim: Simulation) -> None:
    log = with_a_log(sim)
    sim.takes = sim.takes[:3]
    log.log_check_s = HOUR
    sim.render()
    assert len(log.log_checks) == 1
    assert sim.clock.time_s < 200


def test_a_task_that_is_being_polled_is_not_polled_twice(sim: Simulation) -> None:
    log = with_a_log(sim)
    sim.takes, sim.plan_options, sim.latency_s = sim.takes[:30], PlanOptions(), 8.0
    log.log_check_s = 0.1
    sim.render()
    steps = Counter(progress.step for _, progress in sim.progress)
    assert steps[Step.RENDERED] == steps[Step.DOWNLOADED] == 30
    polls: dict[str, list[float]] = {}
    for call in log.polls:
        polls.setdefault(call.task_id, []).append(call.at_s)
    gaps_s = [after - before for at_s in polls.values() for before, after in pairwise(at_s)]
    assert min(gaps_s) >= sim.latency_s


def test_a_log_of_many_pages_is_read_page_by_page(sim: Simulation) -> None:
    log = with_a_log(sim)
    sim.takes, sim.concurrency, sim.requests_per_minute = make_takes(300), 60, 1000
    sim.render_times_s = [*sim.render_times_s, *sim.render_times_s]
    sim.render()
    assert sim.clock.time_s < 1.1 * least_s(sim, slots=60)
    rendered = [progress.step for _, progress in sim.progress].count(Step.RENDERED)
    assert rendered == 300
    assert len(log.polls) < 3.5 * 300


@pytest.mark.parametrize("rate", [1, 4, 10, 20, 29])
@pytest.mark.parametrize("word", ["success", "processing", None])
def test_log_checks_leave_half_of_a_small_budget_to_submissions_and_polls(
    sim: Simulation, rate: int, word: str | None
) -> None:
    sim.takes, sim.concurrency, sim.requests_per_minute = make_takes(4), 2, rate
    sim.render_s, sim.plan_options = 60.0, PlanOptions(download=False)
    log = ApiWithLog(sim, word and (lambda task_id: str(word)))
    sim.api = log
    sim.render()
    assert Counter(sim.states()) == {"succeeded": 4}
    assert sim.clock.time_s < 200 + 60 / rate * 30
    assert len(log.log_checks) <= 4 + len(log.polls) + len(log.posts)


def test_a_budget_that_is_used_up_is_not_used_up_by_log_checks(sim: Simulation) -> None:
    log = with_a_log(sim)
    sim.concurrency, sim.requests_per_minute = 60, 30
    sim.render_times_s = [10.0] * 200
    sim.render()
    assert Counter(sim.states()) == {"succeeded": 200}
    assert len(log.log_checks) < (len(log.polls) + len(log.posts)) / 2


def test_tasks_that_the_log_reports_as_ended_are_polled_before_late_ones(sim: Simulation) -> None:
    log = with_a_log(sim)
    sim.takes, sim.concurrency = make_takes(90), 90
    sim.render_times_s = [1.0 if n % 3 == 0 else 1000.0 for n in range(90)]
    sim.render()
    seen_s = {
        progress.submission.take: at_s
        for at_s, progress in sim.progress
        if progress.step is Step.RENDERED
    }
    quick = [seen_s[take.id] for take in sim.takes[::3]]
    assert sum(quick) / len(quick) < 100
    assert len(log.posts) == 90


def test_a_bug_in_reading_the_log_costs_nothing(sim: Simulation) -> None:
    def stumble(task_id: str) -> str:
        raise OverflowError("date value out of range")

    log = with_a_log(sim, stumble)
    assert sim.render().stopped_by is None
    assert Counter(sim.states()) == {"succeeded": 200}
    assert len(log.log_checks) < 10


def test_a_task_that_is_hours_old_is_still_polled_every_minute(sim: Simulation) -> None:
    sim.takes, sim.render_s = make_takes(1), 12 * HOUR + 60
    sim.timeout_s = 60.0
    sim.render()
    sim.clock.time_s = 12 * HOUR
    sim.timeout_s = None
    sim.render()
    assert Counter(sim.states()) == {"succeeded": 1}
    assert sim.clock.time_s < 12 * HOUR + 60 + 65


# Ends


def test_the_time_given_ends_the_run_to_the_second_and_the_next_goes_on(sim: Simulation) -> None:
    sim.render_s, sim.timeout_s = 2 * HOUR, 90.0
    result = sim.render()
    assert str(result.stopped_by) == "the time given ran out; work goes on at the API"
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


# Downloads


def test_a_link_refused_for_a_while_is_not_given_up_for_good(sim: Simulation) -> None:
    """A proxy that blocks the host answers 403 too, and the video lies there for days."""
    sim.takes = sim.takes[:1]
    fetch, sim.fetch = sim.fetch, refuse
    result = sim.render()
    assert list(result.not_downloaded.values()) == ["files.example: refused (HTTP 403)"]
    sim.fetch = fetch
    sim.render()
    [submission] = sim.submissions()
    assert submission.video is not None
    assert len(sim.api.posts) == 1


def refuse(submission: Submission, part: Path) -> FetchResult:
    return FetchFailed("files.example: refused (HTTP 403)", is_gone=True)


def test_a_link_that_cannot_be_renewed_because_of_the_key_is_not_given_up_for_good(
    sim: Simulation,
) -> None:
    sim.takes = sim.takes[:1]
    fetch, sim.fetch = sim.fetch, refuse
    poll, has_succeeded = sim.on_poll, [False]

    def refuse_the_key_later(call: Call) -> Answer:
        if has_succeeded[0]:
            return refused(401)
        has_succeeded[0] = sim.clock.time_s > sim.render_s
        return poll(call)

    sim.on_poll = refuse_the_key_later
    result = sim.render()
    assert list(result.not_downloaded.values()) == ["its link is gone, and the API refuses the key"]
    sim.fetch = fetch
    sim.render()
    assert [submission.video is not None for submission in sim.submissions()] == [True]


@pytest.mark.parametrize(
    "answer", [refused(404), refused(500), json_answer({"code": 0, "data": {}})]
)
def test_one_odd_answer_while_a_link_is_renewed_does_not_cost_the_video(
    sim: Simulation, answer: Answer
) -> None:
    sim.takes = sim.takes[:1]
    fetch, sim.fetch = sim.fetch, refuse
    poll, late_polls = sim.on_poll, [0]

    def be_odd_once(call: Call) -> Answer:
        late_polls[0] += sim.clock.time_s > sim.render_s
        return answer if late_polls[0] == 2 else poll(call)

    sim.on_poll = be_odd_once
    sim.render()
    assert late_polls[0] >= 2
    sim.fetch = fetch
    sim.render()
    assert [submission.video is not None for submission in sim.submissions()] == [True]
    assert len(sim.api.posts) == 1


# What breaks on our side


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
