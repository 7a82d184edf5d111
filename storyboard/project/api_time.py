"""Gets the API's own time where this machine's clock would call a link expired.

On a machine whose clock is days ahead, every link seems to have expired, and rendering
again would be paid for again. One free request asks the API for its time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

from storyboard.api.credentials import ApiKey
from storyboard.models.catalog import Catalog
from storyboard.names import SANDBOX
from storyboard.records import TO_SEND, ActionKind, Plan, SubmissionState
from storyboard.reporting.amounts import time_left

_NOTABLE = timedelta(minutes=1)
_AT_STAKE = (*TO_SEND, ActionKind.ASK)


def plan_by_api_time(
    make_plan: Callable[[datetime], Plan],
    origin: str,
    catalog: Catalog,
    *,
    tell: Callable[[str], None],
) -> Plan:
    """The plan by this machine's time, or by the API's if they differ and a link is at stake.

    `tell` is given a sentence for the user if they differ. If the API cannot be asked,
    this machine's clock is trusted.
    """
    now = datetime.now(timezone.utc)
    plan = make_plan(now)
    model = None if origin == SANDBOX else _model_of_an_expired_link(plan)
    card = None if model is None else catalog.get_usable(model)
    offset = None if card is None else _offset_of(origin, card.service.protocol)
    if offset is None or abs(offset) < _NOTABLE:
        return plan
    early, late = sorted((now, now + offset))
    apart = time_left(early, late + timedelta(seconds=1))  # a Date header has whole seconds
    side = "behind" if offset > timedelta() else "ahead of"
    tell(
        f"this machine's clock is {apart} {side} the API's; "
        "the API's decides whether links have expired"
    )
    return make_plan(now + offset)


def _model_of_an_expired_link(plan: Plan) -> str | None:
    """The model of a take whose link the plan calls expired; None if there is none."""
    return next(
        (
            action.submission.model
            for action in plan.actions
            if action.kind in _AT_STAKE
            and action.submission is not None
            and action.submission.state is SubmissionState.SUCCEEDED
            and action.submission.video_url is not None
        ),
        None,
    )


def _offset_of(origin: str, protocol: str) -> timedelta | None:
    """How far the API's clock is ahead of ours; None if it does not say."""
    # Imported here, since few plans need the network.
    from storyboard.api.protocols import PROTOCOLS, HasClock

    api = PROTOCOLS[protocol](origin, ApiKey(""))
    try:
        offset_s = api.clock_offset_s() if isinstance(api, HasClock) else None
    finally:
        api.close()
    return None if offset_s is None else timedelta(seconds=offset_s)
