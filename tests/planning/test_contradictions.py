"""What submissions of several requests with one task say of each other."""

from __future__ import annotations

from storyboard.planning.contradictions import with_doubts
from storyboard.records import SubmissionState
from tests.made import make_submission, make_take


def test_a_reason_names_three_other_requests_and_counts_the_rest() -> None:
    names = ["one", "one", "two", "three", "four", "five"]
    known = [
        make_submission(make_take(name), SubmissionState.ACCEPTED, id=number, task_id="task-9")
        for number, name in enumerate(names)
    ]
    given = "the API gave its task, task-9, to"
    reasons = [one.reason for one in with_doubts(known)]
    others = "take two and take three and take four and 1 more"
    assert reasons[:2] == [f"{given} {others} too, but it can belong to only one"] * 2
    others = "take one and take two and take three and 1 more"
    assert reasons[5] == f"{given} {others} too, but it can belong to only one"


def test_two_requests_name_each_other() -> None:
    known = [
        make_submission(make_take(name), SubmissionState.SUCCEEDED, task_id="task-9")
        for name in ("one", "two")
    ]
    assert [one.reason for one in with_doubts(known)] == [
        "doubtful: the API gave its task, task-9, to take two too, but it can belong to only one",
        "doubtful: the API gave its task, task-9, to take one too, but it can belong to only one",
    ]
