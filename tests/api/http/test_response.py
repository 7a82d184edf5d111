"""What the headers say about the request rate, and how often a body is parsed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from storyboard.api.http.response import Answer, http_date, limit_of, rate_hint
from storyboard.api.modellix.submissions import read_submission
from storyboard.api.redaction import Redaction
from storyboard.replies import Limit, RateHint

NOW = 1_704_067_200.0  # 2024-01-01 00:00:00 UTC
DATE = "Mon, 01 Jan 2024 00:00:30 GMT"


def hint(**headers: str) -> RateHint:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return rate_hint(Answer(status=429, headers=named, received_at=NOW))


def test_the_documented_headers_are_read() -> None:
    assert hint(
        x_ratelimit_limit="100", x_ratelimit_remaining="0", x_ratelimit_reset="1704067260"
    ) == RateHint(limit=100, remaining=0, reset_in_s=60.0)


def test_the_reset_is_reckoned_from_the_servers_own_clock_where_it_tells_it() -> None:
    assert hint(x_ratelimit_reset="1704067260", date=DATE).reset_in_s == 30.0


@pytest.mark.parametrize(
    "value",
    ["60", "1704067260000", "2024-01-01T00:01:00+00:00", "Mon, 01 Jan 2024 00:01:00 GMT", "60, 7"],
)
def test_the_reset_is_read_in_whatever_form_servers_give_it(value: str) -> None:
    assert hint(x_ratelimit_reset=value).reset_in_s == 60.0


def test_silent_headers_say_nothing() -> None:
    assert hint() == RateHint()


@pytest.mark.parametrize(
    ("value", "wait_s"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("1.5", 1.5),
        (" 12 ", 12.0),
        ("Mon, 01 Jan 2024 00:01:00 GMT", 60.0),
        ("Sun, 31 Dec 2023 00:00:00 GMT", 0.0),
        ("Mon, 01 Jan 2024 00:01:00 -0000", 60.0),
        ("7200", 3600.0),
        ("1704067245", 45.0),
        ("1704067245000", 45.0),
        ("2024-01-01T00:00:20Z", 20.0),
        ("5, 20", 20.0),
        ("20,5", 20.0),
        ("5, 99999999", 5.0),
        ("Mon, 01 Jan 2024 00:01:00 GMT, Mon, 01 Jan 2024 00:00:30 GMT", 60.0),
        ("99999999", None),
        ("Mon, 01 Jan 2094 00:00:00 GMT", None),
        ("1604067245", None),
        ("5, soon", None),
        ("-5", None),
        ("1e9", None),
        ("nan", None),
        ("inf", None),
        ("٣", None),
        ("soon", None),
        ("9" * 400, None),
        ("Mon, 99 Jan 2024 99:00:00 GMT", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_date_and_bounded(
    value: str, wait_s: float | None
) -> None:
    assert hint(retry_after=value).retry_after_s == wait_s


@pytest.mark.parametrize(
    "text", ["Fri, 31 Dec 9999 23:59:59 GMT", "Thu, 01 Jan 0100 00:00:00 GMT", "", "soon"]
)
def test_a_date_that_leaves_the_calendar_is_none(text: str) -> None:
    assert http_date(text) is None


def test_a_date_to_retry_after_is_reckoned_from_the_servers_clock() -> None:
    assert hint(retry_after="Mon, 01 Jan 2024 00:01:00 GMT", date=DATE).retry_after_s == 30.0


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"x_ratelimit_limit": "0"}, RateHint()),
        ({"x_ratelimit_limit": "-1"}, RateHint()),
        ({"x_ratelimit_limit": "99999999999"}, RateHint()),
        ({"x_ratelimit_limit": "100, 100"}, RateHint()),
        ({"x_ratelimit_remaining": "x"}, RateHint()),
        ({"x_ratelimit_reset": "100000"}, RateHint()),
        ({"x_ratelimit_reset": "170406726"}, RateHint()),
        ({"x_ratelimit_reset": "tomorrow"}, RateHint()),
        ({"x_ratelimit_reset": "1704067190"}, RateHint(reset_in_s=0.0)),
    ],
)
def test_absurd_values_count_as_not_said(headers: dict[str, str], expected: RateHint) -> None:
    assert hint(**headers) == expected


def test_a_body_is_parsed_once_however_often_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    bodies: list[bytes] = []
    loads = json.loads

    def counted(body: bytes, **options: Any) -> Any:
        bodies.append(body)
        return loads(body, **options)

    monkeypatch.setattr(json, "loads", counted)
    answer = Answer(status=429, body=b'{"code": 429, "message": "Too many concurrent tasks"}')
    assert limit_of(answer) is Limit.CONCURRENCY
    assert read_submission(answer).limit is Limit.CONCURRENCY

    assert bodies == [answer.body]


KEY = 'mdlx/marked+key="&<0123\\456789%'


def test_document_and_text_of_an_answer_hold_no_key() -> None:
    body = json.dumps({"message": f"bad key {KEY}", KEY: [KEY.upper()], "code": 401}).encode()
    answer = Answer(status=401, body=body, redaction=Redaction(KEY))

    assert answer.document == {"message": "bad key ***", "***": ["***"], "code": 401}
    assert answer.text == '{"message": "bad key ***", "***": ["***"], "code": 401}'


def test_the_text_of_a_reply_that_is_cut_off_holds_no_escaped_key() -> None:
    raw = f'{{"message": {json.dumps(KEY)}, "co'.encode()
    answer = Answer(status=200, body=raw, redaction=Redaction(KEY), problem="the reply was cut off")
    assert (answer.document, answer.text) == (None, '{"message": "***", "co')


def test_an_answer_without_a_body_has_no_text() -> None:
    assert Answer(status=200).text is None
