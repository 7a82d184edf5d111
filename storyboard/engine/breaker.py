"""When refusals or an outage stop the submissions or the run. Pure; times are monotonic seconds."""

from __future__ import annotations

from storyboard.errors import AccountError, StoryboardError, Unreachable
from storyboard.replies import Outcome, SubmitReply

MAX_UNUSABLE = 5  # in a row
_ACCOUNT_REFUSED = frozenset({401, 402, 403})
_WRONG_URL = frozenset({404, 405, 501})
_MAX_NEVER_REACHED_S = 60.0
_MAX_OUT_OF_REACH_S = 30 * 60.0

REMEDIES = {
    401: "check the key in MODELLIX_API_KEY, then run again",
    402: "top up the account's balance, then run again",
    403: "check that the key may use this model, then run again",
}


class Breaker:
    """Counts the API's replies and decides when to stop, and why."""

    def __init__(self, *, origin: str, now: float) -> None:
        self._origin = origin
        self._started_at = now
        self._reached_at: float | None = None
        self._why: str | None = None
        self._remedy: str | None = None
        self._unusable_in_a_row = 0

    @property
    def max_open_posts(self) -> int:
        """How many POSTs may be open, so that an outage leaves at most five outcomes unknown."""
        return max(1, MAX_UNUSABLE - self._unusable_in_a_row)

    @property
    def has_heard(self) -> bool:
        """Whether anything is known of the API: that it was reached, or that it was not."""
        return self._reached_at is not None or self._why is not None

    def on_reached(self, *, now: float) -> None:
        """Notes that the API sent a reply of any kind."""
        self._reached_at = now

    def on_unreached(self, why: str | None, remedy: str | None) -> None:
        """Notes that no reply came. `remedy` is the setting to change, if one is to blame."""
        self._why = why
        self._remedy = remedy

    def on_submit(self, reply: SubmitReply, *, is_last: bool = True) -> StoryboardError | None:
        """Why this reply ends the submissions, or None if they may continue.

        A missing model says nothing about the address, unless it is the take's last one.
        """
        status = reply.http_status
        if not is_last and status in _WRONG_URL:
            return None
        is_rejected = reply.outcome is Outcome.REJECTED
        if is_rejected and reply.is_from_api and status in _ACCOUNT_REFUSED:
            return account_error(status, reply.message)
        is_usable = is_rejected and reply.is_from_api and status not in _WRONG_URL
        if reply.outcome is Outcome.UNKNOWN or (is_rejected and not is_usable):
            self._unusable_in_a_row += 1
        elif reply.outcome is not Outcome.UNAVAILABLE:
            self._unusable_in_a_row = 0
        if self._unusable_in_a_row < MAX_UNUSABLE:
            return None
        return Unreachable(
            f"{MAX_UNUSABLE} submissions in a row got no usable reply from {self._origin} "
            f"(the last: {reply.message or 'no reply came'}); nothing more is sent",
            next_step="see what is unknown with: storyboard status FILE",
        )

    def on_time(self, *, now: float, in_flight: int) -> StoryboardError | None:
        """Why the run should end now, or None if it should continue."""
        if self._reached_at is None:
            # Waiting cannot fix a setting, but an API that was reached before may come back.
            if self._remedy is None and now < self._started_at + _MAX_NEVER_REACHED_S:
                return None
        elif in_flight or now < self._reached_at + _MAX_OUT_OF_REACH_S:
            return None
        return Unreachable(
            f"the API at {self._origin} cannot be reached"
            + (f": {self._why}" if self._why else ""),
            next_step=self._remedy
            or "check the network connection, then run again; nothing is lost",
        )

    def next_checks(self, *, now: float) -> list[float]:
        """When `on_time` may next return an error; empty if time alone changes nothing."""
        if self._reached_at is None:
            return [self._started_at + _MAX_NEVER_REACHED_S]
        check_at = self._reached_at + _MAX_OUT_OF_REACH_S
        return [check_at] if check_at > now else []


def account_error(status: int | None, message: str | None) -> AccountError:
    """The error for a 401, 402 or 403, which ends the submissions."""
    return AccountError(
        f"the API refuses the account (HTTP {status}): {message or 'no reason given'}",
        next_step=REMEDIES.get(status or 0, "check the account, then run again"),
    )
