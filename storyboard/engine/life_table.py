"""How likely tasks are to finish, by their age: learned from looks at them. Pure.

A look tells that a task was still at work, or that it has finished at some
time since the look before. Both are entered as in a life table: by age, how
many seconds tasks were watched, and how many of them finished. No shape is
assumed, so two kinds of tasks in one run make two peaks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate, pairwise, repeat
from math import expm1

# Ages in seconds: from 0.1 to some three hours, each a tenth more than the one before.
EDGES = (0.0, *accumulate(repeat(1.1, 122), float.__mul__, initial=0.1))
WIDTHS = tuple(end - start for start, end in pairwise(EDGES))

# A model that slows down in the evening is followed: of what is known, an
# eighth is forgotten with every eight finished tasks.
_BATCH = 8
_KEPT = 7 / 8
# Where nothing has been seen a task is expected to take as long again as it has
# taken, which is a hazard of 2/age; it weighs little against what has been seen.
_GUESSED = 0.01
_GUESSED_S = tuple(_GUESSED * (start + end) / 4 for start, end in pairwise(EDGES))


class LifeTable:
    """The ages at which tasks finish, as far as looks have told; the last tasks count most."""

    def __init__(self) -> None:
        self._count = 0
        self._watched_s = list(_GUESSED_S)
        self._finished = [_GUESSED] * len(WIDTHS)

    def hazards(self) -> list[float]:
        """For each row, the chance in a second that a task which has got there finishes."""
        return [
            finished / watched_s
            for finished, watched_s in zip(self._finished, self._watched_s, strict=True)
        ]

    def note_working(self, from_s: float, to_s: float) -> None:
        """A task was at work from the one age to the other."""
        for row, seconds in _rows_between(from_s, to_s):
            self._watched_s[row] += seconds

    def note_finished(self, from_s: float, to_s: float) -> None:
        """A task has finished between the two ages.

        It is entered where the table holds it likely to have been, so one that
        was found after a night of sleep does no harm.
        """
        spans = list(_rows_between(from_s, to_s))
        if not spans:
            return
        chances, left = [], 1.0
        for row, seconds in spans:
            hazard = self._finished[row] / self._watched_s[row]
            chances.append(-left * expm1(-hazard * seconds))
            left -= chances[-1]
        self._count += 1
        if self._count % _BATCH == 0:
            self._forget()
        working, total = 1.0, sum(chances)
        for (row, seconds), chance in zip(spans, chances, strict=True):
            finished = chance / total
            working -= finished
            self._finished[row] += finished
            self._watched_s[row] += (working + finished / 2) * seconds

    def _forget(self) -> None:
        self._finished = [_GUESSED + _KEPT * (count - _GUESSED) for count in self._finished]
        self._watched_s = [
            guessed_s + _KEPT * (watched_s - guessed_s)
            for watched_s, guessed_s in zip(self._watched_s, _GUESSED_S, strict=True)
        ]


def _rows_between(from_s: float, to_s: float) -> Iterator[tuple[int, float]]:
    """The rows of the table that lie between two ages, with the seconds spent in each."""
    row = row_of(from_s)
    while from_s < to_s and row < len(WIDTHS):
        end_s = min(to_s, EDGES[row + 1])
        yield row, end_s - from_s
        from_s, row = end_s, row + 1


def row_of(age_s: float) -> int:
    """The row of the table that an age falls into; past its end where none does."""
    return bisect_right(EDGES, age_s) - 1
