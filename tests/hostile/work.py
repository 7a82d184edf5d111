"""Work that is counted rather than timed: how many functions are called, C ones included."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType


def count_calls(work: Callable[[], object]) -> int:
    """How many calls `work` makes; what it raises is its own business."""
    count = 0

    def note(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def growth(work: Callable[[int], Callable[[], object]], size: int) -> float:
    """How many times the work of `size` that of four times the size is.

    About 4 where the work grows with the size, 16 where it grows with the square.
    """
    work(size)()  # what is made once is made here
    return count_calls(work(4 * size)) / count_calls(work(size))
