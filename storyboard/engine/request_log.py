"""Checks the account's request log, where one check reports on many tasks at once.

A poll reports on one task. A page of the log has the status of up to a hundred,
so for the cost of one poll it says which of them to poll. It is only a hint:
nothing but a poll changes a submission.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from storyboard.api.account import Account
from storyboard.api.modellix.tasks import is_end
from storyboard.engine.events import LogChecked, LogCheckFailed, guarded
from storyboard.engine.run import Run
from storyboard.errors import NotNow, StoryboardError
from storyboard.money import to_micros

_PAGE_SIZE = 100  # rows
_MAX_CLOCK_DIFFERENCE = timedelta(minutes=1)  # between the server's clock and ours


class RequestLog:
    """Checks the log while that helps, and moves the polls of ended tasks forward."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._trust = run.log_trust
        self._account = run.api if isinstance(run.api, Account) else None
        self._polls_before = -1  # polls sent before the last check

    def due_times(self, now: float) -> Iterator[float]:
        """When the next check may go out, if time alone allows one."""
        if self._may_check(now):
            yield self._next_at

    def start_check(self, now: float) -> None:
        """Starts a check if one is due; checks and polls take turns."""
        run = self._run
        if self._account is None or now < self._next_at or not self._may_check(now):
            return
        self._polls_before = run.polls_sent
        account, end = self._account, run.clock.now()
        start, page = self._earliest(now, end), self._trust.begin(now)
        run.budget.spend(now=now)
        run.requests.start(guarded(lambda: read_log(account, start, end, page)))

    def on_checked(self, checked: LogChecked) -> None:
        """Queues the tasks that the log reports as ended to be polled next."""
        run = self._run
        run.requests.finished()
        self._trust.on_checked(pages=checked.pages)
        for flight in run.tasks.values():
            if flight.submission.task_id in checked.ended and flight in run.polls:
                flight.log_says_ended = True
                flight.log_cost_micros = checked.costs.get(flight.submission.task_id or "")

    def on_check_failed(self, failed: LogCheckFailed, now: float) -> None:
        """Leaves the log alone for a while."""
        self._run.requests.finished()
        self._trust.on_check_failed(now=now, wait_s=failed.wait_s)

    @property
    def _next_at(self) -> float:
        return max(self._trust.next_at, self._run.budget.next_spare_at())

    def _may_check(self, now: float) -> bool:
        run = self._run
        is_turn_of_a_poll = run.polls.next_at <= now and run.polls_sent == self._polls_before
        return (
            self._account is not None
            and len(run.tasks) > 1
            and not is_turn_of_a_poll
            and not run.ending.is_leaving
            and run.requests.free > 0
            and not self._trust.is_being_checked
            and not self._trust.is_worthless
        )

    def _earliest(self, now: float, end: datetime) -> datetime:
        """The start of the log to read: when the first task in flight was accepted.

        Tasks much older than usual are left out, so that one that never ends does not
        make the log longer and longer.
        """
        max_age_s = self._run.poll_schedule.max_usual_age_s
        tasks = [each for each in self._run.tasks.values() if each.age_s(now) <= max_age_s]
        return min((each.submission.submitted_at or end for each in tasks), default=end)


def read_log(
    account: Account, start: datetime, end: datetime, page: int
) -> LogChecked | LogCheckFailed:
    """What one page of the log says about the tasks accepted between two times (UTC)."""
    start, end = start - _MAX_CLOCK_DIFFERENCE, end + _MAX_CLOCK_DIFFERENCE
    try:
        found = account.logs(start, end, page=page, page_size=_PAGE_SIZE)
    except StoryboardError as error:
        return LogCheckFailed(error.wait_s if isinstance(error, NotNow) else None)
    except Exception:  # a hint must not end a run, not even through a bug in reading it
        return LogCheckFailed(None)
    ended = [entry for entry in found.entries if is_end(entry.status)]
    costs = {
        entry.task_id: cost
        for entry in ended
        if entry.cost_usd is not None and (cost := to_micros(entry.cost_usd)) is not None
    }
    ids = frozenset(entry.task_id for entry in ended)
    return LogChecked(ids, pages=-(-(found.total or 1) // _PAGE_SIZE), costs=costs)
