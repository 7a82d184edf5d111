"""The status of a take: one word for each state, and file order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from storyboard.media import FileInput
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


def test_a_locked_take_still_says_where_the_pictures_of_its_video_are_from() -> None:
    kept = FileInput(("first_frame",), "a" * 64, "frames/pier.png")
    new = FileInput(("last_frame",), "b" * 64, "frames/sea.png")
    sent = make_take(first_frame=kept.value, last_frame={"sha256": "c" * 64})
    payload = {**sent.payload, "prompt": "Another", "last_frame": new.value}
    locked = replace(
        sent, payload=payload, fingerprint="f" * 64, is_locked=True, inputs=(kept, new)
    )
    (state,) = read_states([locked], [make_done(sent)], has_file=is_here)
    assert state.take.payload == sent.payload
    assert state.take.inputs == (kept,)
