"""The table of outcomes: what each answer to a submission says about the money."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.api.http.response import MAX_TEXT, Answer
from storyboard.api.modellix.submissions import is_task_id, read_submission
from storyboard.api.redaction import Redaction
from storyboard.replies import Limit, Outcome, SubmitReply

KEY = "sk-0123456789abcdef"
ACCEPTED = {
    "code": 0,
    "message": "success",
    "data": {
        "status": "pending",
        "task_id": "task-abc123",
        "model_id": "model-123",
        "get_result": {"method": "GET", "url": "https://api.modellix.ai/api/v1/tasks/task-abc123"},
    },
}


def answer(status: int | None, body: Any = b"", **fields: Any) -> Answer:
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    return Answer(status=status, body=body, redaction=Redaction(KEY), **fields)


def read(status: int | None, body: Any = b"", **fields: Any) -> SubmitReply:
    return read_submission(answer(status, body, **fields))


def test_the_documented_success_is_accepted_with_its_task_id() -> None:
    reply = read(200, ACCEPTED)

    assert reply.outcome is Outcome.ACCEPTED
    assert reply.task_id == "task-abc123"
    assert (reply.message, reply.body) == (None, None)


REJECTED = (*(400, 401, 402, 403, 404, 405, 406), *(410, 413, 414, 415, 422, 431, 451, 501))


@pytest.mark.parametrize("status", REJECTED)
def test_a_status_that_refuses_the_request_is_a_rejection(status: int) -> None:
    reply = read(status, {"code": status, "message": "Invalid parameters: no prompt"})

    assert (reply.outcome, reply.message) == (Outcome.REJECTED, "Invalid parameters: no prompt")
    assert reply.http_status == status


@pytest.mark.parametrize("status", REJECTED)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>forbidden</html>",
        b'{"error": "blocked"}',
        b'{"code": 0, "message": "success"}',
        b'{"code": 444, "message": "Forbidden"}',
        b'{"code": true, "message": "Forbidden"}',
    ],
)
def test_a_refusal_in_another_form_is_one_that_is_not_the_apis(status: int, body: bytes) -> None:
    reply = read(status, body)

    assert (reply.outcome, reply.is_from_api) == (Outcome.REJECTED, False)
    assert (reply.message or "").startswith(f"HTTP {status}")


def test_a_page_instead_of_an_answer_is_named_as_what_it_may_be() -> None:
    reply = read(403, b"<html>forbidden</html>")

    assert reply.message == (
        "HTTP 403, not in the API's own form: a firewall or proxy may have sent it"
    )
    assert reply.body == "<html>forbidden</html>"


@pytest.mark.parametrize("status", [403, 407, 502])
def test_a_page_that_came_through_a_proxy_names_the_proxy(status: int) -> None:
    answer = Answer(status, body=b"<html>", proxy="http://proxy:8080")

    assert read_submission(answer).message == (
        f"HTTP {status}, not in the API's own form: the proxy http://proxy:8080 may have sent it"
    )


def test_every_other_status_may_have_been_charged() -> None:
    others = {*range(100, 1000)} - {*range(200, 300)} - {*REJECTED, 429}

    replies = {status: read(status, {"code": status, "message": "No"}) for status in others}

    assert {reply.outcome for reply in replies.values()} == {Outcome.UNKNOWN}
    assert replies[503].message == "HTTP 503: No"


@pytest.mark.parametrize(
    ("message", "limit"),
    [
        ("Rate limit exceeded, slow down", Limit.RATE),
        ("Concurrent limit exceeded", Limit.CONCURRENCY),
        ("Too much CONCURRENCY", Limit.CONCURRENCY),
        ("", Limit.RATE),
    ],
)
def test_a_documented_429_is_safe_to_send_again_and_names_its_limit(
    message: str, limit: Limit
) -> None:
    reply = read(429, {"code": 429, "message": message})

    assert (reply.outcome, reply.limit) == (Outcome.UNAVAILABLE, limit)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"Too many requests",
        b"[429]",
        b'{"code": 429}',
        b'{"code": "429", "message": "slow"}',
        b'{"message": "slow down"}',
    ],
)
def test_a_429_in_any_other_form_is_waited_for_too(body: bytes) -> None:
    """Limiters before the API refuse with pages of their own, before any work starts."""
    reply = read(429, body)

    assert (reply.outcome, reply.limit) == (Outcome.UNAVAILABLE, Limit.RATE)


@pytest.mark.parametrize(
    "body",
    [
        b'{"code": 0, "message": "success"}',
        b'{"code": 429, "message": "slow", "data": {"task_id": "task-1"}}',
    ],
)
def test_a_429_that_contradicts_itself_may_have_been_charged(body: bytes) -> None:
    assert read(429, body).outcome is Outcome.UNKNOWN


def test_a_429_that_was_cut_off_may_have_been_charged() -> None:
    whole = b'{"code": 429, "message": "slow"}'

    assert read(429, whole, problem="the reply was cut off").outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "HTTP 200, but the reply is not a JSON object"),
        (b"OK", "HTTP 200, but the reply is not a JSON object"),
        (b"[]", "HTTP 200, but the reply is not a JSON object"),
        (b"\xff\xfe\x00", "HTTP 200, but the reply is not a JSON object"),
        (b"[" * 100_000, "HTTP 200, but the reply is not a JSON object"),
        (b'{"code": ' + b"9" * 5000 + b"}", "HTTP 200, but the reply is not a JSON object"),
        (b"{}", "HTTP 200, but the reply's code is not 0"),
        (b'{"code": "0"}', "HTTP 200, but the reply's code is not 0"),
        (b'{"code": false}', "HTTP 200, but the reply's code is not 0"),
        (
            b'{"code": 400, "message": "Invalid format: x"}',
            "HTTP 200, but the reply's code is not 0: Invalid format: x",
        ),
        (
            b'{"code": false, "data": {"task_id": "t1"}}',
            "HTTP 200, but the reply's code is not 0; it names task t1, which may belong to "
            "another request",
        ),
        (b'{"code": 0}', "HTTP 200, but the reply has no usable task id"),
        (b'{"code": 0, "data": null}', "HTTP 200, but the reply has no usable task id"),
        (b'{"code": 0, "data": ["t"]}', "HTTP 200, but the reply has no usable task id"),
        (b'{"code": 0, "data": {"task_id": 17}}', "HTTP 200, but the reply has no usable task id"),
        (b'{"code": 0, "data": {"task_id": ""}}', "HTTP 200, but the reply has no usable task id"),
        (
            b'{"code": 0, "data": {"task_id": ".."}}',
            "HTTP 200, but the reply has no usable task id",
        ),
    ],
)
def test_a_success_that_makes_no_sense_may_have_been_charged(body: bytes, message: str) -> None:
    reply = read(200, body)

    assert (reply.outcome, reply.message) == (Outcome.UNKNOWN, message)


def test_a_task_id_beside_a_code_that_is_not_0_is_a_hint() -> None:
    reply = read(200, {"code": 7, "message": "Odd", "data": {"task_id": "t1"}})

    assert (reply.outcome, reply.task_id) == (Outcome.UNKNOWN, None)
    assert reply.message == (
        "HTTP 200, but the reply's code is not 0: Odd; it names task t1, which may belong to "
        "another request"
    )


def test_an_accepted_reply_that_was_cut_off_is_not_believed() -> None:
    reply = read(200, ACCEPTED, problem="the reply was cut off")

    assert (reply.outcome, reply.task_id) == (Outcome.UNKNOWN, None)
    assert reply.message == "HTTP 200, but the reply was cut off"


@pytest.mark.parametrize("status", [400, 409, 429, 500, 503])
def test_an_error_that_names_a_task_may_have_been_charged_and_the_id_is_a_hint(status: int) -> None:
    reply = read(status, {"code": status, "message": "Odd", "data": {"task_id": "task-1"}})

    assert (reply.outcome, reply.task_id) == (Outcome.UNKNOWN, None)
    assert reply.message == (
        f"HTTP {status}: Odd; it names task task-1, which may belong to another request"
    )
    assert '"task-1"' in (reply.body or "")


def test_no_connection_is_safe_to_send_again_and_no_answer_is_not() -> None:
    refused = read(None, was_sent=False, problem="the connection was refused")
    lost = read(None, was_sent=True, problem="no reply came in time")

    assert (refused.outcome, refused.message) == (Outcome.UNAVAILABLE, "the connection was refused")
    assert (lost.outcome, lost.message) == (Outcome.UNKNOWN, "no reply came in time")


@pytest.mark.parametrize("value", ["task-1", "a/b", "a:b@c", "x" * 512, "~._:/+@=-", "..a"])
def test_task_ids_of_the_documented_alphabet_are_usable(value: str) -> None:
    assert is_task_id(value)


@pytest.mark.parametrize(
    "value", ["", ".", "..", "a b", "a\n", "ä", "a?b", "a#b", "a%2e", "x" * 513, 5, None, ["a"]]
)
def test_other_task_ids_are_not(value: object) -> None:
    assert not is_task_id(value)


def test_the_key_echoed_by_the_server_is_hidden_in_message_and_body() -> None:
    reply = read(400, {"code": 400, "message": f"bad key {KEY}", KEY: [{"seen": f"Bearer {KEY}"}]})

    assert reply.message == "bad key ***"
    assert KEY not in (reply.body or "")
    assert '"***": [{"seen": "Bearer ***"}]' in (reply.body or "")


def test_the_key_is_found_behind_json_escapes() -> None:
    escaped = "".join(f"\\u{ord(char):04x}" for char in KEY)
    reply = read(500, f'{{"message": "{escaped}"}}'.encode())

    assert reply.message == "HTTP 500: ***"
    assert reply.body == '{"message": "***"}'


def test_a_task_id_that_is_the_key_is_not_usable() -> None:
    reply = read(200, {"code": 0, "data": {"task_id": KEY}})

    assert (reply.outcome, reply.task_id) == (Outcome.UNKNOWN, None)


def test_messages_are_one_bounded_printable_line() -> None:
    reply = read(400, {"code": 400, "message": "a\n\tb\x1b[31m\u202e\ud800" + "x" * 2000})

    assert reply.message is not None
    assert reply.message.startswith("a b\\x1b[31m\\u202e\\ud800xxx")
    assert len(reply.message) == 500
    assert reply.message.endswith("…")


def test_the_body_is_bounded_and_can_be_written_as_utf8() -> None:
    reply = read(500, b'{"message": "\\ud800' + b"y" * 40_000 + b'"}')

    assert reply.body is not None
    assert len(reply.body) == MAX_TEXT
    assert reply.body.encode("utf-8").startswith(b'{"message": "\\ud800yyy')


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["code", "message", "data", "task_id", "status", "result", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(status=st.sampled_from([200, 400, 429, 500]), document=json_values)
def test_no_document_is_accepted_without_code_0_and_a_task_id(status: int, document: Any) -> None:
    reply = read(status, document)

    if reply.outcome is Outcome.ACCEPTED:
        assert status == 200
        assert document["code"] == 0
        assert reply.task_id == document["data"]["task_id"]
