"""Whatever is not over in time is told so, by one thread."""

from __future__ import annotations

import threading

import pytest

from storyboard.api.http.connections import Exchange
from storyboard.api.http.watchdog import Watchdog


class Errand:
    """Notes when its time is up."""

    def __init__(self) -> None:
        self.is_late = threading.Event()

    def run_out(self) -> None:
        self.is_late.set()


def watchdog_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "watchdog"}


def test_what_is_late_is_told_and_what_was_forgotten_is_not() -> None:
    watchdog, late, over = Watchdog(), Errand(), Errand()
    watchdog.expect(over, 0.01)
    watchdog.forget(over)
    watchdog.expect(late, 0.02)

    assert late.is_late.wait(5)
    assert not over.is_late.is_set()


def test_an_earlier_end_wakes_the_thread() -> None:
    watchdog, patient, hasty = Watchdog(), Errand(), Errand()
    watchdog.expect(patient, 1000)
    watchdog.expect(hasty, 0.01)

    assert hasty.is_late.wait(5)
    assert not patient.is_late.is_set()


def test_the_last_word_about_an_end_counts() -> None:
    watchdog, sooner, later, clock = Watchdog(), Errand(), Errand(), Errand()
    watchdog.expect(sooner, 1000)
    watchdog.expect(later, 0.01)
    watchdog.expect(later, 1000)
    watchdog.expect(sooner, 0.01)
    watchdog.expect(clock, 0.05)

    assert sooner.is_late.wait(5)
    assert clock.is_late.wait(5)
    assert not later.is_late.is_set()


def test_each_is_told_once_and_the_thread_goes_on_with_the_next() -> None:
    watchdog = Watchdog()
    for _ in range(3):
        errand = Errand()
        watchdog.expect(errand, 0.01)
        assert errand.is_late.wait(5)


def test_one_thread_watches_over_all() -> None:
    before = watchdog_threads()
    watchdog = Watchdog()
    for _ in range(50):
        watchdog.expect(Errand(), 1000)

    (thread,) = watchdog_threads() - before
    assert thread.daemon, "a second Ctrl-C must end the process while a request hangs"


def test_without_a_free_thread_a_later_request_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    watchdog, first, second = Watchdog(), Errand(), Errand()
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        watchdog.expect(first, 0.01)
    watchdog.expect(second, 0.02)

    assert second.is_late.wait(5)
    assert first.is_late.is_set()


def test_an_exchange_that_is_over_does_not_run_out() -> None:
    with Exchange(total_s=1) as exchange:
        pass
    exchange.run_out()

    assert not exchange.is_out_of_time
