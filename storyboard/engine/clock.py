"""The engine's clocks, passed as an argument so that tests can supply their own."""

from __future__ import annotations

import os
import queue
import time
from datetime import datetime, timezone
from typing import Protocol, TypeVar

T = TypeVar("T")

# Windows cannot interrupt a wait with Ctrl-C, so waits are short there. Elsewhere
# the limit keeps the timeout within the system's maximum.
_MAX_WAIT_S = 0.5 if os.name == "nt" else 3600.0


class Clock(Protocol):
    """The two clocks that the engine reads, and how it waits."""

    def now(self) -> datetime:
        """The time of day (UTC), for what is stored."""

    def monotonic(self) -> float:
        """Seconds that never go backwards, for waits and due times."""

    def wait(self, inbox: queue.SimpleQueue[T], wait_s: float | None) -> list[T]:
        """Waits for an item, then returns everything in `inbox`.

        Waits at most `wait_s` seconds, or without limit if None. May return an
        empty list earlier.
        """


class SystemClock:
    """The system's clocks."""

    def now(self) -> datetime:
        return datetime.now(timezone.utc)

    def monotonic(self) -> float:
        return time.monotonic()

    def wait(self, inbox: queue.SimpleQueue[T], wait_s: float | None) -> list[T]:
        items: list[T] = []
        try:
            max_wait_s = _MAX_WAIT_S if wait_s is None else min(wait_s, _MAX_WAIT_S)
            items.append(inbox.get(timeout=max(0.0, max_wait_s)))
            while True:
                items.append(inbox.get_nowait())
        except queue.Empty:
            return items
