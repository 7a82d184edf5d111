"""What stops the submissions, and what ends the run."""

from __future__ import annotations

import pytest

from storyboard.engine.breaker import Breaker
from storyboard.errors import AccountError, Unreachable
from storyboard.replies import Limit, Outcome, SubmitReply

ACCEPTED = SubmitReply(Outcome.ACCEPTED, task_id="t", http_status=200)
UNKNOWN = SubmitReply(Outcome.UNKNOWN, http_status=500, message="HTTP 500")
UNANSWERED = SubmitReply(Outcome.UNKNOWN)
NOT_FOUND = SubmitReply(Outcome.REJECTED, http_status=404, message="no such model")
NOT_ALLOWED = SubmitReply(Outcome.REJECTED, http_status=405, message="no such method")
NOT_BUILT = SubmitReply(Outcome.REJECTED, http_status=501, message="not implemented")
BLOCKED = SubmitReply(Outcome.REJECTED, http_status=403, message="HTTP 403", is_from_api=False)
BLOCKED_PAYLOAD = SubmitReply(Outcome.REJECTED, http_status=400, message="?", is_from_api=False)
INVALID = SubmitReply(Outcome.REJECTED, http_status=400, message="Invalid parameters")
BUSY = SubmitReply(Outcome.UNAVAILABLE, http_status=429, limit=Limit.RATE)
UNREACHED = SubmitReply(Outcome.UNAVAILABLE, message="no connection")


@pytest.fixture
def breaker() -> Breaker:
    return Breaker(origin="https://api.modellix.ai", now=1000.0)


@pytest.mark.parametrize(
    ("status", "next_step"),
    [
        (401, "check the key in MODELLIX_API_KEY, then run again"),
        (402, "top up the account's balance, then run again"),
        (403, "check that the key may use this model, then run again"),
    ],
)
def test_a_refused_account_stops_submissions_at_once(
    breaker: Breaker, status: int, next_step: str
) -> None:
    error = breaker.on_submit(SubmitReply(Outcome.REJECTED, http_status=status, message="no"))
    assert isinstance(error, AccountError)
    assert str(error) == f"the API refuses the account (HTTP {status}): no"
    assert error.next_step == next_step


@pytest.mark.parametrize(
    "reply", [UNKNOWN, NOT_FOUND, NOT_ALLOWED, NOT_BUILT, UNANSWERED, BLOCKED, BLOCKED_PAYLOAD]
)
def test_five_in_a_row_without_a_usable_answer_stop_submissions(
    breaker: Breaker, reply: SubmitReply
) -> None:
    assert [breaker.on_submit(reply) for _ in range(4)] == [None] * 4
    error = breaker.on_submit(reply)
    assert isinstance(error, Unreachable)
    assert str(error) == (
        "5 submissions in a row got no usable reply from https://api.modellix.ai "
        f"(the last: {reply.message or 'no reply came'}); nothing more is sent"
    )
    assert error.next_step == "see what is unknown with: storyboard status FILE"


def test_different_kinds_of_no_answer_count_together(breaker: Breaker) -> None:
    for reply in (UNKNOWN, NOT_FOUND, UNANSWERED, NOT_ALLOWED):
        assert breaker.on_submit(reply) is None
    assert breaker.on_submit(UNKNOWN) is not None


@pytest.mark.parametrize("status", [401, 402, 403, 407])
def test_a_refusal_that_is_not_the_apis_speaks_for_one_request_alone(
    breaker: Breaker, status: int
) -> None:
    refusal = SubmitReply(Outcome.REJECTED, http_status=status, is_from_api=False)
    for _ in range(10):
        assert breaker.on_submit(refusal) is None
        assert breaker.on_submit(ACCEPTED) is None


@pytest.mark.parametrize("relief", [ACCEPTED, INVALID])
def test_a_usable_answer_begins_the_count_anew(breaker: Breaker, relief: SubmitReply) -> None:
    for _ in range(4):
        breaker.on_submit(UNKNOWN)
    assert breaker.on_submit(relief) is None
    assert [breaker.on_submit(UNKNOWN) for _ in range(4)] == [None] * 4


@pytest.mark.parametrize("reply", [BUSY, UNREACHED])
def test_what_was_not_accepted_says_neither_well_nor_ill(
    breaker: Breaker, reply: SubmitReply
) -> None:
    for _ in range(4):
        breaker.on_submit(UNKNOWN)
    for _ in range(20):
        assert breaker.on_submit(reply) is None
    assert breaker.on_submit(UNKNOWN) is not None


def test_an_api_that_is_never_reached_ends_the_run_after_a_minute(breaker: Breaker) -> None:
    assert breaker.next_checks(now=1000.0) == [1060.0]
    assert breaker.on_time(now=1059.9, in_flight=0) is None
    for in_flight in (0, 7):
        error = breaker.on_time(now=1060.0, in_flight=in_flight)
        assert isinstance(error, Unreachable)
        assert str(error) == "the API at https://api.modellix.ai cannot be reached"
        assert error.next_step == "check the network connection, then run again; nothing is lost"


def test_what_only_a_setting_can_mend_ends_the_run_at_once(breaker: Breaker) -> None:
    breaker.on_unreached("the proxy refused to connect (HTTP 407)", "check the proxy")
    error = breaker.on_time(now=1000.1, in_flight=0)
    assert str(error) == (
        "the API at https://api.modellix.ai cannot be reached: "
        "the proxy refused to connect (HTTP 407)"
    )
    assert error is not None and error.next_step == "check the proxy"


def test_an_api_that_was_reached_before_is_waited_for_whatever_the_proxy_says(
    breaker: Breaker,
) -> None:
    breaker.on_reached(now=1000.1)
    breaker.on_unreached("the proxy refused to connect (HTTP 407)", "check the proxy")
    assert breaker.on_time(now=1100.0, in_flight=0) is None


def test_an_api_out_of_reach_ends_the_run_after_half_an_hour_with_nothing_in_flight(
    breaker: Breaker,
) -> None:
    breaker.on_reached(now=1030.0)
    assert breaker.next_checks(now=1030.0) == [2830.0]
    assert breaker.on_time(now=2829.9, in_flight=0) is None
    assert isinstance(breaker.on_time(now=2830.0, in_flight=0), Unreachable)


def test_tasks_in_flight_are_waited_for_however_long(breaker: Breaker) -> None:
    breaker.on_reached(now=1030.0)
    assert breaker.on_time(now=1_000_000.0, in_flight=1) is None
    assert breaker.next_checks(now=1_000_000.0) == []  # time alone changes nothing


def test_any_answer_starts_the_half_hour_anew(breaker: Breaker) -> None:
    breaker.on_reached(now=1030.0)
    breaker.on_reached(now=2800.0)
    assert breaker.on_time(now=4599.0, in_flight=0) is None


def test_a_check_that_is_due_by_the_clock_is_due_in_floating_point_too() -> None:
    breaker = Breaker(origin="https://api.example.com", now=59.6)
    (check_at,) = breaker.next_checks(now=59.6)
    assert check_at - 59.6 < 60.0, "the case itself: the difference is a little less than a minute"
    assert breaker.on_time(now=check_at, in_flight=0) is not None
