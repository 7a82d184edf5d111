"""How many tasks and how many requests: the window and the budget. Pure.

Callers pass in what happened and when (monotonic seconds) and ask what may
happen next. Nothing here waits, reads a clock or sends anything.
"""

from __future__ import annotations

import random

from storyboard.replies import RateHint

START_WINDOW = 2  # "Concurrent tasks" of the smallest account, in the vendor's table
MAX_WINDOW = 100  # "Concurrent tasks" of the largest account
DEFAULT_RATE = 100  # requests a minute of the smallest account
_PROBE_S = 60.0  # after hitting a limit, one more task in flight is tried each minute
_MAX_PAUSE_S = 60.0  # between attempts while others hold all of the account's slots
_MAX_WAIT_S = 900.0  # the longest wait that a server can ask for
_USABLE_PART = 0.8  # of the rate
_AHEAD_S = 4.0  # 5 requests at 100 a minute


class Window:
    """How many tasks may be in flight at the API.

    With a `ceiling` from the user it starts there. Otherwise it starts at 2 and
    grows by one with each accepted submission that filled it: the account allows
    that many, and trying one more costs nothing if it is refused. Once the API
    refuses a task over concurrency, the window shrinks to what was in flight and
    then grows by one a minute.
    """

    def __init__(self, ceiling: int | None = None) -> None:
        self.ceiling = ceiling or MAX_WINDOW
        self.size = ceiling or START_WINDOW
        self._probe_at: float | None = None
        self._closed_until: float | None = None
        self._pauses = 0

    def has_room(self, in_flight: int, *, now: float) -> bool:
        """Whether one more task may be submitted."""
        if self._closed_until is not None:
            if now < self._closed_until:
                return False
            self._closed_until = None
        if self._probe_at is not None and now >= self._probe_at and in_flight >= self.size:
            self._probe_at = now + _PROBE_S
            self.size = min(self.size + 1, self.ceiling)
        return in_flight < self.size

    def next_change_at(self) -> float | None:
        """When a full window may have room again by itself; None if only an event can help."""
        if self._closed_until is not None:
            return self._closed_until
        return self._probe_at if self.size < self.ceiling else None

    def on_resumed(self, in_flight: int) -> None:
        """Notes that tasks of an earlier run are in flight, so the account allows as many."""
        self.size = min(max(self.size, in_flight + 1), self.ceiling)

    def on_accepted(self, in_flight: int) -> None:
        """Notes that a task was accepted; `in_flight` includes it and the open POSTs."""
        if self._probe_at is None and in_flight >= self.size:
            self.size = min(self.size + 1, self.ceiling)

    def on_finished(self) -> None:
        """Notes that a task ended."""
        self._pauses = 0

    def on_limit(self, tasks: int, open_posts: int = 0, *, now: float) -> None:
        """Notes that the API refused a task as one too many, with `tasks` of this run in flight.

        If `tasks` is zero, other clients of the account hold all its slots, and no
        event here will free one. So the window closes for 1, 2, 4 ... seconds, up to a
        minute. The `open_posts` may still be accepted.
        """
        self.size = max(1, min(tasks + open_posts, self.size))
        self._probe_at = now + _PROBE_S
        if tasks > 0:
            self._pauses = 0
            return
        if self._closed_until is not None and now < self._closed_until:
            return  # several were sent at once, and all were refused
        self._closed_until = now + min(_MAX_PAUSE_S, 2.0 ** min(self._pauses, 30))
        self._pauses += 1


class Budget:
    """When the next request may go out: evenly spaced, at four fifths of `rate` a minute.

    The last fifth is for retries and other clients of the account. Requests that
    free or fill a slot (a submission, the poll of a task that has ended) may run
    ahead by a few; polls and log checks that may find nothing use what is left.
    A `rate` set by the user is fixed; without one, the API's headers set it.
    """

    def __init__(self, rate: int | None = None, *, jitter: random.Random | None = None) -> None:
        self._is_fixed = rate is not None
        self.rate = rate or DEFAULT_RATE
        self._jitter = jitter or random.Random()  # noqa: S311 (spreads waits, hides nothing)
        self._free_at = 0.0
        self._held_until = 0.0
        self._refusals = 0

    def next_at(self) -> float:
        """The earliest time of the next request that fills or frees a slot."""
        return max(self._free_at - _AHEAD_S, self._held_until)

    def next_spare_at(self) -> float:
        """The earliest time of the next request that may find nothing."""
        return max(self._free_at, self._held_until)

    @property
    def spacing_s(self) -> float:
        """Seconds between two requests, in the long run."""
        return 60.0 / (_USABLE_PART * self.rate)

    def spend(self, *, now: float) -> None:
        """Counts one request that goes out now."""
        self._free_at = max(self._free_at, now) + self.spacing_s

    def on_reply(self, hint: RateHint, *, now: float) -> None:
        """Adopts the rate in the headers of a reply other than a 429."""
        self._refusals = 0
        self._adopt_rate(hint, now=now)
        if hint.remaining == 0 and hint.reset_in_s is not None:
            self._hold(hint.reset_in_s, now=now)

    def on_rate_limit(self, hint: RateHint, *, now: float) -> None:
        """Handles a 429 about the rate: waits as long as it asks, or backs off with jitter.

        A second refusal in a row shows that the requested wait was too short, so the
        longer of the two is used.
        """
        if now >= self._held_until:  # otherwise it was sent before the wait began
            self._refusals += 1
        self._adopt_rate(hint, now=now)
        asked_s = hint.retry_after_s if hint.retry_after_s is not None else hint.reset_in_s
        wait_s = back_off_s(max(1, self._refusals), max_wait_s=60.0, jitter=self._jitter)
        if asked_s is not None:
            wait_s = max(asked_s, wait_s) if self._refusals > 1 else asked_s
        self._hold(wait_s, now=now)

    def _adopt_rate(self, hint: RateHint, *, now: float) -> None:
        """Adopts the rate of the headers, also for requests that ran ahead."""
        if hint.limit and not self._is_fixed:
            ahead_s = max(0.0, self._free_at - now)
            self._free_at += ahead_s * self.rate / hint.limit - ahead_s
            self.rate = hint.limit

    def _hold(self, wait_s: float, *, now: float) -> None:
        self._held_until = max(self._held_until, now + min(max(wait_s, 0.0), _MAX_WAIT_S))


def back_off_s(attempt: int, *, max_wait_s: float, jitter: random.Random) -> float:
    """Seconds to wait after attempt number `attempt`: 1, 2, 4 ... up to `max_wait_s`.

    Reduced by up to half at random, so that clients do not retry in step.
    """
    full_s: float = min(max_wait_s, 2.0 ** min(attempt - 1, 30))
    return full_s * (0.5 + jitter.random() / 2)
