"""Whatever is not over in time is ended, by one thread."""

from __future__ import annotations

import threading
from threading import Event

import pytest

from storyboard.api.http.connections import Exchange
from storyboard.api.http.watchdog import Watchdog


def watchdog_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "watchdog"}


def test_what_is_late_is_ended_and_what_was_forgotten_is_not() -> None:
    watchdog, late, over = Watchdog(), Event(), Event()
    watchdog.expect(over.set, 0.3)
    watchdog.forget(over.set)
    watchdog.expect(late.set, 0.31)

    assert late.wait(5)
    assert not over.is_set()


def test_an_earlier_end_wakes_the_thread() -> None:
    watchdog, patient, hasty = Watchdog(), Event(), Event()
    watchdog.expect(patient.set, 1000)
    watchdog.expect(hasty.set, 0.01)

    assert hasty.wait(5)
    assert not patient.is_set()


def test_the_last_word_about_an_end_counts() -> None:
    watchdog, sooner, later, clock = Watchdog(), Event(), Event(), Event()
    watchdog.expect(sooner.set, 1000)
    watchdog.expect(later.set, 0.3)
    watchdog.expect(later.set, 1000)
    watchdog.expect(sooner.set, 0.01)
    watchdog.expect(clock.set, 0.31)

    assert sooner.wait(5)
    assert clock.wait(5)
    assert not later.is_set()


def test_each_is_ended_once_and_the_thread_goes_on_with_the_next() -> None:
    watchdog = Watchdog()
    for _ in range(3):
        late = Event()
        watchdog.expect(late.set, 0.01)
        assert late.wait(5)


def test_one_thread_watches_over_all() -> None:
    before = watchdog_threads()
    watchdog = Watchdog()
    for _ in range(50):
        watchdog.expect(Event().set, 1000)

    (thread,) = watchdog_threads() - before
    assert thread.daemon, "a second Ctrl-C must end the process while a request hangs"


def test_without_a_free_thread_a_later_request_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    watchdog, first, second = Watchdog(), Event(), Event()
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        watchdog.expect(first.set, 0.01)
    watchdog.expect(second.set, 0.02)

    assert second.wait(5)
    assert first.is_set()


def test_an_exchange_that_is_over_does_not_run_out() -> None:
    with Exchange(total_s=1) as exchange:
        pass
    exchange.run_out()

    assert not exchange.is_out_of_time
