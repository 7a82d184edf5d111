"""The program as users start it, with a clock that runs fifty times faster.

    python -m tests.chaos.program render film.yaml --yes

So every wait of the engine takes a fiftieth of its time: between polls, before
retries, in an outage. Nothing else of the program is changed.
"""

from __future__ import annotations

import queue
import sys
from typing import TypeVar

from storyboard.cli import main
from storyboard.engine.clock import SystemClock
from storyboard.project import run

SPEED = 50.0

T = TypeVar("T")


class QuickClock(SystemClock):
    """The system's clock, running fifty times faster."""

    def monotonic(self) -> float:
        return super().monotonic() * SPEED

    def wait(self, inbox: queue.SimpleQueue[T], wait_s: float | None) -> list[T]:
        return super().wait(inbox, None if wait_s is None else wait_s / SPEED)


if __name__ == "__main__":
    run.SystemClock = QuickClock  # type: ignore[attr-defined]
    main(sys.argv[1:])
