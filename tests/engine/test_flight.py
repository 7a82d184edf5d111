"""The queue of polls: who is due, and who of those comes first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from math import inf
from pathlib import Path

import pytest

from storyboard.engine.flight import Flight, PollQueue
from storyboard.engine.job import Job
from storyboard.records import Plan, SubmissionState
from storyboard.state.store import Store
from tests.made import make_submission, make_take


@pytest.fixture
def flights(tmp_path: Path) -> Iterator[list[Flight]]:
    take = make_take()
    submission = make_submission(take, SubmissionState.ACCEPTED)
    with closing(Store(tmp_path, origin="https://api.example", storyboard="film")) as store:
        job = Job("film", Plan(()), store, tmp_path)
        yield [Flight(job, take, submission) for _ in range(3)]


def longest_wait(flight: Flight) -> float:
    """Stands for the expected idle time: the earlier its last poll, the longer."""
    return -flight.polled_at


def test_of_the_tasks_that_are_due_the_one_that_idles_longest_is_polled(
    flights: list[Flight],
) -> None:
    queue = PollQueue()
    for at, polled_at, flight in zip((7.0, 5.0, 9.0), (2.0, 3.0, 1.0), flights, strict=True):
        flight.polled_at = polled_at
        queue.push(at, flight)
    assert queue.next_at == 5.0
    assert [flights.index(queue.pop(7.0, longest_wait)) for _ in range(2)] == [0, 1]
    assert queue.next_at == 9.0
    assert queue.pop(9.0, longest_wait) is flights[2]
    assert not queue
    assert queue.next_at == inf


def test_equals_are_polled_in_the_order_in_which_they_were_queued(flights: list[Flight]) -> None:
    queue = PollQueue()
    for flight in reversed(flights):
        queue.push(0.0, flight)
    assert [flights.index(queue.pop(0.0, longest_wait)) for _ in flights] == [2, 1, 0]


def test_a_task_that_is_queued_again_is_polled_at_its_new_time_only(flights: list[Flight]) -> None:
    queue, [first, second, _] = PollQueue(), flights
    queue.push(1.0, first)
    queue.push(2.0, second)
    queue.push(3.0, first)
    assert [queue.next_at, queue.pop(2.0, longest_wait) is second] == [2.0, True]
    assert [queue.next_at, queue.pop(3.0, longest_wait) is first] == [3.0, True]
    assert not queue


def test_a_task_that_the_log_reports_as_ended_goes_before_those_that_idle_longer(
    flights: list[Flight],
) -> None:
    queue, [late, waiting, ended] = PollQueue(), flights
    assert queue.next_urgent_at == inf
    for at, flight in ((1.0, late), (9.0, waiting), (2.0, ended)):
        queue.push(at, flight)
    ended.log_says_ended, ended.polled_at = True, 99.0
    assert queue.next_urgent_at == 2.0
    assert queue.pop(2.0, longest_wait) is ended
    assert queue.next_urgent_at == inf
    assert queue.pop(2.0, longest_wait) is late


def test_a_task_is_queued_until_it_is_polled_or_removed(flights: list[Flight]) -> None:
    queue, [first, second, _] = PollQueue(), flights
    assert first not in queue
    queue.push(1.0, first)
    queue.push(1.0, second)
    assert first in queue
    queue.remove(first)
    queue.remove(first)
    assert first not in queue
    assert queue.pop(1.0, longest_wait) is second
    assert second not in queue
