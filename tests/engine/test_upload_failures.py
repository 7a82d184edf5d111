"""Which uploads are tried again, when, and when none is tried any more."""

from __future__ import annotations

import random

import pytest

from storyboard.engine.upload_failures import MAX_WAIT_S, UploadFailures


@pytest.fixture
def failures() -> UploadFailures:
    return UploadFailures(random.Random(1))


def test_a_content_is_tried_again_later_and_later_and_then_no_more(
    failures: UploadFailures,
) -> None:
    waits_s = []
    for number in range(5):
        assert failures.reason("a") is None
        failures.on_unreached("a", "HTTP 503", 100.0 * number, may_be_there=True)
        waits_s.append(failures.not_before("a") - 100.0 * number)
    assert waits_s == sorted(waits_s)
    assert waits_s[-1] <= MAX_WAIT_S
    assert failures.reason("a") == "it could not be uploaded: HTTP 503; run again"
    assert failures.reason("b") is None


def test_a_content_that_was_never_sent_is_tried_for_as_long_as_the_run_lasts(
    failures: UploadFailures,
) -> None:
    for _ in range(50):
        failures.on_unreached("a", "connection refused", 0.0, may_be_there=False)
    assert failures.reason("a") is None


def test_a_content_that_is_found_at_the_api_may_fail_as_often_again(
    failures: UploadFailures,
) -> None:
    for _ in range(4):
        failures.on_unreached("a", "HTTP 503", 0.0, may_be_there=True)
    failures.on_found(["a"])
    failures.on_unreached("a", "HTTP 503", 0.0, may_be_there=True)
    assert failures.reason("a") is None


@pytest.mark.parametrize(
    ("times_s", "is_about_it", "is_given_up"),
    [
        ((0.0, 100.0, 200.0, 300.0, 600.0), False, True),
        ((0.0, 100.0, 200.0, 300.0, 599.0), False, False),
        ((0.0, 100.0, 200.0, 600.0), False, False),
        ((0.0, 100.0, 200.0, 300.0, 600.0), True, False),
    ],
    ids=["five in ten minutes", "sooner", "fewer", "each for a reason of its own"],
)
def test_after_five_contents_in_ten_minutes_nothing_more_is_uploaded(
    failures: UploadFailures, times_s: tuple[float, ...], is_about_it: bool, is_given_up: bool
) -> None:
    for number, time_s in enumerate(times_s):
        failures.give_up(f"content {number}", "HTTP 503", time_s, is_about_it=is_about_it)
    assert (failures.reason("another") == "HTTP 503") is is_given_up


def test_an_upload_that_succeeds_starts_the_count_anew(failures: UploadFailures) -> None:
    for number, time_s in enumerate((0.0, 100.0, 200.0, 300.0)):
        failures.give_up(f"content {number}", "HTTP 503", time_s, is_about_it=False)
    failures.on_uploaded()
    failures.give_up("the last", "HTTP 503", 900.0, is_about_it=False)
    assert failures.reason("another") is None
