"""One thread that ends operations at their deadlines; a timer per request costs 0.1 ms of CPU."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Callable
from typing import TypeAlias

RunOut: TypeAlias = "Callable[[], None]"
"""Ends an operation because its time is up. May come after its end, and must not block."""


class Watchdog:
    """The deadlines of any number of operations, watched by one thread.

    Most deadlines are set in the order in which they fall due, and most operations
    finish long before theirs. So the thread sleeps until the earliest deadline and
    is woken only by an earlier one.
    """

    def __init__(self) -> None:
        self._ends: dict[RunOut, float] = {}
        self._wakes_at = math.inf
        self._earlier = threading.Condition(threading.Lock())
        self._thread: threading.Thread | None = None

    def expect(self, run_out: RunOut, within_s: float) -> None:
        """Call `run_out` at a deadline, counted from now; it replaces an earlier one."""
        ends_at = time.monotonic() + within_s
        with self._earlier:
            self._ends[run_out] = ends_at
            if ends_at < self._wakes_at:
                self._wakes_at = ends_at
                self._earlier.notify()
            if self._thread is None or not self._thread.is_alive():
                self._start()

    def forget(self, run_out: RunOut) -> None:
        """Remove the deadline, because the operation is over."""
        with self._earlier:
            self._ends.pop(run_out, None)

    def _start(self) -> None:
        # A daemon: a second Ctrl-C must end the process while a request hangs.
        thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        # If no thread can be started, the timeout of each read still applies.
        with contextlib.suppress(RuntimeError):
            thread.start()
            self._thread = thread

    def _watch(self) -> None:
        while True:
            for run_out in self._late():
                run_out()
            with self._earlier:
                sleep_s = self._wakes_at - time.monotonic()
                if sleep_s > 0:
                    self._earlier.wait(None if math.isinf(sleep_s) else sleep_s)

    def _late(self) -> list[RunOut]:
        """Remove and return the operations past their deadlines; updates the next deadline."""
        now = time.monotonic()
        with self._earlier:
            late = [run_out for run_out, ends_at in self._ends.items() if ends_at <= now]
            for run_out in late:
                del self._ends[run_out]
            self._wakes_at = min(self._ends.values(), default=math.inf)
        return late


WATCHDOG = Watchdog()
"""The only one in this process."""
