"""What the request log says, how much it helps a run, and how little it harms one."""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from itertools import pairwise

import pytest

from storyboard.api.account import Checkup, LogEntry, LogPage
from storyboard.engine.events import LogChecked, LogCheckFailed
from storyboard.engine.job import Step
from storyboard.engine.request_log import read_log
from storyboard.errors import AccountError, NotNow, StoryboardError
from storyboard.planning.plan import PlanOptions
from storyboard.replies import RateHint
from tests.engine.rig import make_takes
from tests.engine.simulation import HOUR, ApiWithLog, ScriptedApi, Simulation

START = datetime(2026, 11, 22, 18, 0, tzinfo=timezone.utc)


# Reading a page


class Log:
    """An account whose log is one page, or an error."""

    def __init__(self, answer: LogPage | StoryboardError) -> None:
        self._answer = answer
        self.asked: tuple[datetime, datetime, int] | None = None

    def check_up(self) -> Checkup:
        return Checkup(is_key_valid=True, rate=RateHint())

    def logs(
        self,
        start: datetime,
        end: datetime,
        *,
        page: int = 1,
        page_size: int = 100,
        user_id: str | None = None,
    ) -> LogPage:
        self.asked = (start, end, page)
        if isinstance(self._answer, StoryboardError):
            raise self._answer
        return self._answer


def test_every_status_that_means_an_end_counts_and_no_other() -> None:
    words = ("success", "Failed", "canceled", "pending", "processing", "resting", None)
    entries = tuple(LogEntry(f"task-{word}", word) for word in words)
    log = Log(LogPage(entries, total=201, rows=len(entries)))
    checked = read_log(log, START, START + timedelta(minutes=5), 2)
    assert checked == LogChecked(
        frozenset({"task-success", "task-Failed", "task-canceled"}), pages=3
    )


def test_the_server_s_clock_may_differ_from_ours_by_a_minute() -> None:
    log = Log(LogPage((), total=None, rows=0))
    assert read_log(log, START, START, 1) == LogChecked(frozenset(), pages=1)
    assert log.asked == (START - timedelta(minutes=1), START + timedelta(minutes=1), 1)


@pytest.mark.parametrize(
    ("error", "wait_s"),
    [
        (NotNow("slow down.", next_step="wait", wait_s=17.0), 17.0),
        (AccountError("no.", next_step="ask"), None),
    ],
)
def test_a_log_that_cannot_be_read_ends_nothing(error: StoryboardError, wait_s: float) -> None:
    assert read_log(Log(error), START, START, 1) == LogCheckFailed(wait_s)


# Checks during a run, in simulated time


def with_a_log(sim: Simulation, log_status: Callable[[str], str] | None = None) -> ApiWithLog:
    """A simulation of 200 takes, ten in flight, at an API that has a request log."""
    rng = random.Random(1)
    sim.takes, sim.concurrency, sim.requests_per_minute = make_takes(200), 10, 100
    sim.render_times_s = [60 * rng.lognormvariate(0, 0.5) for _ in sim.takes]
    sim.plan_options = PlanOptions(download=False)
    log = ApiWithLog(sim, log_status)
    sim.api = log
    return log


def requests_a_minute(log: ApiWithLog, sim: Simulation) -> float:
    requests = len(log.posts) + len(log.polls) + len(log.log_checks)
    return requests / sim.clock.time_s * 60


def least_s(sim: Simulation, *, slots: int = 10) -> float:
    """The makespan if each slot got its next take at once."""
    free_at = [0.0] * slots
    for each_s in sim.render_times_s[: len(sim.takes)]:
        heapq.heapreplace(free_at, free_at[0] + each_s)
    return max(free_at)


def test_a_log_that_is_in_time_makes_a_run_shorter(sim: Simulation) -> None:
    log = with_a_log(sim)
    sim.render()
    assert Counter(sim.states()) == {"succeeded": 200}
    assert [progress.step for _, progress in sim.progress].count(Step.RENDERED) == 200
    assert sim.clock.time_s < 1.03 * least_s(sim)
    assert requests_a_minute(log, sim) < 0.81 * 100
    assert min(after - before for before, after in pairwise(log.log_checks)) > 0.999999


@pytest.mark.parametrize("has_log", [True, False])
def test_on_a_small_account_hardly_any_slot_time_is_wasted(sim: Simulation, has_log: bool) -> None:
    log = with_a_log(sim)
    if not has_log:
        sim.api = ScriptedApi(sim)
    sim.takes, sim.concurrency, sim.requests_per_minute = make_takes(20), 2, 100
    sim.render()
    assert Counter(sim.states()) == {"succeeded": 20}
    assert sim.clock.time_s < 1.03 * least_s(sim, slots=2)
    assert bool(log.log_checks) is has_log


@pytest.mark.parametrize("word", ["success", "processing", "resting"])
def test_a_log_that_always_says_the_same_is_found_out(sim: Simulation, word: str) -> None:
    log = with_a_log(sim, lambda task_id: word)
    sim.takes = sim.takes[:100]
    sim.render()
    assert Counter(sim.states()) == {"succeeded": 100}
    assert len(log.log_checks) < 80
    assert log.log_checks[-1] < 3 * 60
    assert sim.clock.time_s < 1.08 * least_s(sim)
    assert requests_a_minute(log, sim) < 0.81 * 100


def test_a_log_that_stops_reporting_ends_delays_little(sim: Simulation) -> None:
    log = with_a_log(sim)
    status = log.log_status
    log.log_status = lambda task_id: status(task_id) if sim.clock.time_s < 600 else "processing"
    sim.render()
    assert Counter(sim.states()) == {"succeeded": 200}
    assert log.log_checks[-1] < 1000
    assert sim.clock.time_s < 1.1 * least_s(sim)


def test_a_log_that_is_refused_is_seldom_checked_and_ends_nothing(sim: Simulation) -> None:
    def refuse_it(task_id: str) -> str:
        raise AccountError("refused (HTTP 404).", next_step="ask")

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


def test_no_task_is_polled_more_often_than_once_a_second(sim: Simulation) -> None:
    log = with_a_log(sim)
    sim.takes, sim.concurrency, sim.requests_per_minute = make_takes(15), 3, 10_000
    sim.render()
    polls: dict[str, list[float]] = {}
    for call in log.polls:
        polls.setdefault(call.task_id, []).append(call.at_s)
    gaps_s = [after - before for at_s in polls.values() for before, after in pairwise(at_s)]
    gaps_s += [after - before for before, after in pairwise(log.log_checks)]
    assert min(gaps_s) > 0.999999  # of rounding
    assert sim.clock.time_s < 1.015 * least_s(sim, slots=3)


def test_a_log_of_many_pages_is_read_page_by_page(sim: Simulation) -> None:
    log = with_a_log(sim)
    sim.takes, sim.concurrency, sim.requests_per_minute = make_takes(200), 60, 1000
    sim.render()
    assert sim.clock.time_s < 1.03 * least_s(sim, slots=60)
    rendered = [progress.step for _, progress in sim.progress].count(Step.RENDERED)
    assert rendered == 200
    assert requests_a_minute(log, sim) < 0.81 * 1000


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
        progress.take: at_s for at_s, progress in sim.progress if progress.step is Step.RENDERED
    }
    quick = [seen_s[take.id] for take in sim.takes[::3]]
    assert sum(quick) / len(quick) < 100
    assert len(log.posts) == 90


def test_a_bug_in_reading_the_log_costs_nothing(sim: Simulation) -> None:
    def stumble(task_id: str) -> str:
        raise OverflowError("date value out of range")

    log = with_a_log(sim, stumble)
    sim.takes = sim.takes[:50]
    assert sim.render().stopped_by is None
    assert Counter(sim.states()) == {"succeeded": 50}
    assert len(log.log_checks) < 10
