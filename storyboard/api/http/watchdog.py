"""One thread that ends operations at their deadlines; a timer per request costs 0.1 ms of CPU."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from typing import Protocol


class Watched(Protocol):
    """An operation that another thread can end."""

    def run_out(self) -> None:
        """Called when the time is up, perhaps after the operation has ended; must not block."""


class Watchdog:
    """The deadlines of any number of operations, watched by one thread.

    Most deadlines are set in the order in which they fall due, and most operations
    finish long before theirs. So the thread sleeps until the earliest deadline and
    is woken only by an earlier one.
    """

    def __init__(self) -> None:
        self._ends: dict[Watched, float] = {}
        self._wakes_at = math.inf
        self._earlier = threading.Condition(threading.Lock())
        self._thread: threading.Thread | None = None

    def expect(self, watched: Watched, within_s: float) -> None:
        """Set the deadline of `watched`, counted from now; it replaces an earlier one."""
        ends_at = time.monotonic() + within_s
        with self._earlier:
            self._ends[watched] = ends_at
            if ends_at < self._wakes_at:
                self._wakes_at = ends_at
                self._earlier.notify()
            if self._thread is None or not self._thread.is_alive():
                self._start()

    def forget(self, watched: Watched) -> None:
        """Remove the deadline, because the operation is over."""
        with self._earlier:
            self._ends.pop(watched, None)

    def _start(self) -> None:
        # A daemon: a second Ctrl-C must end the process while a request hangs.
        thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        # If no thread can be started, the timeout of each read still applies.
        with contextlib.suppress(RuntimeError):
            thread.start()
            self._thread = thread

    def _watch(self) -> None:
        while True:
            for watched in self._late():
                watched.run_out()
            with self._earlier:
                sleep_s = self._wakes_at - time.monotonic()
                if sleep_s > 0:
                    self._earlier.wait(None if math.isinf(sleep_s) else sleep_s)

    def _late(self) -> list[Watched]:
        """Remove and return the operations past their deadlines; updates the next deadline."""
        now = time.monotonic()
        with self._earlier:
            late = [watched for watched, ends_at in self._ends.items() if ends_at <= now]
            for watched in late:
                del self._ends[watched]
            self._wakes_at = min(self._ends.values(), default=math.inf)
        return late


WATCHDOG = Watchdog()
"""The only one in this process."""
