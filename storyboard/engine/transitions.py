"""What an answer makes of a submission. Pure: a row before, a row after."""

from __future__ import annotations

from datetime import datetime, timedelta

from storyboard.bulk import changer_of
from storyboard.records import (
    Outcome,
    Submission,
    SubmissionState,
    SubmitReply,
    TaskReply,
    TaskStatus,
)

_changed = changer_of(Submission)

_STATE_OF = {
    Outcome.ACCEPTED: SubmissionState.ACCEPTED,
    Outcome.REJECTED: SubmissionState.REJECTED,
    Outcome.UNAVAILABLE: SubmissionState.UNAVAILABLE,
    Outcome.UNKNOWN: SubmissionState.UNKNOWN,
}


def after_submit(submission: Submission, reply: SubmitReply, *, now: datetime) -> Submission:
    """The submission as the answer to its POST leaves it.

    Without a task id nothing could ever be asked about it: that is unknown.
    """
    is_accepted = reply.outcome is Outcome.ACCEPTED and reply.task_id is not None
    is_lost = reply.outcome is Outcome.ACCEPTED and not is_accepted
    return _changed(
        submission,
        state=SubmissionState.UNKNOWN if is_lost else _STATE_OF[reply.outcome],
        task_id=reply.task_id,
        submitted_at=now if is_accepted else None,
        finished_at=now if reply.outcome in (Outcome.REJECTED, Outcome.UNAVAILABLE) else None,
        http_status=reply.http_status,
        reason=None if is_accepted else reply.message,
        reply=None if is_accepted else reply.body,
    )


def after_poll(
    submission: Submission, reply: TaskReply, *, now: datetime, retention_s: float
) -> Submission:
    """The submission as a final answer about its task leaves it; unchanged by any other.

    A link without a stated expiry is taken to live `retention_s`.
    """
    if reply.status is TaskStatus.SUCCEEDED and reply.video_url:
        return _changed(
            submission,
            state=SubmissionState.SUCCEEDED,
            finished_at=submission.finished_at or now,
            video_url=reply.video_url,
            url_expires_at=reply.url_expires_at or now + timedelta(seconds=retention_s),
            reply=reply.body,
            reason=None,
        )
    if submission.state is SubmissionState.SUCCEEDED:
        return submission  # asked again for its link: it was paid, and nothing takes that back
    state = {
        TaskStatus.SUCCEEDED: SubmissionState.FAILED,
        TaskStatus.FAILED: SubmissionState.FAILED,
        TaskStatus.CANCELED: SubmissionState.CANCELED,
    }.get(reply.status)
    if state is None:
        return submission
    reason = reply.reason
    if reply.status is TaskStatus.SUCCEEDED:
        reason = "the task succeeded without a video"
    return _changed(submission, state=state, finished_at=now, reason=reason, reply=reply.body)


def after_disappearance(submission: Submission, reply: TaskReply) -> Submission:
    """The submission after its task could not be found for as long as we look."""
    return _changed(
        submission,
        state=SubmissionState.UNKNOWN,
        reason=(
            f"the API no longer finds task {submission.task_id} "
            f"(expired, or sent with another key: {submission.profile or 'unnamed'})"
        ),
        http_status=reply.http_status,
        reply=reply.body,
    )
