"""The hazard rate of tasks by age, estimated from polls. Pure.

A poll shows that a task is still working, or that it finished at some time
since the previous poll. Both are recorded as in a life table: for each interval
of ages, the seconds in which tasks were observed and how many of them finished.
No distribution is assumed, so two kinds of tasks in one run give two peaks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate, pairwise, repeat
from math import expm1

# Ages in seconds, from 0.1 to about three hours, each a tenth more than the one before.
EDGES = (0.0, *accumulate(repeat(1.1, 122), float.__mul__, initial=0.1))
WIDTHS = tuple(end - start for start, end in pairwise(EDGES))

# Old observations lose weight, so that the table follows a model that slows down:
# with every eight finished tasks, everything recorded before loses an eighth.
_BATCH = 8
_DECAY = 7 / 8
# The prior is a hazard of 2/age: a task is expected to take as long again as it has
# taken so far. It weighs as much as a hundredth of a finished task.
_PRIOR = 0.01
_PRIOR_S = tuple(_PRIOR * (start + end) / 4 for start, end in pairwise(EDGES))


class LifeTable:
    """Observed seconds and finished tasks for each interval of ages; recent tasks weigh most."""

    def __init__(self) -> None:
        self._count = 0
        self._observed_s = list(_PRIOR_S)
        self._finished = [_PRIOR] * len(WIDTHS)

    def hazards(self) -> list[float]:
        """For each row, the probability per second that a task still working finishes."""
        return [
            finished / observed_s
            for finished, observed_s in zip(self._finished, self._observed_s, strict=True)
        ]

    def observed_hazards(self) -> list[float]:
        """The hazards without the prior in the rows that have observations, so 0 in some.

        The prior ensures that every age is polled. Applied to all rows, it would
        make the first few tasks look shorter than they were.
        """
        rows = zip(self._finished, self._observed_s, _PRIOR_S, strict=True)
        return [
            max(finished - _PRIOR, 0.0) / (observed_s - prior_s)
            if observed_s > 2 * prior_s
            else finished / observed_s
            for finished, observed_s, prior_s in rows
        ]

    def note_working(self, from_s: float, to_s: float) -> None:
        """Records that a task was working between the two ages."""
        for row, seconds in _rows_between(from_s, to_s):
            self._observed_s[row] += seconds

    def note_finished(self, from_s: float, to_s: float) -> None:
        """Records that a task finished between the two ages.

        It is spread over the rows between them by the probability that the table
        gives each. A task that was polled again only hours later, when the computer
        woke up, therefore does not distort the table.
        """
        spans = list(_rows_between(from_s, to_s))
        if not spans:
            return
        chances, working = [], 1.0
        for row, seconds in spans:
            hazard = self._finished[row] / self._observed_s[row]
            chances.append(-working * expm1(-hazard * seconds))
            working -= chances[-1]
        self._count += 1
        if self._count % _BATCH == 0:
            self._forget()
        working, total = 1.0, sum(chances)
        for (row, seconds), chance in zip(spans, chances, strict=True):
            finished = chance / total
            working -= finished
            self._finished[row] += finished
            self._observed_s[row] += (working + finished / 2) * seconds

    def _forget(self) -> None:
        self._finished = [_PRIOR + _DECAY * (count - _PRIOR) for count in self._finished]
        self._observed_s = [
            prior_s + _DECAY * (observed_s - prior_s)
            for observed_s, prior_s in zip(self._observed_s, _PRIOR_S, strict=True)
        ]


def _rows_between(from_s: float, to_s: float) -> Iterator[tuple[int, float]]:
    """The rows of the table between two ages, with the seconds spent in each."""
    row = row_of(from_s)
    while from_s < to_s and row < len(WIDTHS):
        end_s = min(to_s, EDGES[row + 1])
        yield row, end_s - from_s
        from_s, row = end_s, row + 1


def row_of(age_s: float) -> int:
    """The row of the table for an age; one past the last row for ages beyond it."""
    return bisect_right(EDGES, age_s) - 1
