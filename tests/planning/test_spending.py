"""What was spent: the bill of a submission, else its estimate, and nothing for what was refused."""

from __future__ import annotations

import pytest

from storyboard.planning.spending import Spending, cost_of_submission, sum_spending
from storyboard.records import SubmissionState
from tests.made import make_submission, make_take

TAKE = make_take()
FREE = {SubmissionState.REJECTED, SubmissionState.UNAVAILABLE}


@pytest.mark.parametrize("state", SubmissionState)
def test_each_submission_that_may_have_been_accepted_counts(state: SubmissionState) -> None:
    sent = make_submission(TAKE, state, estimate_micros=460_000)
    assert cost_of_submission(sent) == (0 if state in FREE else 460_000)


def test_a_bill_counts_in_place_of_the_estimate_also_where_it_is_0() -> None:
    for billed in (0, 500_000):
        sent = make_submission(
            TAKE, SubmissionState.FAILED, estimate_micros=460_000, billed_micros=billed
        )
        assert cost_of_submission(sent) == billed


def test_a_cost_that_nobody_knows_is_counted_as_unknown() -> None:
    sent = [
        make_submission(TAKE, SubmissionState.SUCCEEDED, billed_micros=1_000_000),
        make_submission(TAKE, SubmissionState.ACCEPTED, estimate_micros=500_000),
        make_submission(TAKE, SubmissionState.UNKNOWN),
    ]
    spending = sum_spending(sent, elsewhere=250_000)
    assert spending == Spending(1_000_000, 500_000, 250_000, unknown=1)
    assert spending.sentence == (
        "spent 1.75 USD: 1.00 USD billed, 0.50 USD estimated, 0.25 USD told by the manifest of "
        "another clone, the cost of 1 unknown"
    )
    assert sum_spending([]).sentence == ""
