"""Which contents cannot be uploaded, and when to try the others again. Pure; monotonic seconds."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable

from storyboard.engine.breaker import MAX_UNUSABLE
from storyboard.engine.pacing import back_off_s

MAX_WAIT_S = 15.0  # between two tries
_MAX_TRIES = 5  # of an upload whose answers are unusable
_MAX_FAILING_S = 600.0  # how long contents are tried one by one while each of them fails


class UploadFailures:
    """Counts the failed uploads, by the sha256 of each content."""

    def __init__(self, jitter: random.Random) -> None:
        self._jitter = jitter
        self._reasons: dict[str, str] = {}  # why a content is not tried again
        self._tries = Counter[str]()  # without a usable answer
        self._not_before: dict[str, float] = {}
        self._in_a_row = 0  # contents that could not be uploaded
        self._failing_since: float | None = None
        self._given_up: str | None = None  # why nothing more is uploaded

    def reason(self, sha256: str) -> str | None:
        """Why a content is not uploaded; None if it may be tried."""
        return self._reasons.get(sha256) or self._given_up

    def not_before(self, sha256: str) -> float:
        """When a content may be tried."""
        return self._not_before.get(sha256, 0.0)

    def on_uploaded(self) -> None:
        """Notes that an upload succeeded."""
        self._in_a_row, self._failing_since = 0, None

    def on_found(self, contents: Iterable[str]) -> None:
        """Notes contents that are at the API."""
        for sha256 in contents:
            self._tries.pop(sha256, None)

    def on_unreached(self, sha256: str, reason: str, now: float, *, may_be_there: bool) -> None:
        """Notes that no usable answer came: it is tried again later, but only a few times."""
        self._tries[sha256] += 1
        wait_s = back_off_s(self._tries[sha256], max_wait_s=MAX_WAIT_S, jitter=self._jitter)
        self._not_before[sha256] = now + wait_s
        if may_be_there and self._tries[sha256] >= _MAX_TRIES:
            why = f"it could not be uploaded: {reason}; run again"
            self.give_up(sha256, why, now, is_about_it=False)

    def give_up(self, sha256: str, why: str, now: float, *, is_about_it: bool) -> None:
        """Gives a content up; and all others once several have failed, for a long time.

        A reason that `is_about_it` says nothing about the others.
        """
        self._reasons[sha256] = why
        if is_about_it:
            return
        self._in_a_row += 1
        if self._failing_since is None:
            self._failing_since = now
        if self._in_a_row >= MAX_UNUSABLE and now - self._failing_since >= _MAX_FAILING_S:
            self._given_up = why
