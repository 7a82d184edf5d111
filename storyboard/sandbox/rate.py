"""The limit on an account's submissions per minute, and the headers that report it. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

WINDOW_S = 60


@dataclass(frozen=True, slots=True)
class RateWindow:
    """The number of requests since `opened_at`; a new window opens a minute later."""

    limit: int
    opened_at: float = -math.inf
    used: int = 0

    def at(self, now: float, limit: int) -> RateWindow:
        """The window that applies at `now`."""
        if self.opened_at <= now < self.opened_at + WINDOW_S:
            return replace(self, limit=limit)
        return RateWindow(limit, now)

    @property
    def is_full(self) -> bool:
        """Whether the next request is one too many."""
        return self.used >= self.limit

    def after_one_more(self) -> RateWindow:
        """The window with one more request counted."""
        return replace(self, used=self.used + 1)

    @property
    def headers(self) -> dict[str, str]:
        """The documented headers; the reset time is in whole Unix seconds."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(0, self.limit - self.used)),
            "X-RateLimit-Reset": str(math.ceil(self.opened_at + WINDOW_S)),
        }
