"""How long a run will still take, based on how long its tasks have taken so far. Pure.

Slots are filled as in list scheduling: the first free slot takes the next
waiting task. Each waiting task takes the mean time. Each task in flight takes
the mean time left for tasks of its age.
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
    followed_by: Sequence[int] = (),
    longest_chain: int = 0,
) -> float:
    """Seconds until all tasks have ended. `left_s` is the result of `mean_left_s`.

    `ages_s` are the ages of the tasks in flight, `waiting` is the number not yet
    submitted, and `slots` is how many may be in flight. A request goes out every
    `request_s`; each waiting task needs at least two, its submission and a poll. Some must go
    one after the other: `followed_by` is how many follow each task in flight, at most, and
    `longest_chain` how many are in the longest chain of those that are not submitted.
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
    in_chains_s = [
        _at_age(left_s, age_s) + after * left_s[0]
        for age_s, after in zip(ages_s, followed_by, strict=False)  # given where there are any
    ]
    return max(in_slots_s, in_requests_s, longest_chain * left_s[0], *in_chains_s)


def mean_left_s(hazards: Sequence[float]) -> list[float]:
    """The mean seconds left for tasks at the age of each edge of the table.

    A task that reaches the end of the table is expected to take as long again.
    """
    means_s = [EDGES[-1]]
    for hazard, width_s in zip(reversed(hazards), reversed(WIDTHS), strict=True):
        ended = -expm1(-hazard * width_s)  # by the end of the row
        in_row_s = ended / hazard if hazard else width_s
        means_s.append(in_row_s + (1.0 - ended) * means_s[-1])
    return means_s[::-1]


def _at_age(means_s: Sequence[float], age_s: float) -> float:
    """The mean at an age between two edges, by linear interpolation."""
    row = min(bisect_right(EDGES, age_s) - 1, len(WIDTHS) - 1)
    part = min((age_s - EDGES[row]) / WIDTHS[row], 1.0)
    return means_s[row] + part * (means_s[row + 1] - means_s[row])
