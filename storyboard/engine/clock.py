"""Time for the engine: an argument, so that tests can turn the hands."""

from __future__ import annotations

import os
import queue
import time
from datetime import datetime, timezone
from typing import Protocol, TypeVar

T = TypeVar("T")

# Windows cannot interrupt a wait with Ctrl-C, so the wait is short there; and
# no system waits for more than some hundred years.
_MAX_WAIT_S = 0.5 if os.name == "nt" else 3600.0


class Clock(Protocol):
    """What the engine knows of time, and how it waits."""

    def now(self) -> datetime:
        """The time of day, UTC: for what is written down."""

    def monotonic(self) -> float:
        """Seconds that never jump: for waits and due times."""

    def wait(self, inbox: queue.SimpleQueue[T], wait_s: float | None) -> list[T]:
        """All that has come into `inbox`, after at most `wait_s` seconds; None sets no limit.

        May come back empty before.
        """


class SystemClock:
    """The computer's own."""

    def now(self) -> datetime:
        return datetime.now(timezone.utc)

    def monotonic(self) -> float:
        return time.monotonic()

    def wait(self, inbox: queue.SimpleQueue[T], wait_s: float | None) -> list[T]:
        items: list[T] = []
        try:
            longest_s = _MAX_WAIT_S if wait_s is None else min(wait_s, _MAX_WAIT_S)
            items.append(inbox.get(timeout=max(0.0, longest_s)))
            while True:
                items.append(inbox.get_nowait())
        except queue.Empty:
            return items
