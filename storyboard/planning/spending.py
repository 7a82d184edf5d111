"""What submissions have cost: their bills, or else the estimates they were sent with. Pure.

Amounts are whole numbers of millionths of a US dollar; see `money`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from storyboard.records import Submission, SubmissionState
from storyboard.reporting.amounts import usd_text

DAY = timedelta(hours=24)

NOT_CHARGED = frozenset({SubmissionState.REJECTED, SubmissionState.UNAVAILABLE})
"""States of requests that the API refused and does not charge for."""


def cost_of_submission(one: Submission) -> int | None:
    """The cost of a submission; None if unknown.

    An unknown outcome, or a task that failed or was given up, may have been charged.
    """
    if one.billed_micros is not None:
        return one.billed_micros
    return 0 if one.state in NOT_CHARGED else one.estimate_micros


@dataclass(frozen=True, slots=True)
class Spending:
    """The total cost of a folder's submissions, in micros.

    `estimated` covers those without a bill, `elsewhere` those that only another clone has;
    `unknown` counts those with neither a bill nor an estimate.
    """

    billed: int = 0
    estimated: int = 0
    elsewhere: int = 0
    unknown: int = 0

    @property
    def micros(self) -> int:
        """The total, as far as it is known."""
        return self.billed + self.estimated + self.elsewhere

    @property
    def sentence(self) -> str:
        """In words: "spent 2.10 USD: 1.60 USD billed, 0.50 USD estimated"; empty for nothing."""
        parts = (
            (self.billed, "billed"),
            (self.estimated, "estimated"),
            (self.elsewhere, "told by the manifest of another clone"),
        )
        words = [f"{usd_text(micros)} {what}" for micros, what in parts if micros]
        words += [f"the cost of {self.unknown:,} unknown"] if self.unknown else []
        if not words:
            return ""
        return f"spent {usd_text(self.micros)}: {', '.join(words)}"


def sum_spending(submissions: Iterable[Submission], *, elsewhere: int = 0) -> Spending:
    """What submissions cost, and what was spent `elsewhere`."""
    billed = estimated = unknown = 0
    for one in submissions:
        cost = cost_of_submission(one)
        if one.billed_micros is not None:
            billed += one.billed_micros
        elif cost is None:
            unknown += 1
        else:
            estimated += cost
    return Spending(billed, estimated, elsewhere, unknown)
