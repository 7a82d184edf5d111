"""One thread that ends whatever is not over in time: a timer for each request would cost more."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from typing import Protocol


class Watched(Protocol):
    """Something under way that can be ended from another thread."""

    def run_out(self) -> None:
        """Its time is up. Must not block, and may come when all is over."""


class Watchdog:
    """Tells each thing under way when its time is up, unless it was forgotten before.

    Most ends come in the order of their beginnings, and most things are over
    long before: so the thread sleeps until the earliest end that it has seen,
    and is woken for nothing but an earlier one.
    """

    def __init__(self) -> None:
        self._ends: dict[Watched, float] = {}
        self._wakes_at = math.inf
        self._earlier = threading.Condition(threading.Lock())
        self._thread: threading.Thread | None = None

    def expect(self, watched: Watched, within_s: float) -> None:
        """`watched` shall be over in `within_s` seconds from now; the last word about it counts."""
        ends_at = time.monotonic() + within_s
        with self._earlier:
            self._ends[watched] = ends_at
            if ends_at < self._wakes_at:
                self._wakes_at = ends_at
                self._earlier.notify()
            if self._thread is None or not self._thread.is_alive():
                self._start()

    def forget(self, watched: Watched) -> None:
        """`watched` is over."""
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
        """What should be over by now; from here on the next end counts."""
        now = time.monotonic()
        with self._earlier:
            late = [watched for watched, ends_at in self._ends.items() if ends_at <= now]
            for watched in late:
                del self._ends[watched]
            self._wakes_at = min(self._ends.values(), default=math.inf)
        return late


WATCHDOG = Watchdog()
"""The one of this process."""
