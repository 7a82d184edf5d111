"""What takes minutes and hours in real time: outages, limits, refusals, and how they end."""

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
from tests.engine.night import (
    Call,
    LoggedApi,
    Night,
    no_answer,
    no_connection,
    refused,
    said,
    task,
)
from tests.engine.rig import make_takes

HOUR = 3600.0


@pytest.fixture
def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Night:
    return Night(tmp_path / "out", make_takes(3), monkeypatch)


def between(start_s: float, end_s: float, night: Night) -> bool:
    return start_s <= night.hands.time_s < end_s


def cut_off(
    night: Night, start_s: float, end_s: float, answer: Callable[[], Answer] = no_connection
) -> None:
    """The API cannot be reached for a while."""
    on_post, on_poll = night.on_post, night.on_poll
    night.on_post = lambda call: answer() if between(start_s, end_s, night) else on_post(call)
    night.on_poll = lambda call: answer() if between(start_s, end_s, night) else on_poll(call)


def gaps(calls: list[Call]) -> list[float]:
    return [after.at_s - before.at_s for before, after in pairwise(calls)]


# Out of reach


def test_an_api_that_is_never_reached_ends_the_run_after_a_minute(night: Night) -> None:
    cut_off(night, 0, 24 * HOUR)
    result = night.render()
    assert str(result.stopped_by) == "the API at https://api.example cannot be reached"
    assert result.stopped_by is not None
    assert result.stopped_by.exit_code is ExitCode.ACCOUNT
    assert 60 <= night.hands.time_s <= 61
    assert set(night.states()) == {"unavailable"}


def test_an_api_that_answers_after_forty_seconds_gets_every_take(night: Night) -> None:
    cut_off(night, 0, 40)
    assert night.render().stopped_by is None
    assert Counter(night.states())["succeeded"] == 3


def test_without_a_connection_the_waits_double_with_jitter_up_to_a_quarter_minute(
    night: Night,
) -> None:
    night.takes = night.takes[:1]
    cut_off(night, 1, HOUR)
    greeting = refused(429, retry_after="0")
    night.on_post = lambda call: greeting if call.number == 1 else no_connection()
    night.render()
    waits = gaps(night.api.posts[1:])
    for wait_s, full_s in zip(waits, [1, 2, 4, 8, 15, 15, 15], strict=False):
        assert full_s / 2 <= wait_s - night.latency_s <= full_s
    assert len(set(waits[4:])) > 50


def test_half_an_hour_out_of_reach_with_nothing_in_flight_ends_the_run(night: Night) -> None:
    night.concurrency = 1
    accept = night.on_post
    night.on_post = lambda call: accept(call) if call.number == 1 else no_connection()
    result = night.render()
    assert str(result.stopped_by) == "the API at https://api.example cannot be reached"
    last_poll_s = night.api.polls[-1].at_s
    assert night.hands.time_s == pytest.approx(last_poll_s + HOUR / 2, abs=1)
    assert Counter(night.states())["succeeded"] == 1


def test_an_outage_of_hours_with_tasks_in_flight_is_sat_out(night: Night) -> None:
    night.concurrency = 1
    cut_off(night, 5, 3 * HOUR)
    assert night.render().stopped_by is None
    assert Counter(night.states()) == {"succeeded": 3}
    assert len(night.api.polls) < 600


@pytest.mark.parametrize("latency_s", [0.2, 5.0, 60.0])
def test_an_outage_that_swallows_every_answer_makes_five_unknowns(
    night: Night, latency_s: float
) -> None:
    night.takes = make_takes(100)
    night.concurrency = 50
    night.latency_s = latency_s
    cut_off(night, 5, 24 * HOUR, answer=no_answer)
    result = night.render()
    assert "5 submissions in a row got no usable answer from https://api.example" in str(
        result.stopped_by
    )
    assert Counter(night.states())["unknown"] == 5


# Polls that go wrong


def test_a_task_that_is_not_found_for_ten_minutes_is_asked_about(night: Night) -> None:
    night.takes = night.takes[:1]
    night.on_poll = lambda call: refused(404, "Not found: task")
    night.render()
    [submission] = night.submissions()
    assert submission.state.value == "unknown"
    assert submission.reason == (
        "the API no longer finds task task-1 (expired, or sent with another key: of a test)"
    )
    assert 600 <= night.hands.time_s - night.api.polls[0].at_s < 660
    assert len(night.api.polls) < 30
    assert [progress.step for _, progress in night.news] == [Step.ACCEPTED, Step.UNKNOWN]


def test_a_task_that_is_found_again_after_nine_minutes_is_finished(night: Night) -> None:
    night.takes = night.takes[:1]
    tell = night.on_poll
    night.on_poll = lambda call: refused(404) if between(0, 540, night) else tell(call)
    night.render()
    assert night.states() == ["succeeded"]
    assert len(night.api.posts) == 1


def test_errors_between_the_404s_do_not_make_them_endless(night: Night) -> None:
    night.takes = night.takes[:1]
    night.on_poll = lambda call: refused(404) if call.number % 2 else refused(500)
    night.render()
    assert night.states() == ["unknown"]
    assert night.hands.time_s < 20 * 60


def test_404s_that_come_and_go_count_for_nothing(night: Night) -> None:
    night.takes, night.render_s = night.takes[:1], HOUR
    tell = night.on_poll
    night.on_poll = lambda call: refused(404) if call.number % 2 else tell(call)
    night.render()
    assert night.states() == ["succeeded"]


def test_a_refused_key_stops_submissions_and_leaves_the_tasks_to_a_better_key(
    night: Night,
) -> None:
    night.takes = make_takes(30)
    tell = night.on_poll
    night.on_poll = lambda call: refused(401, "Authentication failed: expired")
    result = night.render()
    posts, first_s = len(night.api.posts), night.api.polls[0].at_s
    assert result.stopped_by is not None
    assert str(result.stopped_by) == (
        "the API refuses the account (HTTP 401): HTTP 401: Authentication failed: expired"
    )
    assert result.stopped_by.exit_code is ExitCode.ACCOUNT
    assert all(call.at_s <= first_s + night.latency_s for call in night.api.posts)
    assert 60 <= night.hands.time_s - first_s <= 100
    assert set(night.states()) == {"accepted"}

    night.takes, night.on_poll = night.takes[:posts], tell
    night.render()
    assert len(night.api.posts) == posts
    assert set(night.states()) == {"succeeded"}


def test_one_refusal_among_many_404s_does_not_cut_the_patience_short(night: Night) -> None:
    night.takes = night.takes[:1]
    tell = night.on_poll
    answers = {1: refused(404), 2: refused(404), 3: refused(404), 4: refused(401)}
    night.on_poll = lambda call: answers.get(call.number) or tell(call)
    night.render()
    assert night.states() == ["succeeded"]


@pytest.mark.parametrize("word", ["uploading", "in review", "", "SUCCESSFUL?"])
def test_a_status_word_that_is_not_known_is_polled_on(night: Night, word: str) -> None:
    night.takes = night.takes[:1]
    tell = night.on_poll
    night.on_poll = lambda call: task(call.task_id, word) if between(0, HOUR, night) else tell(call)
    night.render()
    assert night.states() == ["succeeded"]
    assert night.hands.time_s >= HOUR


def test_a_reply_that_speaks_of_another_task_never_counts(night: Night) -> None:
    night.takes = night.takes[:1]
    tell = night.on_poll
    night.on_poll = lambda call: (
        task("task-of-another", "failed" if call.number % 2 else "success")
        if between(0, 600, night)
        else tell(call)
    )
    night.render()
    [submission] = night.submissions()
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
def test_a_rate_limit_is_waited_for_as_the_api_says(
    night: Night, headers: dict[str, str], least_s: float
) -> None:
    accept = night.on_post
    told = refused(429, "Rate limit exceeded: 100 requests per minute", **headers)
    night.on_post = lambda call: told if call.number == 1 else accept(call)
    night.render()
    # One more may have been on its way.
    later = [call.at_s for call in (*night.api.posts, *night.api.polls) if call.at_s > 1.0]
    assert least_s <= min(later) <= least_s + 2
    assert Counter(night.states()) == {"unavailable": 1, "succeeded": 3}


def test_a_rate_limit_without_a_hint_is_backed_off_from(night: Night) -> None:
    night.takes = night.takes[:1]
    accept = night.on_post
    told = refused(429, "Rate limit exceeded")
    night.on_post = lambda call: told if call.number < 7 else accept(call)
    night.render()
    for wait_s, full_s in zip(gaps(night.api.posts), [1, 2, 4, 8, 16, 32], strict=True):
        assert full_s / 2 <= wait_s - night.latency_s <= full_s


def limited_to(night: Night, most: Callable[[], int]) -> None:
    accept = night.on_post
    told = refused(429, "Concurrent limit exceeded: wait for your tasks")
    night.on_post = lambda call: told if night.in_flight() >= most() else accept(call)


def test_the_account_s_limit_of_tasks_is_found_and_seldom_run_into(night: Night) -> None:
    night.takes = make_takes(200)
    limited_to(night, lambda: 5)
    night.render()
    counts = Counter(night.states())
    assert counts["succeeded"] == 200
    # It tries one more a minute, as the limit may have been raised.
    assert counts["unavailable"] <= 2 + night.hands.time_s / 60
    # 200 tasks of a minute, five at a time, are 40 minutes.
    assert night.hands.time_s < 1.25 * 40 * 60


@pytest.mark.parametrize("latency_s", [0.2, 3.0])
def test_the_account_s_limit_is_reached_at_once_and_met_with_a_refusal_or_two(
    night: Night, latency_s: float
) -> None:
    night.takes, night.requests_per_minute = make_takes(100), 1000
    night.latency_s, night.render_s, night.timeout_s = latency_s, HOUR, 30 + 20 * latency_s
    limited_to(night, lambda: 20)
    night.render()
    accepted_s = [at_s for at_s, progress in night.news if progress.step is Step.ACCEPTED]
    assert len(accepted_s) == 20
    assert accepted_s[-1] < 20 * latency_s + 5
    assert Counter(night.states())["unavailable"] <= 2


def test_a_run_that_goes_on_does_not_wait_for_the_tasks_of_the_one_before(night: Night) -> None:
    night.takes, night.render_s, night.timeout_s = make_takes(100), HOUR, 60.0
    limited_to(night, lambda: 10 if night.hands.time_s < 60 else 20)
    night.render()
    night.render()
    assert night.in_flight() == 20
    assert Counter(night.states())["unavailable"] <= 4


def test_after_a_limit_the_window_grows_again_by_one_a_minute(night: Night) -> None:
    night.takes = make_takes(120)
    night.render_s = 20
    most = 3
    limited_to(night, lambda: most if night.hands.time_s < 10 * 60 else 100)
    running: list[tuple[float, int]] = []
    tell = night.on_poll

    def look(call: Call) -> Answer:
        running.append((night.hands.time_s, night.in_flight()))
        return tell(call)

    night.on_poll = look
    night.render()

    def widest(start_min: float, end_min: float) -> int:
        return max(n for at_s, n in running if start_min * 60 <= at_s < end_min * 60)

    assert widest(5, 10) == 3
    assert widest(10, 12) in (4, 5)
    assert widest(12, 14) in (6, 7)


def test_slots_held_by_others_are_waited_for_without_hammering(night: Night) -> None:
    limited_to(night, lambda: 0 if night.hands.time_s < HOUR else 10)
    night.render()
    counts = Counter(night.states())
    assert counts["succeeded"] == 3
    assert counts["unavailable"] < 100


# Fairness


def test_polls_do_not_starve_while_thousands_wait_to_be_submitted(night: Night) -> None:
    night.takes = make_takes(2000)
    night.concurrency = 1000
    night.plan_options = PlanOptions(download=False)
    night.timeout_s = 15 * 60
    night.render()
    first_look_s = {call.task_id: call.at_s for call in reversed(night.api.polls)}
    early_tasks = {task_id: born_s for task_id, born_s in night.born_s.items() if born_s < 300}
    waits = [first_look_s.get(task_id, HOUR) - born_s for task_id, born_s in early_tasks.items()]
    assert max(waits) < 180
    # And submissions keep most of the budget while the window is open.
    assert len(early_tasks) > 250


def test_slow_downloads_hold_up_no_submission(night: Night) -> None:
    night.takes = make_takes(60)
    night.concurrency = 10
    night.fetch_s = 600
    night.render()
    assert night.api.posts[-1].at_s < 10 * 60
    assert Counter(night.states()) == {"succeeded": 60}
    assert night.hands.time_s > 60 / 4 * 600


# The request log


def with_a_log(night: Night, on_glance: Callable[[str], str] | None = None) -> LoggedApi:
    """A night of 200 takes, ten in flight, at an API that has a request log."""
    rng = random.Random(1)
    night.takes, night.concurrency, night.requests_per_minute = make_takes(200), 10, 100
    night.render_times_s = [60 * rng.lognormvariate(0, 0.5) for _ in night.takes]
    night.plan_options = PlanOptions(download=False)
    log = LoggedApi(night, on_glance)
    night.api = log
    return log


def least_s(night: Night, *, slots: int = 10) -> float:
    """The makespan if each slot got its next take at once."""
    free_at = [0.0] * slots
    for each_s in night.render_times_s[: len(night.takes)]:
        heapq.heapreplace(free_at, free_at[0] + each_s)
    return max(free_at)


def test_a_log_that_can_be_trusted_makes_a_run_shorter_and_spares_polls(night: Night) -> None:
    log = with_a_log(night)
    night.render()
    assert Counter(night.states()) == {"succeeded": 200}
    assert [news.step for _, news in night.news].count(Step.RENDERED) == 200
    # Of this small budget the glances leave half to the submissions and polls.
    assert night.hands.time_s < 1.06 * least_s(night)
    assert len(log.polls) + len(log.glances) < 6 * 200
    assert len(log.polls) < 2.5 * 200


@pytest.mark.parametrize("word", ["success", "processing", "resting"])
def test_a_log_that_always_says_the_same_is_found_out(night: Night, word: str) -> None:
    log = with_a_log(night, lambda task_id: word)
    night.render()
    assert Counter(night.states()) == {"succeeded": 200}
    assert len(log.glances) < 80
    assert log.glances[-1] < 3 * 60
    assert night.hands.time_s < 1.15 * least_s(night)
    assert len(log.polls) < 6.5 * 200


def test_a_log_that_stops_being_told_of_ends_delays_little(night: Night) -> None:
    log = with_a_log(night)
    tell = log.on_glance
    log.on_glance = lambda task_id: tell(task_id) if night.hands.time_s < 600 else "processing"
    night.render()
    assert Counter(night.states()) == {"succeeded": 200}
    assert log.glances[-1] < 1000
    assert night.hands.time_s < 1.2 * least_s(night)


@pytest.mark.parametrize("status", [401, 404, 429])
def test_a_log_that_is_refused_is_seldom_asked_and_ends_nothing(night: Night, status: int) -> None:
    def refuse_it(task_id: str) -> str:
        raise AccountError(f"refused (HTTP {status}).", next_step="ask")

    log = with_a_log(night, refuse_it)
    result = night.render()
    assert result.stopped_by is None
    assert Counter(night.states()) == {"succeeded": 200}
    assert len(log.glances) < 10


def test_a_glance_that_hangs_does_not_hold_up_the_end_of_the_run(night: Night) -> None:
    log = with_a_log(night)
    night.takes = night.takes[:3]
    log.glance_s = HOUR
    night.render()
    assert len(log.glances) == 1
    assert night.hands.time_s < 200


def test_a_task_that_is_being_looked_at_is_not_looked_at_twice(night: Night) -> None:
    log = with_a_log(night)
    night.takes, night.plan_options, night.latency_s = night.takes[:30], PlanOptions(), 8.0
    log.glance_s = 0.1
    night.render()
    steps = Counter(news.step for _, news in night.news)
    assert steps[Step.RENDERED] == steps[Step.DOWNLOADED] == 30
    looks: dict[str, list[float]] = {}
    for call in log.polls:
        looks.setdefault(call.task_id, []).append(call.at_s)
    gaps_s = [after - before for at_s in looks.values() for before, after in pairwise(at_s)]
    assert min(gaps_s) >= night.latency_s


def test_a_log_of_many_pages_is_read_page_by_page(night: Night) -> None:
    log = with_a_log(night)
    night.takes, night.concurrency, night.requests_per_minute = make_takes(300), 60, 1000
    night.render_times_s = [*night.render_times_s, *night.render_times_s]
    night.render()
    assert night.hands.time_s < 1.1 * least_s(night, slots=60)
    told = [news.step for _, news in night.news].count(Step.RENDERED)
    assert told == 300
    assert len(log.polls) < 3.5 * 300


@pytest.mark.parametrize("rate", [1, 4, 10, 20, 29])
@pytest.mark.parametrize("word", ["success", "processing", None])
def test_glances_leave_half_of_a_small_budget_to_submissions_and_polls(
    night: Night, rate: int, word: str | None
) -> None:
    night.takes, night.concurrency, night.requests_per_minute = make_takes(4), 2, rate
    night.render_s, night.plan_options = 60.0, PlanOptions(download=False)
    log = LoggedApi(night, word and (lambda task_id: str(word)))
    night.api = log
    night.render()
    assert Counter(night.states()) == {"succeeded": 4}
    assert night.hands.time_s < 200 + 60 / rate * 30
    assert len(log.glances) <= 4 + len(log.polls) + len(log.posts)


def test_a_budget_that_is_used_up_is_not_used_up_by_glances(night: Night) -> None:
    log = with_a_log(night)
    night.concurrency, night.requests_per_minute = 60, 30
    night.render_times_s = [10.0] * 200
    night.render()
    assert Counter(night.states()) == {"succeeded": 200}
    assert len(log.glances) < (len(log.polls) + len(log.posts)) / 2


def test_what_the_log_tells_of_is_looked_at_before_what_is_late(night: Night) -> None:
    log = with_a_log(night)
    night.takes, night.concurrency = make_takes(90), 90
    night.render_times_s = [1.0 if n % 3 == 0 else 1000.0 for n in range(90)]
    night.render()
    seen_s = {news.submission.take: at_s for at_s, news in night.news if news.step is Step.RENDERED}
    quick = [seen_s[take.id] for take in night.takes[::3]]
    assert sum(quick) / len(quick) < 100
    assert len(log.posts) == 90


def test_a_bug_in_reading_the_log_costs_nothing(night: Night) -> None:
    def stumble(task_id: str) -> str:
        raise OverflowError("date value out of range")

    log = with_a_log(night, stumble)
    assert night.render().stopped_by is None
    assert Counter(night.states()) == {"succeeded": 200}
    assert len(log.glances) < 10


def test_a_task_that_is_hours_old_is_still_looked_at_every_minute(night: Night) -> None:
    night.takes, night.render_s = make_takes(1), 12 * HOUR + 60
    night.timeout_s = 60.0
    night.render()
    night.hands.time_s = 12 * HOUR
    night.timeout_s = None
    night.render()
    assert Counter(night.states()) == {"succeeded": 1}
    assert night.hands.time_s < 12 * HOUR + 60 + 65


# Ends


def test_the_time_given_ends_the_run_to_the_second_and_the_next_goes_on(night: Night) -> None:
    night.render_s, night.timeout_s = 2 * HOUR, 90.0
    result = night.render()
    assert str(result.stopped_by) == "the time given ran out; work goes on at the API"
    assert result.stopped_by is not None
    assert result.stopped_by.exit_code is ExitCode.TIMEOUT
    assert night.hands.time_s == pytest.approx(90, abs=0.5)
    assert set(night.states()) == {"accepted"}
    night.timeout_s = None
    night.render()
    assert Counter(night.states()) == {"succeeded": 3}
    assert len(night.api.posts) == 3


def test_ctrl_c_waits_for_an_open_post_and_keeps_its_task(night: Night) -> None:
    night.latency_s = 40.0
    result = night.render(on_engine=interrupt_after(night, 5.0))
    assert result.was_interrupted
    assert night.hands.time_s == pytest.approx(40, abs=2)
    assert set(night.states()) == {"accepted"}


def test_after_ctrl_c_nothing_is_submitted_any_more(night: Night) -> None:
    night.latency_s = 10.0
    night.on_post = lambda call: refused(429, "Rate limit exceeded", retry_after="0")
    result = night.render(on_engine=interrupt_after(night, 5.0))
    assert result.was_interrupted
    assert night.api.posts[-1].at_s < 5
    assert set(night.states()) == {"unavailable"}


def test_ctrl_c_waits_no_longer_than_a_minute(night: Night) -> None:
    night.latency_s = 10 * 60.0
    result = night.render(on_engine=interrupt_after(night, 5.0))
    assert result.was_interrupted
    assert night.hands.time_s == pytest.approx(65, abs=0.1)
    assert set(night.states()) == {"sending"}


def interrupt_after(night: Night, seconds: float) -> Callable[[Engine], None]:
    return lambda engine: night.hands.come(seconds, Interrupted())


# Downloads


def test_a_link_refused_for_a_while_is_not_given_up_for_good(night: Night) -> None:
    """A proxy that blocks the host answers 403 too, and the video lies there for days."""
    night.takes = night.takes[:1]
    fetch, night.fetch = night.fetch, refuse
    result = night.render()
    assert list(result.not_downloaded.values()) == ["files.example: refused (HTTP 403)"]
    night.fetch = fetch
    night.render()
    [submission] = night.submissions()
    assert submission.video is not None
    assert len(night.api.posts) == 1


def refuse(submission: Submission, part: Path) -> FetchResult:
    return FetchFailed("files.example: refused (HTTP 403)", is_gone=True)


def test_a_link_that_cannot_be_renewed_because_of_the_key_is_not_given_up_for_good(
    night: Night,
) -> None:
    night.takes = night.takes[:1]
    fetch, night.fetch = night.fetch, refuse
    tell, has_succeeded = night.on_poll, [False]

    def refuse_the_key_later(call: Call) -> Answer:
        if has_succeeded[0]:
            return refused(401)
        has_succeeded[0] = night.hands.time_s > night.render_s
        return tell(call)

    night.on_poll = refuse_the_key_later
    result = night.render()
    assert list(result.not_downloaded.values()) == ["its link is gone, and the API refuses the key"]
    night.fetch = fetch
    night.render()
    assert [submission.video is not None for submission in night.submissions()] == [True]


@pytest.mark.parametrize("answer", [refused(404), refused(500), said({"code": 0, "data": {}})])
def test_one_odd_answer_while_a_link_is_renewed_does_not_cost_the_video(
    night: Night, answer: Answer
) -> None:
    night.takes = night.takes[:1]
    fetch, night.fetch = night.fetch, refuse
    tell, told = night.on_poll, [0]

    def be_odd_once(call: Call) -> Answer:
        told[0] += night.hands.time_s > night.render_s
        return answer if told[0] == 2 else tell(call)

    night.on_poll = be_odd_once
    night.render()
    assert told[0] >= 2
    night.fetch = fetch
    night.render()
    assert [submission.video is not None for submission in night.submissions()] == [True]
    assert len(night.api.posts) == 1


# What breaks on our side


def test_a_terminal_that_is_gone_ends_the_run_but_not_before_open_posts_are_answered(
    night: Night,
) -> None:
    night.takes, night.concurrency, night.latency_s = make_takes(20), 20, 8.0

    def hang_up(progress: Progress) -> None:
        raise BrokenPipeError

    night.watch = hang_up
    with pytest.raises(BrokenPipeError):
        night.render()
    assert len(night.states()) > 2
    assert set(night.states()) == {"accepted"}


def test_a_bug_while_sending_ends_the_run_without_waiting_for_an_answer(night: Night) -> None:
    def break_down(call: Call) -> Answer:
        raise ZeroDivisionError("a bug")

    night.on_post = break_down
    with pytest.raises(ZeroDivisionError, match="a bug"):
        night.render()
    assert night.hands.time_s < 2
    assert set(night.states()) == {"sending"}
