"""Reads the account's whole request log page by page, retrying if the API says "not now"."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from storyboard.api.account import Account, LogEntry, LogPage
from storyboard.errors import AccountError, NotNow, Unreachable

PAGE_SIZE = 100
MAX_PAGES = 1000  # 100,000 rows; with more in one span, time could not tell tasks apart anyway
_TRIES = 5
_MAX_WAIT_S = 90.0  # the vendor's window is a minute

Sleep = Callable[[float], None]
"""Waits for the given seconds; the caller's version may announce it first."""


def read_whole_log(
    account: Account, start: datetime, end: datetime, *, user_id: str | None = None, sleep: Sleep
) -> tuple[LogEntry, ...]:
    """Every entry between two times, each task once, in the log's own order.

    An incomplete log is worse than none: what looks like the only candidate may be
    one of two. So if pages are missing, nothing is returned.

    Raises:
        AccountError: the log could not be read, or not completely.
    """

    def read(number: int) -> LogPage:
        return account.logs(start, end, page=number, page_size=PAGE_SIZE, user_id=user_id)

    entries: dict[str, LogEntry] = {}
    total: int | None = None
    nameless = 0
    for number in range(1, MAX_PAGES + 1):
        page = _insist(read, number, sleep)
        total = page.total if number == 1 else total
        known = len(entries)
        entries |= {entry.task_id: entry for entry in page.entries}
        nameless += page.rows - len(page.entries)
        is_whole = total is not None and len(entries) + nameless >= total
        # A total no larger than a full page may count only that page.
        if is_whole and page.rows < PAGE_SIZE:
            return tuple(entries.values())
        # A page with nothing new is the end, or the server ignores page numbers.
        if page.rows == 0 or (len(entries) == known and page.rows == len(page.entries)):
            if total is None or is_whole:
                return tuple(entries.values())
            raise _incomplete(f"it has {total} rows, but {len(entries) + nameless} were received")
    raise _incomplete(f"it has more than {MAX_PAGES * PAGE_SIZE:,} rows in that time")


def _insist(read: Callable[[int], LogPage], number: int, sleep: Sleep) -> LogPage:
    """The page, retried while the API cannot provide it; a GET is safe to repeat."""
    for tried in range(1, _TRIES):
        try:
            return read(number)
        except (NotNow, Unreachable) as error:
            wait_s = error.wait_s if isinstance(error, NotNow) else None
            sleep(min(2.0**tried if wait_s is None else wait_s, _MAX_WAIT_S))
    return read(number)


def _incomplete(why: str) -> AccountError:
    return AccountError(
        f"the request log could not be read completely: {why}.",
        next_step="look for the tasks in the console",
    )
