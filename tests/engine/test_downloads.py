"""Downloads that fail, and links that are renewed: in simulated time."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import pytest

from storyboard.api.http.response import Answer
from storyboard.records import Submission
from storyboard.videos.result import FetchFailed, FetchResult
from tests.engine.rig import make_takes
from tests.engine.simulation import Call, Simulation, json_answer, refused


def test_slow_downloads_hold_up_no_submission(sim: Simulation) -> None:
    sim.takes = make_takes(60)
    sim.concurrency = 10
    sim.fetch_s = 600
    sim.render()
    assert sim.api.posts[-1].at_s < 10 * 60
    assert Counter(sim.states()) == {"succeeded": 60}
    assert sim.clock.time_s > 60 / 4 * 600


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


class Failing:
    """Fails as it is told, call by call, and then fetches; notes when it was called."""

    def __init__(self, sim: Simulation, failures: Iterable[FetchFailed]) -> None:
        self._sim, self._fetch, self._failures = sim, sim.fetch, iter(failures)
        self.called_at: list[float] = []
        sim.takes, sim.fetch = sim.takes[:1], self

    def __call__(self, submission: Submission, part: Path) -> FetchResult:
        self.called_at.append(self._sim.clock.time_s)
        failed = next(self._failures, None)
        return failed or self._fetch(submission, part)

    @property
    def waits_s(self) -> list[float]:
        return [after - before for before, after in pairwise(self.called_at)]


def is_fetched(sim: Simulation) -> bool:
    return [submission.video is not None for submission in sim.submissions()] == [True]


def test_a_busy_host_is_waited_for_as_long_as_it_says(sim: Simulation) -> None:
    busy = FetchFailed("host: HTTP 429", is_worth_retrying=True, is_busy=True, wait_s=60.0)
    fetch = Failing(sim, [busy] * 8)
    sim.render()
    assert is_fetched(sim)
    assert fetch.waits_s == pytest.approx([60.0] * 8, abs=0.1)


def test_a_busy_host_that_does_not_say_how_long_is_asked_more_and_more_slowly(
    sim: Simulation,
) -> None:
    busy = FetchFailed("host: HTTP 503", is_worth_retrying=True, is_busy=True)
    fetch = Failing(sim, [busy] * 20)
    sim.render()
    assert is_fetched(sim)
    assert fetch.waits_s[:6] == pytest.approx([1, 1, 2, 4, 8, 16], abs=0.1)
    assert max(fetch.waits_s) == pytest.approx(30, abs=0.1)


def test_a_host_that_stays_busy_is_given_up_and_asked_again_by_the_next_run(
    sim: Simulation,
) -> None:
    busy = FetchFailed("host: HTTP 429", is_worth_retrying=True, is_busy=True, wait_s=100.0)
    fetch = Failing(sim, [busy] * 30)
    result = sim.render()
    assert list(result.not_downloaded.values()) == ["host: HTTP 429"]
    assert 600 <= fetch.called_at[-1] - fetch.called_at[0] < 900
    sim.fetch = sim._fetch
    sim.render()
    assert is_fetched(sim)
    assert len(sim.api.posts) == 1


@pytest.mark.parametrize(("asked_s", "waited_s"), [(3600.0, 600.0), (0.001, 1.0), (0.0, 1.0)])
def test_a_host_decides_within_bounds_how_long_it_is_waited_for(
    sim: Simulation, asked_s: float, waited_s: float
) -> None:
    busy = FetchFailed("host: HTTP 503", is_worth_retrying=True, is_busy=True, wait_s=asked_s)
    fetch = Failing(sim, [busy])
    sim.render()
    assert is_fetched(sim)
    assert fetch.waits_s == pytest.approx([waited_s])


def test_a_new_link_that_is_refused_for_half_a_minute_is_waited_for(sim: Simulation) -> None:
    gone = FetchFailed("host: HTTP 403", is_gone=True)
    polls_before: list[int] = []
    fetch = Failing(sim, (polls_before.append(len(sim.api.polls)) or gone for _ in range(5)))  # type: ignore[func-returns-value]
    sim.render()
    assert is_fetched(sim)
    assert fetch.called_at[-1] - fetch.called_at[0] < 30
    assert len(sim.api.polls) == polls_before[0]  # no other link was asked for


def test_a_link_that_is_refused_for_longer_is_renewed(sim: Simulation) -> None:
    fetch = Failing(sim, [FetchFailed("host: HTTP 404", is_gone=True)] * 7)
    sim.render()
    assert is_fetched(sim)
    assert 30 <= fetch.called_at[-1] - fetch.called_at[0] < 60


def test_as_long_as_the_file_grows_no_attempt_is_counted(sim: Simulation) -> None:
    fetch = Failing(
        sim,
        (
            FetchFailed("host: cut", is_worth_retrying=True, received_bytes=1000 * number)
            for number in range(1, 40)
        ),
    )
    sim.render()
    assert is_fetched(sim)
    assert max(fetch.waits_s) < 3


@pytest.mark.parametrize(("there", "more"), [(0, 1), (0, 200), (10_000_000, 10_000)])
def test_a_host_that_gives_next_to_nothing_each_time_is_given_up(
    sim: Simulation, there: int, more: int
) -> None:
    fetch = Failing(
        sim,
        (
            FetchFailed("host: cut", is_worth_retrying=True, received_bytes=there + more * number)
            for number in range(1, 1000)
        ),
    )
    result = sim.render()
    assert list(result.not_downloaded.values()) == ["host: cut"]
    assert len(fetch.called_at) <= 6


def test_a_file_that_begins_anew_each_time_is_given_up(sim: Simulation) -> None:
    sizes = itertools.cycle([5000, 3000])
    fetch = Failing(
        sim,
        (
            FetchFailed("host: cut", is_worth_retrying=True, received_bytes=size)
            for size in itertools.islice(sizes, 100)
        ),
    )
    result = sim.render()
    assert list(result.not_downloaded.values()) == ["host: cut"]
    assert len(fetch.called_at) == 5
