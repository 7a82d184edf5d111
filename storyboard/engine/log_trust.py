"""Glances at the account's request log, one of which tells of every task in flight.

A look at a task tells of that task alone. The log has a row with a status for
each, so for the price of a look it tells which of them to look at. What it
says is a hint and no more: only the look at the task counts. The service
documents neither how fresh the statuses are nor how often it may be asked, so
the log has to earn its trust, and can lose it again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from storyboard.api.account import Account, NotNow
from storyboard.api.modellix.tasks import is_end
from storyboard.engine.events import Glanced, NotGlanced
from storyboard.errors import StoryboardError

_MAX_CREDIT = 8
_TRUSTED = 4
_MIN_CREDIT = -8  # then it has nothing to tell
_FIRST_PAUSE_S = 60.0
_MAX_PAUSE_S = 3600.0
_FIRST_S = 2.0  # no glance before; most tasks of a sandbox are done by then

_PAGE_SIZE = 100  # rows
_CLOCKS_DIFFER = timedelta(minutes=1)  # the log goes by the server's, we ask by ours


class Glances:
    """Whether the log is worth a glance, and when the next one is due (monotonic seconds)."""

    def __init__(self, *, now: float) -> None:
        self.next_at = now + _FIRST_S
        self.is_open = False
        self._credit = 0
        self._pause_s = _FIRST_PAUSE_S
        self._page, self._pages = 0, 1

    @property
    def is_trusted(self) -> bool:
        """Whether it has told of most of the last finished tasks before a look at them did."""
        return self._credit >= _TRUSTED

    @property
    def is_worthless(self) -> bool:
        """Whether it has told of so few of them that it is not asked any more."""
        return self._credit <= _MIN_CREDIT

    def begin(self) -> int:
        """The page to ask for: where there are several, they take turns."""
        self.is_open = True
        self._page = self._page % self._pages + 1
        return self._page

    def on_answer(self, *, pages: int, next_at: float) -> None:
        """The log was read, and has so many pages."""
        self.is_open = False
        self.next_at = next_at
        self._pages = max(1, pages)
        # Slowly, for a log that refuses each tenth glance is to be left alone for long.
        self._pause_s = max(0.98 * self._pause_s, _FIRST_PAUSE_S)

    def on_failure(self, *, now: float, wait_s: float | None) -> None:
        """It could not be read: left alone for a minute, then for two, four ... up to an hour."""
        self.is_open = False
        self.next_at = now + max(self._pause_s, wait_s or 0.0)
        self._pause_s = min(2 * self._pause_s, _MAX_PAUSE_S)
        self._credit = min(self._credit, 0)

    def on_finished(self, *, was_told: bool) -> None:
        """A task was seen to be done, and the log had told so before, or not."""
        self._credit = min(self._credit + (1 if was_told else -1), _MAX_CREDIT)

    def on_false_alarm(self) -> None:
        """A task that the log says is done is at work."""
        self._credit -= 1


def read_log(log: Account, start: datetime, end: datetime, page: int) -> Glanced | NotGlanced:
    """What one page of the log tells of the tasks that were accepted in that time."""
    try:
        found = log.logs(
            start - _CLOCKS_DIFFER, end + _CLOCKS_DIFFER, page=page, page_size=_PAGE_SIZE
        )
    except StoryboardError as error:
        return NotGlanced(error.wait_s if isinstance(error, NotNow) else None)
    except Exception:  # a hint must cost nothing, not even where reading it has a bug
        return NotGlanced(None)
    ended = frozenset(entry.task_id for entry in found.entries if is_end(entry.status))
    return Glanced(ended, -(-(found.total or 1) // _PAGE_SIZE))
