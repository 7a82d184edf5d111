"""Whether the request log is worth checking, and when the next check is due. Pure.

The service does not document how current the statuses in its log are, nor how
often it may be read. So once polls have found too many ended tasks before the
log reported them, it is not read again. After each failure it is left alone
for a while.
"""

from __future__ import annotations

from storyboard.engine.poll_schedule import MIN_WAIT_S

_MAX_CREDIT = 8
_MIN_CREDIT = -8  # below this the log is not read again
_MIN_PAUSE_S = 60.0
_MAX_PAUSE_S = 3600.0
_FIRST_CHECK_S = 2.0  # after the start; most sandbox tasks have ended by then


class LogTrust:
    """The credit of the log: plus one for each end it reported in time, minus one for each missed.

    Times are monotonic seconds.
    """

    def __init__(self, *, now: float) -> None:
        self.next_at = now + _FIRST_CHECK_S
        self.is_being_checked = False
        self._credit = 0
        self._pause_s = _MIN_PAUSE_S
        self._page, self._pages = 0, 1

    @property
    def is_worthless(self) -> bool:
        """Whether the log reported so few ends in time that it is not read again."""
        return self._credit <= _MIN_CREDIT

    def begin(self, now: float) -> int:
        """Begins a check now and returns the page to read; several pages take turns."""
        self.is_being_checked = True
        self.next_at = now + MIN_WAIT_S
        self._page = self._page % self._pages + 1
        return self._page

    def on_checked(self, *, pages: int) -> None:
        """Notes that the log was read and has this many pages."""
        self.is_being_checked = False
        self._pages = max(1, pages)
        # Decays slowly: a log that refuses every tenth check should be left alone for a long time.
        self._pause_s = max(0.98 * self._pause_s, _MIN_PAUSE_S)

    def on_check_failed(self, *, now: float, wait_s: float | None) -> None:
        """Notes a failed check: the log is left alone for 1, 2, 4 ... minutes, up to an hour.

        `wait_s` is how long the API asks us to wait, or None if it does not say.
        """
        self.is_being_checked = False
        self.next_at = now + max(self._pause_s, wait_s or 0.0)
        self._pause_s = min(2 * self._pause_s, _MAX_PAUSE_S)
        self._credit = min(self._credit, 0)

    def on_finished(self, *, was_reported: bool) -> None:
        """Notes that a poll found a task ended, and whether the log had reported it before."""
        self._credit = min(self._credit + (1 if was_reported else -1), _MAX_CREDIT)

    def on_false_alarm(self) -> None:
        """Notes that a poll found a task still working that the log had reported as ended."""
        self._credit -= 1
