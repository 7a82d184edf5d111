"""When to look at a task, as an optimisation problem with a budget. Pure.

The problem. A task that stands finished but unnoticed wastes its slot; each
look costs one of the requests that the account may send. Choose the ages at
which to look so that the least slot time is wasted while a task costs no more
than so many looks on average.

The solution is that of optimum checking. Let `h` be the chance in a second
that a task of this age finishes. If a look is worth `price` seconds of a slot,
the best looks near that age are `sqrt(2 * price / h)` seconds apart: often
where tasks finish, seldom where they do not. A task then costs `spread /
sqrt(2 * price)` looks, where `spread` is the integral of `sqrt(h)` over the time
that tasks live; so the number of looks that the budget leaves gives the price.
What is wasted, about `spread² / (2 * looks)` seconds a task, is the least for
anyone who looks at one task at a time; `glances` tells of more at once.

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

_MAX_POLLS = 5.0  # a task, on average; the last tasks of a run get more
_LOOKS_WITH_LOG = 0.7  # where the log can be trusted, these are for the case that it cannot
_GLANCES = 3.0  # at the log, for each task that finishes
_GLANCES_S = (1.0, 15.0)  # apart, at least and at most
_FIRST_GLANCES_S = 5.0  # apart, before any task has finished
_MIN_BETWEEN = 2.0  # requests from one glance to the next
_MIN_POLLS = 0.3  # then most are done before the first one
_MAX_WAIT_S = 60.0  # whatever the table says: it may be wrong
_SHORTEST_S = 0.01
_SHORTEST_PART = 0.02  # of a task's age: a slow one among quick ones is not hammered
_FIRST_PRICE_S = 0.2  # before any task has finished; grows with the age by a thirtieth
_BATCH = 8  # finished tasks that make a difference, once there are more than a few
_OF_THE_BUDGET = 0.9  # the rest is for what goes wrong


class Polls:
    """When to look at a task, from what the looks at all of them have told."""

    def __init__(self) -> None:
        self._table = LifeTable()
        self._finished = 0
        self._most_in_flight = 1
        self._weigh()

    def on_working(self, from_s: float, to_s: float) -> None:
        """A task was still at work at the age of `to_s`, having been last seen so at `from_s`."""
        self._table.note_working(from_s, to_s)
        if not self._finished:
            self._weigh()

    def on_finished(self, from_s: float, to_s: float) -> None:
        """A task was seen to be done at the age of `to_s`, having been at work at `from_s`."""
        self._table.note_finished(from_s, to_s)
        self._finished += 1
        if self._finished < _BATCH or self._finished % _BATCH == 0:
            self._weigh()

    def next_wait_s(
        self, age_s: float, *, in_flight: int, rate: float, has_log: bool = False
    ) -> float:
        """Seconds to the next look at a task of that age.

        `in_flight` tasks and the submissions after them share `rate` requests
        a minute. With `has_log` most looks come when the request log says so.
        """
        in_flight, rate = max(in_flight, 1), max(rate, 1.0)
        self._most_in_flight = max(self._most_in_flight, in_flight)
        most_looks = _LOOKS_WITH_LOG if has_log else _MAX_POLLS
        shortest_s = min(max(_SHORTEST_S, _SHORTEST_PART * age_s), _MAX_WAIT_S)
        # Looks at all of them leave a third of the budget to submissions.
        longest_s = max(_MAX_WAIT_S, in_flight * 60.0 / rate * 1.5)
        wait_s = self._age_after(age_s, self._stride(age_s, in_flight, rate, most_looks)) - age_s
        return min(max(wait_s, shortest_s), longest_s)

    @property
    def usual_s(self) -> float:
        """An age that few tasks reach; endless before any has finished."""
        return 4.0 * self._mean_s if self._finished else inf

    def glance_wait_s(self, *, in_flight: int, rate: float) -> float:
        """Seconds to the next glance at a log that tells of all the `in_flight` tasks."""
        in_flight, rate = max(in_flight, 1), max(rate, 1.0)
        # Half of a small budget at least is for the requests that count.
        shortest_s = _MIN_BETWEEN * 60.0 / rate
        if not self._finished:
            return max(_FIRST_GLANCES_S, shortest_s)
        self._most_in_flight = max(self._most_in_flight, in_flight)
        glances = min(max(self._spare(in_flight, rate) - 1.0, _MIN_POLLS), _GLANCES)
        wait_s = self._mean_s / glances / sqrt(in_flight * self._most_in_flight)
        return max(min(max(wait_s, _GLANCES_S[0]), _GLANCES_S[1]), shortest_s)

    def _spare(self, in_flight: int, rate: float) -> float:
        """The looks at a task that the budget leaves.

        One request is the submission; and the look that finds a task done
        comes late by half a stride, which the integral does not count.
        """
        return _OF_THE_BUDGET * rate * self._mean_s / 60.0 / in_flight - 1.5

    def _stride(self, age_s: float, in_flight: int, rate: float, most_looks: float) -> float:
        """The integral of `sqrt(h)` from one look to the next: `sqrt(2 * price)`."""
        if not self._finished:
            return sqrt(2.0 * (_FIRST_PRICE_S + age_s / 30.0))
        looks = min(max(self._spare(in_flight, rate), _MIN_POLLS), most_looks)
        # With n in flight a second of each is an n-th of the run's. So when the
        # last ones are in flight, and there is budget to spare, a look costs less.
        return self._spread / looks * sqrt(in_flight / self._most_in_flight)

    def _age_after(self, age_s: float, stride: float) -> float:
        """The age that lies a stride after this one."""
        row = row_of(age_s)
        if row >= len(WIDTHS):
            return inf
        goal = self._strides[row] + self._roots[row] * (age_s - EDGES[row]) + stride
        row = bisect_left(self._strides, goal) - 1
        if row >= len(WIDTHS):
            return inf
        return EDGES[row] + (goal - self._strides[row]) / self._roots[row]

    def _weigh(self) -> None:
        """Takes from the table what the answers need."""
        hazards = self._table.hazards()
        self._roots = [sqrt(hazard) for hazard in hazards]
        parts = (root * width for root, width in zip(self._roots, WIDTHS, strict=True))
        self._strides = [0.0, *accumulate(parts)]
        self._mean_s = self._spread = 0.0
        left = 1.0  # of the tasks, at the age where a row begins
        for hazard, root, width in zip(hazards, self._roots, WIDTHS, strict=True):
            lived_s = -left * expm1(-hazard * width) / hazard
            self._mean_s += lived_s
            self._spread += root * lived_s
            left *= exp(-hazard * width)
