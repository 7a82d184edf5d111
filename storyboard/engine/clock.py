"""Time for the engine: an argument, so that tests can turn the hands."""

from __future__ import annotations

import queue
import time
from datetime import datetime, timezone
from typing import Protocol, TypeVar

T = TypeVar("T")


class Clock(Protocol):
    """What the engine knows of time, and how it waits."""

    def now(self) -> datetime:
        """The time of day, UTC: for what is written down."""

    def monotonic(self) -> float:
        """Seconds that never jump: for waits and due times."""

    def wait(self, inbox: queue.SimpleQueue[T], wait_s: float | None) -> list[T]:
        """All that has come into `inbox`, after at most `wait_s` seconds; None waits on."""


class SystemClock:
    """The computer's own."""

    def now(self) -> datetime:
        return datetime.now(timezone.utc)

    def monotonic(self) -> float:
        return time.monotonic()

    def wait(self, inbox: queue.SimpleQueue[T], wait_s: float | None) -> list[T]:
        items: list[T] = []
        try:
            items.append(inbox.get(timeout=wait_s))
            while True:
                items.append(inbox.get_nowait())
        except queue.Empty:
            return items
