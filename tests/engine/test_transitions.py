"""How a reply changes a submission."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta

import pytest

from storyboard.engine.transitions import (
    after_disappearance,
    after_poll,
    after_submit,
    after_success_without_link,
)
from storyboard.records import Submission, SubmissionState
from storyboard.replies import Outcome, SubmitReply, TaskReply, TaskStatus
from tests.made import HOUR, NOW, make_submission, make_take

LATER = NOW + HOUR
URL = "https://file.modellix.ai/1.mp4"
State = SubmissionState

SENDING = make_submission(make_take(), State.SENDING)
ACCEPTED = make_submission(make_take(), State.ACCEPTED)
SUCCEEDED = make_submission(make_take(), State.SUCCEEDED)


def changed(before: Submission, after: Submission) -> dict[str, object]:
    """The fields that differ, with their new values."""
    values = {field.name: getattr(after, field.name) for field in fields(after)}
    return {name: value for name, value in values.items() if value != getattr(before, name)}


def poll(submission: Submission, reply: TaskReply) -> Submission:
    return after_poll(submission, reply, now=LATER, retention_s=86_400)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (
            SubmitReply(Outcome.ACCEPTED, task_id="t", http_status=200, body="{}"),
            {"state": State.ACCEPTED, "task_id": "t", "submitted_at": LATER, "http_status": 200},
        ),
        (
            SubmitReply(Outcome.REJECTED, http_status=400, message="no", body="{}"),
            {
                "state": State.REJECTED,
                "finished_at": LATER,
                "http_status": 400,
                "reason": "no",
                "reply": "{}",
            },
        ),
        (
            SubmitReply(Outcome.UNAVAILABLE, http_status=429, message="later"),
            {
                "state": State.UNAVAILABLE,
                "finished_at": LATER,
                "http_status": 429,
                "reason": "later",
            },
        ),
        (
            SubmitReply(Outcome.UNKNOWN, message="no reply came"),
            {"state": State.UNKNOWN, "reason": "no reply came"},
        ),
        (
            SubmitReply(Outcome.ACCEPTED, http_status=200),
            {"state": State.UNKNOWN, "http_status": 200},
        ),
    ],
)
def test_each_outcome_of_a_post_is_written_as_what_it_is(
    reply: SubmitReply, expected: dict[str, object]
) -> None:
    assert changed(SENDING, after_submit(SENDING, reply, now=LATER)) == expected


def test_a_finished_task_gives_a_link_with_its_stated_end() -> None:
    reply = TaskReply(TaskStatus.SUCCEEDED, video_url=URL, url_expires_at=NOW, body="{}")
    assert changed(ACCEPTED, poll(ACCEPTED, reply)) == {
        "state": State.SUCCEEDED,
        "finished_at": LATER,
        "video_url": URL,
        "url_expires_at": NOW,
        "reply": "{}",
    }


def test_a_link_without_a_stated_end_lives_as_long_as_the_model_s_do() -> None:
    after = poll(ACCEPTED, TaskReply(TaskStatus.SUCCEEDED, video_url=URL))
    assert after.url_expires_at == LATER + timedelta(hours=24)


@pytest.mark.parametrize(
    ("reply", "state", "reason"),
    [
        (TaskReply(TaskStatus.FAILED, reason="too dark"), State.FAILED, "too dark"),
        (TaskReply(TaskStatus.FAILED), State.FAILED, None),
        (TaskReply(TaskStatus.CANCELED, reason="by hand"), State.CANCELED, "by hand"),
    ],
)
def test_an_end_without_a_video_is_written_with_its_reason(
    reply: TaskReply, state: State, reason: str | None
) -> None:
    after = poll(ACCEPTED, reply)
    assert (after.state, after.reason, after.finished_at) == (state, reason, LATER)


def test_a_success_whose_link_never_came_stays_a_success() -> None:
    reply = TaskReply(TaskStatus.SUCCEEDED, reason="the reply has no video", body="{}")
    after = after_success_without_link(ACCEPTED, reply, now=LATER)
    assert (after.state, after.reason, after.finished_at) == (State.SUCCEEDED, None, LATER)
    assert (after.video_url, after.url_expires_at, after.reply) == (None, None, "{}")


@pytest.mark.parametrize(
    "status", ["waiting", "working", "missing", "refused", "unreadable", "succeeded"]
)
@pytest.mark.parametrize("before", [ACCEPTED, SUCCEEDED], ids=["accepted", "succeeded"])
def test_a_reply_that_is_not_final_changes_nothing(before: Submission, status: str) -> None:
    assert poll(before, TaskReply(TaskStatus(status), reason="x")) is before


@pytest.mark.parametrize(
    "reply",
    [
        TaskReply(TaskStatus.FAILED, reason="forgotten"),
        TaskReply(TaskStatus.CANCELED),
        TaskReply(TaskStatus.SUCCEEDED),
    ],
)
def test_nothing_takes_back_a_success(reply: TaskReply) -> None:
    assert poll(SUCCEEDED, reply) is SUCCEEDED


def test_a_success_polled_again_gets_the_new_link_and_keeps_its_time() -> None:
    renewed = TaskReply(TaskStatus.SUCCEEDED, video_url=f"{URL}?sign=2", url_expires_at=LATER)
    assert changed(SUCCEEDED, poll(SUCCEEDED, renewed)) == {
        "video_url": f"{URL}?sign=2",
        "url_expires_at": LATER,
    }


def test_a_task_that_cannot_be_found_is_unknown_and_says_why() -> None:
    missing = TaskReply(TaskStatus.MISSING, http_status=404, body="{}")
    sent = replace(ACCEPTED, profile="studio")
    assert changed(sent, after_disappearance(sent, missing)) == {
        "state": State.UNKNOWN,
        "reason": "the API no longer finds task task-1 (expired, or sent with another key: studio)",
        "http_status": 404,
        "reply": "{}",
    }
    assert "another key: unnamed" in (after_disappearance(ACCEPTED, missing).reason or "")


@pytest.mark.parametrize("status", [TaskStatus.SUCCEEDED, TaskStatus.FAILED, TaskStatus.CANCELED])
def test_what_was_billed_is_written_however_the_task_ended(status: TaskStatus) -> None:
    after = poll(ACCEPTED, TaskReply(status, video_url=URL, billed_micros=460_000))
    assert after.billed_micros == 460_000
    if status is TaskStatus.SUCCEEDED:  # polled again for its link, by a reply that says nothing
        assert poll(after, TaskReply(status, video_url=URL)).billed_micros == 460_000
