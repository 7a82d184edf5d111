"""The Modellix calls over a real connection: what is sent, and what the caller gets."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import pytest

from storyboard.api.account import ListedModel, LogEntry
from storyboard.api.credentials import ApiKey
from storyboard.api.http.client import Timeouts
from storyboard.api.modellix.client import ModellixApi
from storyboard.api.protocols import PROTOCOLS, Api
from storyboard.errors import AccountError, NotNow, Unreachable, UsageError
from storyboard.replies import Outcome, TaskStatus
from tests.api.servers import Request, Server, http_reply, serving

KEY = "sk-0123456789abcdef"
ENDPOINT = "/api/v1/alibaba/wan2.7-t2v/async"
ACCEPTED = {"code": 0, "message": "success", "data": {"status": "pending", "task_id": "task-1"}}


class Provider:
    """A server whose next reply the test sets."""

    def __init__(self) -> None:
        self.reply: bytes | None = http_reply(ACCEPTED)
        self.server: Server
        self.api: ModellixApi

    def __call__(self, request: Request, conn: socket.socket) -> bytes | None:
        return self.reply

    def says(self, document: Any, status: str = "200 OK") -> None:
        self.reply = http_reply(document, status=status)

    @property
    def request(self) -> Request:
        (request,) = self.server.requests
        return request


@pytest.fixture
def provider() -> Iterator[Provider]:
    provider = Provider()
    with serving(provider) as provider.server:
        provider.api = ModellixApi(
            provider.server.origin,
            ApiKey(KEY),
            timeouts=Timeouts(connect_s=5, post_s=5, get_s=5, upload_s=5),
        )
        yield provider
        provider.api.close()


def test_a_submission_is_one_post_of_the_payload_to_the_endpoint(provider: Provider) -> None:
    reply = provider.api.submit(
        ENDPOINT, {"prompt": "Ein Kühlschrank, 雨", "duration": 5}, user_id="storyboard_0001"
    )

    assert (reply.outcome, reply.task_id) == (Outcome.ACCEPTED, "task-1")
    request = provider.request
    assert (request.method, request.target) == ("POST", ENDPOINT)
    assert request.body == '{"prompt":"Ein Kühlschrank, 雨","duration":5}'.encode()
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["x-mdlx-user-id"] == "storyboard_0001"


def test_without_a_user_id_no_such_header_is_sent(provider: Provider) -> None:
    provider.api.submit(ENDPOINT, {"prompt": "p"})

    assert "x-mdlx-user-id" not in provider.request.headers


def test_a_lost_reply_is_unknown_and_never_sent_again(provider: Provider) -> None:
    provider.reply = None
    reply = provider.api.submit(ENDPOINT, {"prompt": "p"})

    assert (reply.outcome, reply.message) == (
        Outcome.UNKNOWN,
        "the connection was closed without a reply",
    )
    assert len(provider.server.requests) == 1


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
    api = ModellixApi(origin, ApiKey(KEY))
    reply = api.submit(ENDPOINT, {"prompt": "p"})
    api.close()

    assert (reply.outcome, reply.message) == (Outcome.UNAVAILABLE, "the connection was refused")


@pytest.mark.parametrize(
    "endpoint",
    ["", "api", "@evil/x", "//evil/x", "/a/../b", "/a/./b", "/a?b", "/a b", "/a%2e", "/a/", ":8/x"],
)
def test_an_endpoint_that_is_no_path_is_refused_unsent(provider: Provider, endpoint: str) -> None:
    with pytest.raises(UsageError, match="is not a path"):
        provider.api.submit(endpoint, {"prompt": "p"})

    assert provider.server.requests == []


@pytest.mark.parametrize("payload", [{"prompt": "\ud800"}, {"seed": float("nan")}])
def test_a_payload_that_json_cannot_hold_is_rejected_unsent(
    provider: Provider, payload: dict[str, Any]
) -> None:
    reply = provider.api.submit(ENDPOINT, payload)

    assert (reply.outcome, reply.message) == (
        Outcome.REJECTED,
        "the payload cannot be written as JSON",
    )
    assert provider.server.requests == []


@pytest.mark.parametrize("user_id", ["short", "x" * 129, "eight\r\nchars", "with space"])
def test_an_impossible_user_id_is_a_mistake_of_the_caller(provider: Provider, user_id: str) -> None:
    with pytest.raises(ValueError, match="8 to 128 letters"):
        provider.api.submit(ENDPOINT, {"prompt": "p"}, user_id=user_id)


def test_a_poll_asks_for_the_task_by_its_id_alone(provider: Provider) -> None:
    provider.says(
        {
            "code": 0,
            "data": {
                "status": "processing",
                "task_id": "task-1",
                "get_result": {"url": "https://evil.example/"},
            },
        }
    )

    assert provider.api.poll("task-1").status is TaskStatus.WORKING
    assert (provider.request.method, provider.request.target) == ("GET", "/api/v1/tasks/task-1")
    assert provider.request.headers["authorization"] == f"Bearer {KEY}"


def test_a_task_id_cannot_leave_its_place_in_the_path(provider: Provider) -> None:
    provider.api.poll("../../v2/a:b@c+d=")

    assert provider.request.target == "/api/v1/tasks/..%2F..%2Fv2%2Fa%3Ab%40c%2Bd%3D"


@pytest.mark.parametrize("task_id", ["..", ".", "", "a b", "a?b"])
def test_what_cannot_be_a_task_id_is_not_asked_for(provider: Provider, task_id: str) -> None:
    reply = provider.api.poll(task_id)

    assert (reply.status, reply.reason) == (TaskStatus.MISSING, "this cannot be a task id")
    assert provider.server.requests == []


def test_a_redirected_poll_takes_the_key_nowhere(provider: Provider) -> None:
    with serving(lambda *_: http_reply({})) as elsewhere:
        provider.reply = http_reply(
            b"", status="302 Found", headers={"Location": f"{elsewhere.origin}/steal"}
        )
        reply = provider.api.poll("task-1")

    assert (reply.status, reply.reason) == (TaskStatus.UNREADABLE, "HTTP 302")
    assert elsewhere.requests == []


def test_the_key_echoed_by_the_server_comes_out_hidden(provider: Provider) -> None:
    provider.says({"code": 401, "message": f"no such key: {KEY}"}, "401 Unauthorized")

    submitted = provider.api.submit(ENDPOINT, {"prompt": "p"})
    polled = provider.api.poll("task-1")
    with pytest.raises(AccountError) as caught:
        provider.api.balance_usd()

    assert submitted.message == "no such key: ***"
    assert polled.reason == "HTTP 401: no such key: ***"
    assert str(caught.value) == (
        f"{provider.server.origin} refused the key (HTTP 401): no such key: ***."
    )
    assert KEY not in f"{submitted} {polled} {provider.api._http._redaction!r}"


@pytest.mark.parametrize(
    ("document", "status", "is_valid"),
    [
        ({"code": 0, "data": {"is_valid": True}}, "200 OK", True),
        ({"code": 0, "data": {"is_valid": False}}, "200 OK", False),
        ({"code": 0, "data": {"is_valid": "yes"}}, "200 OK", False),
        ({"code": 401, "message": "no"}, "401 Unauthorized", False),
    ],
)
def test_the_key_is_validated(
    provider: Provider, document: Any, status: str, is_valid: bool
) -> None:
    provider.says(document, status)

    assert provider.api.check_up().is_key_valid is is_valid
    assert provider.request.target == "/api/v1/apikey/validate"


@pytest.mark.parametrize(
    ("data", "balance"),
    [
        ({"balance": 12.3456}, 12.3456),
        ({"balance": "7.5"}, 7.5),
        ({}, None),
        ({"balance": []}, None),
    ],
)
def test_the_balance_is_in_dollars(provider: Provider, data: Any, balance: float | None) -> None:
    provider.says({"code": 0, "data": data})

    assert provider.api.balance_usd() == balance
    assert provider.request.target == "/api/v1/team/balance"


def test_the_models_are_listed(provider: Provider) -> None:
    provider.says(
        {
            "models": [
                {"slug": "alibaba/wan2.7-t2v", "type": "text-to-video", "description": "Wan"},
                {"type": "no slug"},
                None,
            ]
        }
    )

    assert provider.api.models() == (ListedModel("alibaba/wan2.7-t2v"),)
    assert provider.request.target == "/api/v1/models"


@pytest.mark.parametrize("is_wrapped", [False, True])
def test_the_log_is_read_wrapped_in_data_or_not(provider: Provider, is_wrapped: bool) -> None:
    log = {
        "requests": [
            {
                "task_id": "task-1",
                "status": "success",
                "model": {"provider": "alibaba", "model_name": "wan2.7-t2v"},
                "created_at": 1786418800,
                "cost": 4600,
            },
            {"task_id": "not one"},
            7,
        ],
        "total": 41,
        "page": 2,
    }
    provider.says({"code": 0, "data": log} if is_wrapped else log)
    start = datetime(2026, 8, 1, tzinfo=timezone.utc)
    end = datetime(2026, 8, 2, tzinfo=timezone.utc)

    page = provider.api.logs(start, end, page=2, page_size=50)

    assert page.entries == (
        LogEntry(
            "task-1",
            "success",
            "alibaba/wan2.7-t2v",
            datetime(2026, 8, 11, 3, 26, 40, tzinfo=timezone.utc),
            0.46,
        ),
    )
    assert page.total == 41
    assert provider.request.target == (
        "/api/v1/logs?start_time=1785542400&end_time=1785628800&page=2&page_size=50"
    )


def test_the_log_can_be_asked_for_one_user_id(provider: Provider) -> None:
    row = {"task_id": "task-1", "user_id": "render-0001"}
    provider.says({"requests": [row, {"task_id": ""}], "total": 2})
    start = datetime(2026, 8, 1, tzinfo=timezone.utc)

    page = provider.api.logs(start, start, user_id="render-0001")

    assert provider.request.target.endswith("&user_id=render-0001")
    assert page.entries == (LogEntry("task-1", user_id="render-0001"),)
    assert page.rows == 2


def test_a_checkup_tells_key_limits_and_clock(provider: Provider) -> None:
    provider.reply = http_reply(
        {"code": 0, "data": {"is_valid": True}},
        headers={"X-RateLimit-Limit": "200", "Date": "Sun, 22 Nov 2026 12:10:00 GMT"},
    )
    noon = datetime(2026, 11, 22, 12, 0, 0, tzinfo=timezone.utc).timestamp()
    api = ModellixApi(provider.server.origin, ApiKey(KEY), clock=lambda: noon)

    checkup = api.check_up()
    api.close()

    assert (checkup.is_key_valid, checkup.rate.limit) == (True, 200)
    assert checkup.clock_offset_s == 600.5


def test_without_a_key_nothing_is_signed(provider: Provider) -> None:
    provider.says({"code": 0, "data": {"is_valid": False}})
    api = ModellixApi(provider.server.origin, ApiKey(""))

    assert api.check_up().is_key_valid is False
    api.close()
    assert "authorization" not in provider.request.headers


def test_an_answer_that_may_be_better_later_says_when(provider: Provider) -> None:
    provider.reply = http_reply(
        {"code": 429, "message": "Rate limit exceeded"},
        status="429 Too Many Requests",
        headers={"Retry-After": "7"},
    )

    with pytest.raises(NotNow, match="Rate limit exceeded") as caught:
        provider.api.balance_usd()

    assert caught.value.wait_s == 7.0


@pytest.mark.parametrize(
    ("document", "status", "message"),
    [
        ({"code": 503, "message": "Busy"}, "503 Unavailable", "(HTTP 503): Busy."),
        ({"code": 403, "message": "Not yours."}, "403 Forbidden", "(HTTP 403): Not yours."),
        (b"<html>", "200 OK", "gave no usable reply (HTTP 200)."),
        (b"[]", "200 OK", "gave no usable reply (HTTP 200)."),
        ({"code": 500, "message": "Oh"}, "200 OK", "gave no usable reply (HTTP 200): Oh."),
    ],
)
def test_an_answer_that_is_no_success_is_one_sentence(
    provider: Provider, document: Any, status: str, message: str
) -> None:
    provider.says(document, status)

    with pytest.raises(AccountError) as caught:
        provider.api.models()

    assert str(caught.value).startswith(provider.server.origin)
    assert str(caught.value).endswith(message)
    assert caught.value.next_step


def test_no_answer_is_named_as_unreachable(provider: Provider) -> None:
    provider.reply = None

    with pytest.raises(Unreachable) as caught:
        provider.api.balance_usd()

    assert str(caught.value) == (
        f"{provider.server.origin} could not be reached: the connection was closed without a reply."
    )


def test_modellix_is_one_of_the_protocols() -> None:
    api: Api = PROTOCOLS["modellix"]("https://api.modellix.ai", ApiKey(KEY))
    api.close()

    assert api.origin == "https://api.modellix.ai"


def test_after_a_reply_about_another_task_the_connection_is_not_used_again(
    provider: Provider,
) -> None:
    provider.says({"code": 0, "data": {"status": "success", "task_id": "task-2"}})
    for _ in range(2):
        assert provider.api.poll("task-1").status is TaskStatus.MISMATCHED

    assert [request.connection for request in provider.server.requests] == [1, 2]


def test_a_page_instead_of_an_answer_says_nothing_of_the_key(provider: Provider) -> None:
    provider.says("<html>blocked by the firewall</html>", "403 Forbidden")
    with pytest.raises(AccountError, match="gave no usable reply"):
        provider.api.balance_usd()

    provider.says("<html>log in to the hotel's network</html>", "401 Unauthorized")
    with pytest.raises(AccountError, match="gave no usable reply"):
        provider.api.check_up()
