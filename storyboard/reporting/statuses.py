"""The words for a take's status, shared by `plan`, `status`, `render` and the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from storyboard.records import TakeStatus

STATUS_WORDS = {
    TakeStatus.DONE: "rendered",
    TakeStatus.RENDERED: "not downloaded",
    TakeStatus.RENDERING: "rendering",
    TakeStatus.PENDING: "not sent yet",
    TakeStatus.UNKNOWN: "outcome unknown",
    TakeStatus.FAILED: "failed",
    TakeStatus.REJECTED: "rejected",
}
"""A word for each status, in the order in which they are counted."""


def count_statuses(statuses: Iterable[TakeStatus]) -> str:
    """How many takes have each status: "7 rendered, 1 failed"."""
    counts = Counter(statuses)
    words = [
        f"{counts[status]:,} {word}" for status, word in STATUS_WORDS.items() if counts[status]
    ]
    return ", ".join(words) or "no takes"
