"""Whether the request log is worth a glance: it has to earn its trust."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from storyboard.api.account import Checkup, LogEntry, LogPage, NotNow
from storyboard.engine.events import Glanced, NotGlanced
from storyboard.engine.log_trust import Glances, read_log
from storyboard.errors import AccountError, StoryboardError
from storyboard.records import RateHint

DUSK = datetime(2026, 11, 22, 18, 0, tzinfo=timezone.utc)


def after(*was_told: bool) -> Glances:
    glances = Glances(now=0.0)
    for each in was_told:
        glances.on_finished(was_told=each)
    return glances


def test_a_log_is_trusted_once_it_has_told_of_what_finished() -> None:
    assert not after(True, True, True).is_trusted
    assert after(True, True, True, True).is_trusted


def test_a_log_that_falls_behind_loses_its_trust_and_then_its_readers() -> None:
    glances = after(*[True] * 100, *[False] * 5)
    assert not glances.is_trusted
    assert not glances.is_worthless
    for _ in range(11):
        glances.on_finished(was_told=False)
    assert glances.is_worthless


def test_a_log_that_calls_tasks_done_that_are_at_work_is_soon_not_asked_any_more() -> None:
    glances = after()
    for _ in range(8):
        glances.on_false_alarm()
    assert glances.is_worthless


def test_a_log_that_cannot_be_read_is_left_alone_for_longer_and_longer() -> None:
    glances, now, pauses = after(*[True] * 8), 0.0, []
    for _ in range(8):
        glances.begin()
        glances.on_failure(now=now, wait_s=None)
        pauses.append(glances.next_at - now)
        now = glances.next_at
    assert pauses == [60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert not glances.is_trusted


def pauses_between(glances: Glances, answers: int, *, failures: int) -> list[float]:
    """How long a log is left alone after each failure, with so many answers before each."""
    pauses = []
    for _ in range(failures):
        for _ in range(answers):
            glances.on_answer(pages=1, next_at=0.0)
        glances.on_failure(now=0.0, wait_s=None)
        pauses.append(glances.next_at)
    return pauses


def test_a_log_that_refuses_often_is_left_alone_for_long_and_one_that_seldom_does_is_not() -> None:
    assert pauses_between(after(), 10, failures=8)[-1] > 600
    assert set(pauses_between(after(), 50, failures=8)) == {60.0}


def test_a_log_that_says_how_long_to_wait_is_left_alone_for_as_long() -> None:
    glances = after()
    glances.on_failure(now=1000.0, wait_s=90.0)
    assert glances.next_at == 1090.0


def test_the_pages_of_a_long_log_take_turns() -> None:
    glances, pages = after(), []
    for _ in range(5):
        pages.append(glances.begin())
        glances.on_answer(pages=3, next_at=0.0)
    assert pages == [1, 2, 3, 1, 2]
    glances.on_answer(pages=0, next_at=0.0)
    assert glances.begin() == 1


class Log:
    """An account that answers with a page, or with an error."""

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


def test_every_word_for_an_end_counts_and_no_other() -> None:
    words = ("success", "Failed", "canceled", "pending", "processing", "resting", None)
    entries = tuple(LogEntry(f"task-{word}", word) for word in words)
    log = Log(LogPage(entries, total=201, page=2, rows=len(entries)))
    glanced = read_log(log, DUSK, DUSK + timedelta(minutes=5), 2)
    assert glanced == Glanced(frozenset({"task-success", "task-Failed", "task-canceled"}), pages=3)


def test_the_server_s_clock_may_differ_from_ours_by_a_minute() -> None:
    log = Log(LogPage((), total=None, page=1))
    assert read_log(log, DUSK, DUSK, 1) == Glanced(frozenset(), pages=1)
    assert log.asked == (DUSK - timedelta(minutes=1), DUSK + timedelta(minutes=1), 1)


@pytest.mark.parametrize(
    ("error", "wait_s"),
    [
        (NotNow("slow down.", next_step="wait", wait_s=17.0), 17.0),
        (AccountError("no.", next_step="ask"), None),
    ],
)
def test_a_log_that_cannot_be_read_ends_nothing(error: StoryboardError, wait_s: float) -> None:
    assert read_log(Log(error), DUSK, DUSK, 1) == NotGlanced(wait_s)
