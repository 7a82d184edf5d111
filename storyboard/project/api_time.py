"""What time it is where a plan would call a link expired: the API's own clock decides.

On a machine whose clock is days ahead every link seems gone, and rendering again
would be paid again. One free request asks the API for its time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

from storyboard.api.credentials import ApiKey
from storyboard.api.modellix.client import ModellixApi
from storyboard.project.default_folder import SANDBOX
from storyboard.records import ActionKind, Plan, SubmissionState
from storyboard.reporting.amounts import time_left

_NOTABLE = timedelta(minutes=1)


def plan_by_api_time(
    make_plan: Callable[[datetime], Plan], origin: str, *, tell: Callable[[str], None]
) -> Plan:
    """The plan by this machine's time, or by the API's where that differs and a link is at stake.

    `tell` is given a sentence for the user where they differ. Where the API cannot be
    asked, this machine's clock is believed.
    """
    now = datetime.now(timezone.utc)
    plan = make_plan(now)
    offset = None if origin == SANDBOX or not _calls_a_link_expired(plan) else _offset_of(origin)
    if offset is None or abs(offset) < _NOTABLE:
        return plan
    early, late = sorted((now, now + offset))
    apart = time_left(early, late + timedelta(seconds=1))  # a Date header is cut to the second
    side = "behind" if offset > timedelta() else "ahead of"
    tell(
        f"this machine's clock is {apart} {side} the API's; "
        "whether links have expired is told by the API's"
    )
    return make_plan(now + offset)


def _calls_a_link_expired(plan: Plan) -> bool:
    return any(
        action.kind in (ActionKind.ASK, ActionKind.SUBMIT)
        and action.submission is not None
        and action.submission.state is SubmissionState.SUCCEEDED
        and action.submission.video_url is not None
        for action in plan.actions
    )


def _offset_of(origin: str) -> timedelta | None:
    """How far the API's clock is ahead of ours; None where it does not say."""
    api = ModellixApi(origin, ApiKey(""))
    try:
        offset_s = api.clock_offset_s()
    finally:
        api.close()
    return None if offset_s is None else timedelta(seconds=offset_s)
