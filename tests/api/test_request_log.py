"""The request log read whole: every page once, and again where the API says "not now"."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from storyboard.api.account import Account, Checkup, LogEntry, LogPage
from storyboard.api.request_log import read_whole_log
from storyboard.errors import AccountError, NotNow, Unreachable
from storyboard.replies import RateHint

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=timezone.utc)


def entries(*numbers: int) -> tuple[LogEntry, ...]:
    return tuple(LogEntry(f"task-{number}") for number in numbers)


def page(*numbers: int, total: int | None = None, rows: int | None = None) -> LogPage:
    found = entries(*numbers)
    return LogPage(found, total, len(found) if rows is None else rows)


class Ledger:
    """An account whose log is a list of pages, or of what is raised instead."""

    def __init__(self, *answers: LogPage | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[int] = []
        self.waits: list[float] = []

    def check_up(self) -> Checkup:
        return Checkup(True, RateHint())

    def logs(
        self,
        start: datetime,
        end: datetime,
        *,
        page: int = 1,
        page_size: int = 100,
        user_id: str | None = None,
    ) -> LogPage:
        self.asked.append(page)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def read(self) -> tuple[LogEntry, ...]:
        assert isinstance(self, Account)
        return read_whole_log(self, NOON, NOON, sleep=self.waits.append)


def busy(wait_s: float | None = None) -> NotNow:
    return NotNow("busy", next_step="wait", wait_s=wait_s)


def test_one_page_that_is_all_is_one_request() -> None:
    log = Ledger(page(1, 2, total=2))
    assert log.read() == entries(1, 2)
    assert log.asked == [1]


def test_pages_are_turned_until_the_total_is_reached() -> None:
    log = Ledger(page(1, 2, total=5), page(3, 4, total=5), page(5, total=5))
    assert log.read() == entries(1, 2, 3, 4, 5)
    assert log.asked == [1, 2, 3]


def test_a_total_that_counts_a_full_page_alone_hides_no_other_page() -> None:
    first, second = tuple(range(100)), tuple(range(100, 150))
    log = Ledger(page(*first, total=100), page(*second, total=50))
    assert log.read() == entries(*first, *second)

    log = Ledger(page(*first, total=100), page(total=100))
    assert log.read() == entries(*first)


def test_without_a_total_pages_are_turned_until_one_is_empty() -> None:
    log = Ledger(page(1), page(2), page())
    assert log.read() == entries(1, 2)


def test_a_row_that_slid_to_the_next_page_counts_once() -> None:
    log = Ledger(page(1, 2, total=3), page(2, 3, total=4))
    assert log.read() == entries(1, 2, 3)


def test_rows_without_a_usable_task_id_count_as_read() -> None:
    assert Ledger(page(1, total=3, rows=3)).read() == entries(1)


@pytest.mark.parametrize("second", [page(), page(1, 2)], ids=["empty", "the first page again"])
def test_half_a_log_is_refused(second: LogPage) -> None:
    with pytest.raises(AccountError, match="it has 5 rows, but 2 were received"):
        Ledger(page(1, 2, total=5), second).read()


def test_a_busy_api_is_asked_again_after_the_time_it_names() -> None:
    log = Ledger(busy(7.0), busy(), Unreachable("gone"), page(1, total=1))
    assert log.read() == entries(1)
    assert log.waits == [7.0, 4.0, 8.0]
    assert log.asked == [1, 1, 1, 1]


def test_an_api_that_stays_busy_is_given_up_in_its_own_words() -> None:
    with pytest.raises(NotNow, match="busy"):
        Ledger(*[busy(0.0)] * 5).read()


def test_a_refused_key_is_not_asked_twice() -> None:
    log = Ledger(AccountError("refused"))
    with pytest.raises(AccountError, match="refused"):
        log.read()
    assert log.asked == [1]


def test_a_wait_is_never_longer_than_a_minute_and_a_half() -> None:
    log = Ledger(busy(3600.0), page(1, total=1))
    log.read()
    assert log.waits == [90.0]
