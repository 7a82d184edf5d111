"""Threads that put results into the inbox, and the clock that waits at it."""

from __future__ import annotations

import queue
import threading
from datetime import timezone

import pytest

from storyboard.engine import clock as clock_module
from storyboard.engine.clock import SystemClock
from storyboard.engine.workers import Workers

Inbox = queue.SimpleQueue[int]


def test_results_come_into_the_inbox_and_the_loop_counts_them() -> None:
    inbox: Inbox = queue.SimpleQueue()
    workers = Workers(2, inbox, name="test")
    assert (workers.size, workers.free, workers.busy) == (2, 2, 0)
    workers.start(lambda: 1)
    workers.start(lambda: 2)
    assert workers.free == 0
    assert {inbox.get(timeout=10), inbox.get(timeout=10)} == {1, 2}
    assert workers.busy == 2  # until the loop says that it took them
    workers.finished()
    workers.finished()
    assert workers.free == 2
    workers.stop(wait_s=10)


def test_calls_run_side_by_side() -> None:
    inbox: Inbox = queue.SimpleQueue()
    workers = Workers(2, inbox, name="test")
    meet = threading.Barrier(2, timeout=10)
    workers.start(meet.wait)
    workers.start(meet.wait)
    assert {inbox.get(timeout=10), inbox.get(timeout=10)} == {0, 1}
    workers.finished()
    workers.finished()
    workers.stop(wait_s=10)


def test_threads_that_are_free_end_when_they_are_stopped() -> None:
    workers: Workers[int] = Workers(3, queue.SimpleQueue(), name="ending")
    workers.stop(wait_s=10)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ending-")]


def test_a_call_that_hangs_holds_up_neither_the_stop_nor_the_process() -> None:
    inbox: Inbox = queue.SimpleQueue()
    workers = Workers(1, inbox, name="hanging")
    release = threading.Event()

    def hang() -> int:
        release.wait()
        return 7

    workers.start(hang)
    workers.stop(wait_s=10)
    [thread] = [each for each in threading.enumerate() if each.name == "hanging-0"]
    assert thread.daemon
    release.set()
    assert inbox.get(timeout=10) == 7
    thread.join(10)
    assert not thread.is_alive()


def test_everything_in_the_inbox_is_returned_at_once() -> None:
    inbox: Inbox = queue.SimpleQueue()
    for number in range(3):
        inbox.put(number)
    assert SystemClock().wait(inbox, None) == [0, 1, 2]


@pytest.mark.parametrize("wait_s", [0.0, -1.0])
def test_nothing_is_waited_for_where_no_time_is_left(wait_s: float) -> None:
    inbox: Inbox = queue.SimpleQueue()
    assert SystemClock().wait(inbox, wait_s) == []


@pytest.mark.parametrize("wait_s", [None, 1e12, float("inf")])
def test_the_longest_wait_is_one_that_the_system_can_wait(
    wait_s: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock_module, "_MAX_WAIT_S", 0.001)
    inbox: Inbox = queue.SimpleQueue()
    assert SystemClock().wait(inbox, wait_s) == []


def test_times_are_utc_and_seconds_never_run_backwards() -> None:
    clock = SystemClock()
    assert clock.now().tzinfo is timezone.utc
    assert clock.monotonic() <= clock.monotonic()
