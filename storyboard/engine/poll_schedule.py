"""Which task to poll next: the one with the longest expected idle time. Pure.

Problem: a finished task keeps its slot idle until a poll finds out, and every
poll costs one request of the budget. Spend what the budget has left after
submissions so that as little slot time as possible is wasted.

Solution: whenever a poll may go out, it goes to the task with the greatest
expected idle time since its last poll. Let h be the hazard rate, the
probability per second that a task still working finishes (`life_table`
estimates it by age), x the integral of h since the last poll and t the seconds
since then. The task has finished with probability 1 - exp(-x). If it finishes
at a constant rate in between, it has idled for

    t * (1 - (1 - exp(-x)) / x)

seconds on average: all of t if x is large, t * x / 2 if it is small. So polls
are dense where tasks finish and sparse where they do not, and a smaller budget
spreads all of them out equally. With a constant h and a poll whenever the idle
time reaches some price, the interval is sqrt(2 * price / h), the known optimum
for one task; the budget sets the price.

The request log reports on many tasks at once for the cost of one poll, so it
gets every second request of what is left: see `request_log`.

Source of the optimum: J. B. Keller, "Optimum checking schedules for systems
subject to random failure", Management Science 21 (1974).
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate
from math import expm1, inf

from storyboard.engine.estimate import mean_left_s
from storyboard.engine.life_table import EDGES, WIDTHS, LifeTable, row_of

MIN_WAIT_S = 1.0  # between two polls of a task, or two checks of the log
_MIN_WAIT_PART = 0.01  # of a task's age: long tasks are polled less and less often,
_MAX_MIN_WAIT_S = 60.0  # but at least every minute

_RARE_HAZARD = 4.6  # integral of h at an age that one task in a hundred reaches
_BATCH = 8  # finished tasks between updates of the estimate, once there are many
_MANY = 32


class PollSchedule:
    """What the polls have shown about how long tasks take, and which poll comes next."""

    def __init__(self) -> None:
        self._table = LifeTable()
        self._finished = 0
        self._left_s: list[float] | None = None  # by age, computed when first needed
        self._estimate()

    def on_working(self, from_s: float, to_s: float) -> None:
        """Notes that a poll found a task working at age `to_s`, as the last did at `from_s`."""
        self._table.note_working(from_s, to_s)

    def on_finished(self, from_s: float, to_s: float) -> None:
        """Notes that a poll found a task finished at age `to_s`; at `from_s` it was working."""
        self._table.note_finished(from_s, to_s)
        self._finished += 1
        if self._finished < _MANY or self._finished % _BATCH == 0:
            self._estimate()

    def idle_s(self, from_s: float, to_s: float) -> float:
        """How long a task of age `to_s`, last seen working at `from_s`, is expected to idle."""
        passed_s = to_s - from_s
        hazard = self._integral_at(to_s) - self._integral_at(from_s)
        if hazard < 1e-6:  # the quotient below would be rounded away
            return passed_s * hazard / 2.0
        return passed_s * (1.0 + expm1(-hazard) / hazard)

    def min_wait_s(self, age_s: float) -> float:
        """The minimum seconds between two polls of a task of that age."""
        return min(max(MIN_WAIT_S, _MIN_WAIT_PART * age_s), _MAX_MIN_WAIT_S)

    @property
    def max_usual_age_s(self) -> float:
        """An age that few tasks reach; infinity before any has finished."""
        if not self._finished or self._integral[-1] < _RARE_HAZARD:
            return inf
        return EDGES[bisect_left(self._integral, _RARE_HAZARD)]

    def left_s_by_age(self) -> list[float] | None:
        """The result of `mean_left_s` for the tasks so far; None before any has ended."""
        if self._finished and self._left_s is None:
            self._left_s = mean_left_s(self._table.observed_hazards())
        return self._left_s

    def _estimate(self) -> None:
        self._left_s = None
        self._hazards = self._table.hazards()
        parts = (hazard * width for hazard, width in zip(self._hazards, WIDTHS, strict=True))
        self._integral = [0.0, *accumulate(parts)]

    def _integral_at(self, age_s: float) -> float:
        """The integral of the hazard rate up to an age; the last row continues forever."""
        row = min(row_of(age_s), len(WIDTHS) - 1)
        return self._integral[row] + self._hazards[row] * (age_s - EDGES[row])
