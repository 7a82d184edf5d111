"""Times as the outputs spell them: UTC, whole seconds, `2026-11-22T14:03:11Z`. Pure."""

from __future__ import annotations

from datetime import datetime, timezone


def whole_second(time: datetime) -> datetime:
    """The time in UTC, rounded down to the second. A time without a zone is UTC."""
    utc = time.astimezone(timezone.utc) if time.tzinfo else time.replace(tzinfo=timezone.utc)
    return utc.replace(microsecond=0)


def time_text(time: datetime) -> str:
    """The spelling of a time, rounded down to the second."""
    return whole_second(time).replace(tzinfo=None).isoformat() + "Z"


def read_time(text: str) -> datetime:
    """The time that `time_text` spelled. Raises ValueError for any other spelling."""
    try:
        time = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        time = None
    # strptime also takes one digit where two belong.
    if time is None or time_text(time) != text:
        raise ValueError(f"{text!r} is not a time such as 2026-11-22T14:03:11Z")
    return time
