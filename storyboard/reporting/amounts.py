"""Amounts and lists in words: counts, durations, money, names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime


def count_text(number: int, noun: str) -> str:
    """A count for people: "1 take", "2,000 takes"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def and_text(names: Sequence[str]) -> str:
    """A list for people, empty if there are none: "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def span_text(seconds: float) -> str:
    """A length of video for people: "74 s", "12 min 5 s"."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def usd_text(micros: int) -> str:
    """An amount of money for people, to the cent: "1.08 USD". Smaller amounts are never "0.00"."""
    cents = f"{micros / 1_000_000:,.2f}"
    return f"{micros / 1_000_000:.6f}".rstrip("0") + " USD" if 0 < micros < 5000 else f"{cents} USD"


def rough_text(seconds: float) -> str:
    """An approximate duration for people: "20 s", "12 min", "5 h 10 min"."""
    if seconds < 100:
        return f"{seconds:.0f} s" if seconds < 20 else f"{round(seconds / 10) * 10} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    hours, tens = divmod(round(minutes / 10), 6)
    return f"{hours} h {tens * 10} min"


def time_left(now: datetime, then: datetime) -> str:
    """The time from `now` to `then` for people: "12 min", "5 h 3 min", "6 days"."""
    minutes = int((then - now).total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 48 else f"{hours // 24} days"
