"""Times as the outputs write them: UTC, whole seconds, `2026-11-22T14:03:11Z`. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timezone

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


def whole_second(time: datetime) -> datetime:
    """The time in UTC, rounded down to the second. A time without a zone is UTC."""
    if time.tzinfo is not timezone.utc:
        time = time.astimezone(timezone.utc) if time.tzinfo else time.replace(tzinfo=timezone.utc)
    return time.replace(microsecond=0)


def time_text(time: datetime) -> str:
    """The text of a time, rounded down to the second."""
    utc = time if time.tzinfo is timezone.utc else whole_second(time)
    return f"{utc.isoformat()[:19]}Z"  # the rest is the fraction and the zone


def read_time(text: str) -> datetime:
    """The time in a text written by `time_text`. Raises ValueError for any other format."""
    if _TIME.fullmatch(text):
        # Ten times as fast as strptime; it rejects days that are not in the calendar.
        return datetime.fromisoformat(text[:-1]).replace(tzinfo=timezone.utc)
    raise ValueError(f"{text!r} is not a time such as 2026-11-22T14:03:11Z")
