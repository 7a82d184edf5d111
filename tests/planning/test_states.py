"""The status of a take: one word for each state, and file order."""

from __future__ import annotations

import pytest

from storyboard.planning.states import read_states, status_of
from storyboard.records import SubmissionState, TakeStatus, Video
from tests.made import make_done, make_submission, make_take

State = SubmissionState


def is_here(video: Video) -> bool:
    return True


def is_nowhere(video: Video) -> bool:
    return False


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (State.SENDING, "unknown"),
        (State.UNKNOWN, "unknown"),
        (State.ACCEPTED, "rendering"),
        (State.FAILED, "failed"),
        (State.CANCELED, "failed"),
        (State.ABANDONED, "failed"),
        (State.REJECTED, "rejected"),
        (State.UNAVAILABLE, "pending"),
        (State.RELEASED, "pending"),
        (State.SUCCEEDED, "rendered"),
    ],
)
def test_each_state_has_one_word(state: State, status: str) -> None:
    submission = make_submission(make_take(), state)
    assert status_of(submission, has_file=is_here).value == status


def test_done_means_that_the_file_is_in_place() -> None:
    done = make_done(make_take())
    assert status_of(done, has_file=is_here) is TakeStatus.DONE
    assert status_of(done, has_file=is_nowhere) is TakeStatus.RENDERED


def test_states_come_in_file_order_for_all_takes() -> None:
    takes = [make_take(name) for name in "cab"]
    states = read_states(takes, [make_done(make_take("a"))], has_file=is_here)
    assert [(state.take.id, state.status.value) for state in states] == [
        ("c", "pending"),
        ("a", "done"),
        ("b", "pending"),
    ]
