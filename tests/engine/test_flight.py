"""The queue of polls: each task has one place in it, the one it was given last."""

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


def test_polls_come_in_the_order_of_their_times_and_then_of_queueing(flights: list[Flight]) -> None:
    queue = PollQueue()
    for at, flight in zip((7.0, 5.0, 7.0), flights, strict=True):
        queue.push(at, flight)
    assert queue.next_at == 5.0
    assert [flights.index(queue.pop()) for _ in flights] == [1, 0, 2]
    assert not queue
    assert queue.next_at == inf


def test_a_task_that_is_queued_again_is_polled_at_its_new_time_only(flights: list[Flight]) -> None:
    queue, [first, second, _] = PollQueue(), flights
    queue.push(1.0, first)
    queue.push(2.0, second)
    queue.push(3.0, first)
    assert [queue.next_at, queue.pop() is second] == [2.0, True]
    assert [queue.next_at, queue.pop() is first] == [3.0, True]
    assert not queue


def test_a_task_that_goes_first_goes_before_those_that_are_late(flights: list[Flight]) -> None:
    queue, [late, waiting, ended] = PollQueue(), flights
    queue.push(1.0, late)
    queue.push(9.0, waiting)
    queue.push(20.0, ended)
    queue.push_first(5.0, ended)
    assert queue.next_at < 1.0
    assert [queue.pop() is each for each in (ended, late, waiting)] == [True, True, True]
    assert not queue


def test_only_a_queued_task_has_a_number(flights: list[Flight]) -> None:
    queue, flight = PollQueue(), flights[0]
    assert flight.poll_number == 0
    queue.push(1.0, flight)
    assert flight.poll_number
    queue.pop()
    assert flight.poll_number == 0
