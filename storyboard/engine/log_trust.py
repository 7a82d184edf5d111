"""Whether the request log is worth a check, and when the next one is due. Pure.

The service documents neither how current the statuses of its log are nor how
often it may be read. So the log is read no more once too many ends were found
by polls before it reported them, and left alone for a while after each failure.
"""

from __future__ import annotations

from storyboard.engine.poll_schedule import MIN_WAIT_S

_MAX_CREDIT = 8
_MIN_CREDIT = -8  # then the log is read no more
_MIN_PAUSE_S = 60.0
_MAX_PAUSE_S = 3600.0
_FIRST_CHECK_S = 2.0  # after the start; most tasks of a sandbox have ended by then


class LogTrust:
    """The credit of the log: one more for each end it reported in time, one less for each missed.

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
        """Whether it reported so few ends in time that it is read no more."""
        return self._credit <= _MIN_CREDIT

    def begin(self, now: float) -> int:
        """The page to read in a check that begins now; where there are several, they take turns."""
        self.is_being_checked = True
        self.next_at = now + MIN_WAIT_S
        self._page = self._page % self._pages + 1
        return self._page

    def on_checked(self, *, pages: int) -> None:
        """The log was read: it has so many pages."""
        self.is_being_checked = False
        self._pages = max(1, pages)
        # Decays slowly: a log that refuses every tenth check is to be left alone for long.
        self._pause_s = max(0.98 * self._pause_s, _MIN_PAUSE_S)

    def on_check_failed(self, *, now: float, wait_s: float | None) -> None:
        """The log could not be read: left alone for 1, 2, 4 ... minutes, up to an hour.

        `wait_s` is how long the API asks us to wait, None where it does not say.
        """
        self.is_being_checked = False
        self.next_at = now + max(self._pause_s, wait_s or 0.0)
        self._pause_s = min(2 * self._pause_s, _MAX_PAUSE_S)
        self._credit = min(self._credit, 0)

    def on_finished(self, *, was_reported: bool) -> None:
        """A poll found a task ended, which the log had reported before, or not."""
        self._credit = min(self._credit + (1 if was_reported else -1), _MAX_CREDIT)

    def on_false_alarm(self) -> None:
        """A poll found a task working that the log had reported as ended."""
        self._credit -= 1
