"""What a page of the request log says, and what happens when it cannot be read."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from storyboard.api.account import Checkup, LogEntry, LogPage, NotNow
from storyboard.engine.events import LogChecked, LogCheckFailed
from storyboard.engine.request_log import read_log
from storyboard.errors import AccountError, StoryboardError
from storyboard.records import RateHint

START = datetime(2026, 11, 22, 18, 0, tzinfo=timezone.utc)


class Log:
    """An account whose log is one page, or an error."""

    def __init__(self, answer: LogPage | StoryboardError) -> None:
        self._answer = answer
        self.asked: tuple[datetime, datetime, int] | None = None

    def check_up(self) -> Checkup:
        return Checkup(is_key_valid=True, rate=RateHint())

    def balance_usd(self) -> float | None:
        return None

    def logs(
        self,
        start: datetime,
        end: datetime,
        *,
        page: int = 1,
        page_size: int = 100,
        user_id: str | None = None,
    ) -> LogPage:
        self.asked = (start, end, page)
        if isinstance(self._answer, StoryboardError):
            raise self._answer
        return self._answer


def test_every_status_that_means_an_end_counts_and_no_other() -> None:
    words = ("success", "Failed", "canceled", "pending", "processing", "resting", None)
    entries = tuple(LogEntry(f"task-{word}", word) for word in words)
    log = Log(LogPage(entries, total=201, page=2, rows=len(entries)))
    checked = read_log(log, START, START + timedelta(minutes=5), 2)
    assert checked == LogChecked(
        frozenset({"task-success", "task-Failed", "task-canceled"}), pages=3
    )


def test_the_server_s_clock_may_differ_from_ours_by_a_minute() -> None:
    log = Log(LogPage((), total=None, page=1))
    assert read_log(log, START, START, 1) == LogChecked(frozenset(), pages=1)
    assert log.asked == (START - timedelta(minutes=1), START + timedelta(minutes=1), 1)


@pytest.mark.parametrize(
    ("error", "wait_s"),
    [
        (NotNow("slow down.", next_step="wait", wait_s=17.0), 17.0),
        (AccountError("no.", next_step="ask"), None),
    ],
)
def test_a_log_that_cannot_be_read_ends_nothing(error: StoryboardError, wait_s: float) -> None:
    assert read_log(Log(error), START, START, 1) == LogCheckFailed(wait_s)
