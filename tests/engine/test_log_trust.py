"""Whether the request log is worth a check: it has to earn its trust."""

from __future__ import annotations

from storyboard.engine.log_trust import LogTrust


def after(*was_reported: bool) -> LogTrust:
    trust = LogTrust(now=0.0)
    for each in was_reported:
        trust.on_finished(was_reported=each)
    return trust


def test_a_log_that_falls_behind_is_read_no_more() -> None:
    trust = after(*[True] * 100, *[False] * 15)
    assert not trust.is_worthless
    trust.on_finished(was_reported=False)
    assert trust.is_worthless


def test_a_log_that_misses_as_many_ends_as_it_reports_is_read_on() -> None:
    assert not after(*[True, False] * 100).is_worthless


def test_the_log_is_checked_once_a_second_at_most() -> None:
    trust = after()
    trust.begin(now=100.0)
    trust.on_checked(pages=1)
    assert trust.next_at == 101.0


def test_a_log_that_reports_working_tasks_as_ended_is_soon_read_no_more() -> None:
    trust = after()
    for _ in range(8):
        trust.on_false_alarm()
    assert trust.is_worthless


def test_a_log_that_cannot_be_read_is_left_alone_for_longer_and_longer() -> None:
    trust, now, pauses = after(*[True] * 8), 0.0, []
    for _ in range(8):
        trust.begin(now)
        trust.on_check_failed(now=now, wait_s=None)
        pauses.append(trust.next_at - now)
        now = trust.next_at
    assert pauses == [60, 120, 240, 480, 960, 1920, 3600, 3600]


def pauses_between(trust: LogTrust, answers: int, *, failures: int) -> list[float]:
    """How long a log is left alone after each failure, with so many answers before each."""
    pauses = []
    for _ in range(failures):
        for _ in range(answers):
            trust.on_checked(pages=1)
        trust.on_check_failed(now=0.0, wait_s=None)
        pauses.append(trust.next_at)
    return pauses


def test_a_log_that_refuses_often_is_left_alone_for_long_and_one_that_seldom_does_is_not() -> None:
    assert pauses_between(after(), 10, failures=8)[-1] > 600
    assert set(pauses_between(after(), 50, failures=8)) == {60.0}


def test_a_log_that_says_how_long_to_wait_is_left_alone_for_as_long() -> None:
    trust = after()
    trust.on_check_failed(now=1000.0, wait_s=90.0)
    assert trust.next_at == 1090.0


def test_the_pages_of_a_long_log_take_turns() -> None:
    trust, pages = after(), []
    for _ in range(5):
        pages.append(trust.begin(now=0.0))
        trust.on_checked(pages=3)
    assert pages == [1, 2, 3, 1, 2]
    trust.on_checked(pages=0)
    assert trust.begin(now=0.0) == 1
