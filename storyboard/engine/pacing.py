"""How many tasks, how many requests: the window and the budget. Pure.

Each class is told what happened and when (monotonic seconds), and answers
what may happen next. None of them waits, reads a clock or sends anything.
"""

from __future__ import annotations

import random

from storyboard.records import RateHint

START_WINDOW = 2  # "Concurrent tasks" of the smallest account; api-contract, section 3
MAX_WINDOW = 100  # of the largest
DEFAULT_RATE = 100  # requests a minute of the smallest account
_PROBE_S = 60.0  # after a limit was met, one more task in flight is tried each minute
_MAX_PAUSE_S = 60.0  # between attempts while others hold all of the account's slots
_MAX_WAIT_S = 900.0  # no server may put us to sleep for longer at a time


class Window:
    """How many tasks may be in flight at the API.

    With a `ceiling` from the user it starts there. Without, it starts at 2 and
    grows by one with each submission that filled it and was accepted: so many
    in flight prove that the account allows them, and one more that is refused
    costs nothing. Once the API speaks of concurrency it holds at what ran, and
    tries one more a minute.
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
        """When a window without room may have some by itself, None where only events change it."""
        if self._closed_until is not None:
            return self._closed_until
        return self._probe_at if self.size < self.ceiling else None

    def on_resumed(self, in_flight: int) -> None:
        """So many tasks of an earlier run are in flight: the account allows them."""
        self.size = min(max(self.size, in_flight + 1), self.ceiling)

    def on_accepted(self, in_flight: int) -> None:
        """A task was accepted; `in_flight` are now, with the submissions that are open."""
        if self._probe_at is None and in_flight >= self.size:
            self.size = min(self.size + 1, self.ceiling)

    def on_finished(self) -> None:
        """A task came to its end."""
        self._pauses = 0

    def on_limit(self, in_flight: int, *, now: float) -> None:
        """The API said that too many tasks run, while `in_flight` of ours did.

        With none of ours the slots are held by others: nothing of ours will end
        and free one, so the window closes for 1, 2, 4 ... seconds, up to a minute.
        """
        self.size = max(1, min(in_flight, self.size))
        self._probe_at = now + _PROBE_S
        if in_flight > 0:
            self._pauses = 0
            return
        self._closed_until = now + min(_MAX_PAUSE_S, 2.0 ** min(self._pauses, 30))
        self._pauses += 1


class Budget:
    """When the next request may go out: evenly spaced, at so many a minute.

    `rate` from the user stays; without it the API's headers set the rate.
    """

    def __init__(self, rate: int | None = None, *, jitter: random.Random | None = None) -> None:
        self._is_fixed = rate is not None
        self.rate = rate or DEFAULT_RATE
        self._jitter = jitter or random.Random()  # noqa: S311 (spreads waits, hides nothing)
        self._free_at = 0.0
        self._held_until = 0.0
        self._strikes = 0

    def next_at(self) -> float:
        """The earliest time of the next request."""
        return self._free_at

    def spend(self, *, now: float) -> None:
        """One request goes out now."""
        self._free_at = max(self._free_at, now) + 60.0 / self.rate

    def on_reply(self, hint: RateHint, *, now: float) -> None:
        """A reply came that was no 429: what its headers say counts from here on."""
        self._strikes = 0
        if hint.limit and not self._is_fixed:
            self.rate = hint.limit
        if hint.remaining == 0 and hint.reset_in_s is not None:
            self._hold(hint.reset_in_s, now=now)

    def on_rate_limit(self, hint: RateHint, *, now: float) -> None:
        """A 429 spoke of the rate: wait as it says, else back off with jitter.

        Refused again after the wait it asked for, it is believed no longer, and
        the longer of the two waits counts.
        """
        if now >= self._held_until:  # else it was sent before the one that holds us came back
            self._strikes += 1
        if hint.limit and not self._is_fixed:
            self.rate = hint.limit
        told_s = hint.retry_after_s if hint.retry_after_s is not None else hint.reset_in_s
        wait_s = back_off_s(max(1, self._strikes), longest_s=60.0, jitter=self._jitter)
        if told_s is not None:
            wait_s = max(told_s, wait_s) if self._strikes > 1 else told_s
        self._hold(wait_s, now=now)

    def _hold(self, wait_s: float, *, now: float) -> None:
        self._held_until = max(self._held_until, now + min(max(wait_s, 0.0), _MAX_WAIT_S))
        self._free_at = max(self._free_at, self._held_until)


def back_off_s(attempt: int, *, longest_s: float, jitter: random.Random) -> float:
    """Seconds before attempt `attempt` + 1: 1, 2, 4 ... up to `longest_s`, by half at random."""
    full_s: float = min(longest_s, 2.0 ** min(attempt - 1, 30))
    return full_s * (0.5 + jitter.random() / 2)
