"""How long a run will still take, from how long its tasks took so far. Pure.

The slots are filled as a list schedule fills them: the one that is free first
takes the next of the waiting tasks, each of which takes the mean time. What is
in flight has the time left that tasks of its age had in the mean.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from math import expm1

from storyboard.engine.life_table import EDGES, WIDTHS


def time_left_s(
    left_s: Sequence[float],
    ages_s: Sequence[float],
    *,
    waiting: int,
    slots: int,
    request_s: float = 0.0,
) -> float:
    """Seconds until all tasks have ended, where `left_s` is what `mean_left_s` gives.

    `ages_s` are those of the tasks in flight; `waiting` are not yet submitted,
    and `slots` how many may be in flight. A request goes out every `request_s`:
    each task that waits needs at least two, its submission and a poll.
    """
    free_in_s = sorted(_at_age(left_s, age_s) for age_s in ages_s)
    idle = max(slots - len(free_in_s), 0) if waiting else 0
    free_in_s = [0.0] * idle + free_in_s
    if not free_in_s:
        return 0.0
    rounds, rest = divmod(waiting, len(free_in_s))
    in_slots_s = max(
        free_s + (rounds + (number < rest)) * left_s[0] for number, free_s in enumerate(free_in_s)
    )
    in_requests_s = 2 * waiting * request_s + (left_s[0] if waiting else 0.0)
    return max(in_slots_s, in_requests_s)


def mean_left_s(hazards: Sequence[float]) -> list[float]:
    """For each edge of the table, how many seconds tasks of that age have left in the mean.

    One that reaches the end of the table is expected to take as long again.
    """
    means_s = [EDGES[-1]]
    for hazard, width_s in zip(reversed(hazards), reversed(WIDTHS), strict=True):
        ended = -expm1(-hazard * width_s)  # by the end of the row
        in_row_s = ended / hazard if hazard else width_s
        means_s.append(in_row_s + (1.0 - ended) * means_s[-1])
    return means_s[::-1]


def _at_age(means_s: Sequence[float], age_s: float) -> float:
    """The mean at an age between two edges, by the straight line from one to the other."""
    row = min(bisect_right(EDGES, age_s) - 1, len(WIDTHS) - 1)
    part = min((age_s - EDGES[row]) / WIDTHS[row], 1.0)
    return means_s[row] + part * (means_s[row + 1] - means_s[row])
