"""Work that is counted rather than timed: how many functions are called, C ones included."""

from __future__ import annotations

import cProfile
from collections.abc import Callable


def count_calls(work: Callable[[], object], *, with_c: bool = True) -> int:
    """How many calls `work` makes, those of generators included."""
    profile = cProfile.Profile(builtins=with_c)
    profile.enable()
    try:
        work()
    finally:
        profile.disable()
    return sum(entry.callcount for entry in profile.getstats())


def growth(work: Callable[[int], Callable[[], object]], size: int) -> float:
    """How many times the work of `size` that of four times the size is.

    About 4 where the work grows with the size, 16 where it grows with the square.
    """
    work(size)()  # what is made once is made here
    return count_calls(work(4 * size)) / count_calls(work(size))
