"""The minute: how many requests it takes, and when the next one opens."""

from __future__ import annotations

from storyboard.sandbox.rate import RateWindow


def test_a_minute_opens_with_its_first_request_and_takes_its_share() -> None:
    window = RateWindow(2).at(1000.5, 2)
    assert window.headers == {
        "X-RateLimit-Limit": "2",
        "X-RateLimit-Remaining": "2",
        "X-RateLimit-Reset": "1061",
    }
    assert not window.after_one_more().is_full
    assert window.after_one_more().after_one_more().is_full


def test_a_minute_later_another_one_opens() -> None:
    full = RateWindow(1).at(1000.0, 1).after_one_more()
    assert full.at(1059.9, 1).is_full
    assert not full.at(1060.0, 1).is_full


def test_a_limit_that_is_lowered_counts_at_once() -> None:
    window = RateWindow(5).at(1000.0, 5).after_one_more().after_one_more()
    assert window.at(1001.0, 2).is_full
    assert window.at(1001.0, 1).headers["X-RateLimit-Remaining"] == "0"
