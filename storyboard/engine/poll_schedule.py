"""When to poll a task: as early as the request budget allows, where tasks finish. Pure.

Problem: a task that has finished keeps its slot idle until a poll finds out.
Each poll costs one request of the budget. Choose the ages at which a task is
polled so that the expected idle time is minimal, for a given mean number of
polls a task.

Solution: let h(t) be the hazard rate at age t, the probability per second that
a task still working finishes (`life_table` estimates it), S(t) the probability
that a task is still working, and `price` the idle seconds that one poll is
worth. Near age t the optimal interval between polls is

    sqrt(2 * price / h(t))

so polls are dense where tasks finish and sparse where they do not. With

    spread = integral of sqrt(h(t)) * S(t) dt

a task costs spread / sqrt(2 * price) polls on average. For n polls a task,
then, sqrt(2 * price) = spread / n, and this is the integral of sqrt(h) from
one poll to the next: the `stride`. The expected idle time of a task is
spread**2 / (2 * n), the minimum for polling one task at a time. The request
log reports on many tasks at once and so can do better; `log_check_wait_s` is
its interval.

Source: J. B. Keller, "Optimum checking schedules for systems subject to random
failure", Management Science 21 (1974); the problem is that of R. E. Barlow,
L. C. Hunter and F. Proschan, "Optimum checking procedures", Journal of the
Society for Industrial and Applied Mathematics 11 (1963).
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate
from math import exp, expm1, inf, sqrt

from storyboard.engine.life_table import EDGES, WIDTHS, LifeTable, row_of

# Polls a task, on average.
_MAX_POLLS = 5.0  # the last tasks of a run get more
_MAX_POLLS_WITH_LOG = 0.7  # while the log is trusted, they cover what it misses
_MIN_POLLS = 0.3  # on a small budget: most tasks have ended before their first poll

_MIN_WAIT_S = 0.01
_MIN_WAIT_PART = 0.02  # of a task's age: a slow task among quick ones is polled less and less often
_MAX_WAIT_S = 60.0  # whatever the life table says, which may be wrong

_FIRST_PRICE_S = 0.2  # before any task has finished; grows by a thirtieth of the age

_MAX_LOG_CHECKS = 3.0  # for each task that finishes
_MIN_LOG_WAIT_S, _MAX_LOG_WAIT_S = 1.0, 15.0
_FIRST_LOG_WAIT_S = 5.0  # before any task has finished
_MIN_REQUESTS_BETWEEN_LOG_CHECKS = 2.0

_USABLE_PART = 0.9  # of the budget; the rest is for retries
_BATCH = 8  # finished tasks until the estimates are renewed, once there are more than a few


class PollSchedule:
    """When to poll each task, from what the polls of all tasks have shown so far."""

    def __init__(self) -> None:
        self._table = LifeTable()
        self._finished = 0
        self._max_in_flight = 1
        self._estimate()

    def on_working(self, from_s: float, to_s: float) -> None:
        """A poll found a task working at the age of `to_s`; the one before did at `from_s`."""
        self._table.note_working(from_s, to_s)
        if not self._finished:
            self._estimate()

    def on_finished(self, from_s: float, to_s: float) -> None:
        """A poll found a task finished at the age of `to_s`; the one before found it working."""
        self._table.note_finished(from_s, to_s)
        self._finished += 1
        if self._finished < _BATCH or self._finished % _BATCH == 0:
            self._estimate()

    def next_wait_s(
        self, age_s: float, *, in_flight: int, rate: float, has_log: bool = False
    ) -> float:
        """Seconds to the next poll of a task of that age.

        `in_flight` tasks and the submissions that replace them share `rate`
        requests a minute. With `has_log` the request log is trusted, and most
        tasks are polled when it reports their end.
        """
        in_flight, rate = max(in_flight, 1), max(rate, 1.0)
        self._max_in_flight = max(self._max_in_flight, in_flight)
        max_polls = _MAX_POLLS_WITH_LOG if has_log else _MAX_POLLS
        min_wait_s = min(max(_MIN_WAIT_S, _MIN_WAIT_PART * age_s), _MAX_WAIT_S)
        # Polls of all tasks leave a third of the budget to submissions.
        max_wait_s = max(_MAX_WAIT_S, in_flight * 60.0 / rate * 1.5)
        wait_s = self._age_after(age_s, self._stride(age_s, in_flight, rate, max_polls)) - age_s
        return min(max(wait_s, min_wait_s), max_wait_s)

    @property
    def max_usual_age_s(self) -> float:
        """An age that few tasks reach; infinity before any has finished."""
        return 4.0 * self._mean_s if self._finished else inf

    def log_check_wait_s(self, *, in_flight: int, rate: float) -> float:
        """Seconds to the next check of a log that reports on all the `in_flight` tasks."""
        in_flight, rate = max(in_flight, 1), max(rate, 1.0)
        # Leaves at least half of a small budget to submissions and polls.
        min_wait_s = _MIN_REQUESTS_BETWEEN_LOG_CHECKS * 60.0 / rate
        if not self._finished:
            return max(_FIRST_LOG_WAIT_S, min_wait_s)
        self._max_in_flight = max(self._max_in_flight, in_flight)
        checks = min(
            max(self._affordable_polls(in_flight, rate) - 1.0, _MIN_POLLS), _MAX_LOG_CHECKS
        )
        wait_s = self._mean_s / checks / sqrt(in_flight * self._max_in_flight)
        return max(min(max(wait_s, _MIN_LOG_WAIT_S), _MAX_LOG_WAIT_S), min_wait_s)

    def _affordable_polls(self, in_flight: int, rate: float) -> float:
        """The polls of each task that the budget can pay for.

        Deducted are the submission, and half a poll: the one that finds a task
        finished comes half a stride late, which `spread` does not count.
        """
        return _USABLE_PART * rate * self._mean_s / 60.0 / in_flight - 1.5

    def _stride(self, age_s: float, in_flight: int, rate: float, max_polls: float) -> float:
        """The integral of sqrt(h) from one poll to the next, which is sqrt(2 * price)."""
        if not self._finished:
            return sqrt(2.0 * (_FIRST_PRICE_S + age_s / 30.0))
        polls = min(max(self._affordable_polls(in_flight, rate), _MIN_POLLS), max_polls)
        # While the last tasks run, budget is left over and each of their seconds
        # counts for more of the makespan; so a poll is cheaper then.
        return self._spread / polls * sqrt(in_flight / self._max_in_flight)

    def _age_after(self, age_s: float, stride: float) -> float:
        """The age at which the integral of sqrt(h) from `age_s` on reaches `stride`."""
        row = row_of(age_s)
        if row >= len(WIDTHS):
            return inf
        goal = self._integral[row] + self._roots[row] * (age_s - EDGES[row]) + stride
        row = bisect_left(self._integral, goal) - 1
        if row >= len(WIDTHS):
            return inf
        return EDGES[row] + (goal - self._integral[row]) / self._roots[row]

    def _estimate(self) -> None:
        """Computes the mean, the spread and the integral of sqrt(h) from the life table."""
        hazards = self._table.hazards()
        self._roots = [sqrt(hazard) for hazard in hazards]
        parts = (root * width for root, width in zip(self._roots, WIDTHS, strict=True))
        self._integral = [0.0, *accumulate(parts)]
        self._mean_s = self._spread = 0.0
        working = 1.0  # S(t) at the age where the row begins
        for hazard, root, width in zip(hazards, self._roots, WIDTHS, strict=True):
            lived_s = -working * expm1(-hazard * width) / hazard
            self._mean_s += lived_s
            self._spread += root * lived_s
            working *= exp(-hazard * width)
