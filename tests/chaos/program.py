"""The program as a user starts it, in a world whose hours are short.

    python -m tests.chaos.program render film.yaml --yes

Everything waits a fiftieth of its time: polls, backing off, the patience with
an outage. The program itself is the one that users have; only the clock that
`render` gives to the engine is another.
"""

from __future__ import annotations

import queue
import sys
from typing import TypeVar

from storyboard.cli import main
from storyboard.commands import render
from storyboard.engine.clock import SystemClock

SPEED = 50.0

T = TypeVar("T")


class QuickClock(SystemClock):
    """The computer's clock, with a minute that takes a second and a bit."""

    def monotonic(self) -> float:
        return super().monotonic() * SPEED

    def wait(self, inbox: queue.SimpleQueue[T], wait_s: float | None) -> list[T]:
        return super().wait(inbox, None if wait_s is None else wait_s / SPEED)


if __name__ == "__main__":
    render.SystemClock = QuickClock  # type: ignore[attr-defined]
    main(sys.argv[1:])
