"""How a reply changes a submission: from the row before to the row after. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from storyboard.records import Submission, SubmissionState
from storyboard.replies import Outcome, SubmitReply, TaskReply, TaskStatus

_STATE_OF = {
    Outcome.ACCEPTED: SubmissionState.ACCEPTED,
    Outcome.REJECTED: SubmissionState.REJECTED,
    Outcome.UNAVAILABLE: SubmissionState.UNAVAILABLE,
    Outcome.UNKNOWN: SubmissionState.UNKNOWN,
}


def after_submit(submission: Submission, reply: SubmitReply, *, now: datetime) -> Submission:
    """The submission after the reply to its POST.

    Accepted without a task id counts as unknown: such a task cannot be polled.
    """
    is_accepted = reply.outcome is Outcome.ACCEPTED and reply.task_id is not None
    # A refusal by a proxy or firewall says nothing about the account, whatever its status means.
    is_foreign = reply.outcome is Outcome.REJECTED and not reply.is_from_api
    has_no_id = reply.outcome is Outcome.ACCEPTED and not is_accepted
    return replace(
        submission,
        state=SubmissionState.UNKNOWN if has_no_id else _STATE_OF[reply.outcome],
        task_id=reply.task_id,
        submitted_at=now if is_accepted else None,
        finished_at=now if reply.outcome in (Outcome.REJECTED, Outcome.UNAVAILABLE) else None,
        http_status=None if is_foreign else reply.http_status,
        reason=None if is_accepted else reply.message,
        reply=None if is_accepted else reply.body,
    )


def after_poll(
    submission: Submission, reply: TaskReply, *, now: datetime, retention_s: float
) -> Submission:
    """The submission after a poll: the same object, unless the reply is final.

    A success is final once it has a link. A link with no stated expiry is assumed
    to be valid for `retention_s`.
    """
    if reply.status is TaskStatus.SUCCEEDED and reply.video_url:
        return replace(
            submission,
            state=SubmissionState.SUCCEEDED,
            finished_at=submission.finished_at or now,
            video_url=reply.video_url,
            url_expires_at=reply.url_expires_at or now + timedelta(seconds=retention_s),
            reply=reply.body,
            billed_micros=_billed(submission, reply),
            # A new link does not show whose video it is.
            reason=submission.reason if submission.state is SubmissionState.SUCCEEDED else None,
        )
    if submission.state is SubmissionState.SUCCEEDED:
        return submission  # polled again to renew its link; a paid success stays a success
    state = {
        TaskStatus.FAILED: SubmissionState.FAILED,
        TaskStatus.CANCELED: SubmissionState.CANCELED,
    }.get(reply.status)
    if state is None:
        return submission
    return replace(
        submission,
        state=state,
        finished_at=now,
        reason=reply.reason,
        reply=reply.body,
        billed_micros=_billed(submission, reply),
    )


def _billed(submission: Submission, reply: TaskReply) -> int | None:
    """What was billed, according to the last reply that says so."""
    return submission.billed_micros if reply.billed_micros is None else reply.billed_micros


def after_success_without_link(
    submission: Submission, reply: TaskReply, *, now: datetime
) -> Submission:
    """The submission after waiting in vain for its link: it was paid for and is not lost."""
    return replace(
        submission,
        state=SubmissionState.SUCCEEDED,
        finished_at=now,
        reason=None,
        reply=reply.body,
        billed_micros=_billed(submission, reply),
    )


def after_unfamiliar(submission: Submission, reply: TaskReply) -> Submission:
    """The submission after its polls were unusable for too long: its outcome is unknown."""
    return replace(
        submission,
        state=SubmissionState.UNKNOWN,
        reason=f"the API gave no usable status for task {submission.task_id}: {reply.reason}",
        http_status=reply.http_status,
        reply=reply.body,
    )


def after_disappearance(submission: Submission, reply: TaskReply) -> Submission:
    """The submission after its task was not found for too long: its outcome is unknown."""
    return replace(
        submission,
        state=SubmissionState.UNKNOWN,
        reason=(
            f"the API no longer finds task {submission.task_id} "
            f"(expired, or sent with another key: {submission.profile or 'unnamed'})"
        ),
        http_status=reply.http_status,
        reply=reply.body,
    )
