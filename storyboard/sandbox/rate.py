"""How many requests a minute an account may send, and the headers that say so. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

WINDOW_S = 60


@dataclass(frozen=True, slots=True)
class RateWindow:
    """How many requests were let in since `opened_at`; a minute later a new one opens."""

    limit: int
    opened_at: float = -math.inf
    used: int = 0

    def at(self, now: float, limit: int) -> RateWindow:
        """The window that holds at `now`."""
        if self.opened_at <= now < self.opened_at + WINDOW_S:
            return RateWindow(limit, self.opened_at, self.used)
        return RateWindow(limit, now)

    @property
    def is_full(self) -> bool:
        """Whether the next request is one too many."""
        return self.used >= self.limit

    def taken(self) -> RateWindow:
        """The window after one more request."""
        return RateWindow(self.limit, self.opened_at, self.used + 1)

    @property
    def headers(self) -> dict[str, str]:
        """The documented headers; the reset is in whole Unix seconds."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(0, self.limit - self.used)),
            "X-RateLimit-Reset": str(math.ceil(self.opened_at + WINDOW_S)),
        }

    def emptied(self) -> RateWindow:
        """The window with nothing left in it."""
        return RateWindow(self.limit, self.opened_at, self.limit)
