"""One thread that ends operations at their deadlines; a timer a request takes 0.1 ms of CPU."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from typing import Protocol


class Watched(Protocol):
    """An operation that another thread can end."""

    def run_out(self) -> None:
        """Its time is up. Must not block, and may come when all is over."""


class Watchdog:
    """Deadlines of any number of operations, kept by one thread.

    Most deadlines are set in the order in which they fall due, and most operations
    are over long before. So the thread sleeps until the earliest deadline, and is
    woken only by an earlier one.
    """

    def __init__(self) -> None:
        self._ends: dict[Watched, float] = {}
        self._wakes_at = math.inf
        self._earlier = threading.Condition(threading.Lock())
        self._thread: threading.Thread | None = None

    def expect(self, watched: Watched, within_s: float) -> None:
        """Sets the deadline of `watched`, from now; one that was set before no longer holds."""
        ends_at = time.monotonic() + within_s
        with self._earlier:
            self._ends[watched] = ends_at
            if ends_at < self._wakes_at:
                self._wakes_at = ends_at
                self._earlier.notify()
            if self._thread is None or not self._thread.is_alive():
                self._start()

    def forget(self, watched: Watched) -> None:
        """Removes the deadline: the operation is over."""
        with self._earlier:
            self._ends.pop(watched, None)

    def _start(self) -> None:
        # A daemon: a second Ctrl-C must end the process while a request hangs.
        thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        # Without a free thread the timeout of each single read remains.
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
        """The operations past their deadlines, which are removed; the next deadline counts."""
        now = time.monotonic()
        with self._earlier:
            late = [watched for watched, ends_at in self._ends.items() if ends_at <= now]
            for watched in late:
                del self._ends[watched]
            self._wakes_at = min(self._ends.values(), default=math.inf)
        return late


WATCHDOG = Watchdog()
"""The one of this process."""
