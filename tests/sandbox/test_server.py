"""The sandbox over real HTTP: the documented answers, to every kind of request."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from storyboard.errors import StateError, UsageError
from storyboard.models.catalog import load_catalog
from storyboard.sandbox.server import SandboxServer
from storyboard.sandbox.settings import ClipSize
from tests.sandbox.conftest import MODEL, START, Client, Clock

Serve = Callable[..., Client]


@pytest.mark.parametrize("suffix", ["", "/async"])
def test_both_forms_of_the_submit_path_accept_a_task(serve: Serve, suffix: str) -> None:
    client = serve()
    reply = client.submit(suffix=suffix)
    assert reply.status_code == 200
    body = reply.json()
    task_id = body["data"]["task_id"]
    assert (body["code"], body["message"]) == (0, "success")
    assert body["data"]["status"] == "pending"
    assert body["data"]["get_result"] == {
        "method": "GET",
        "url": f"{client.server.base_url}/api/v1/tasks/{task_id}",
    }
    assert [task.id for task in client.server.ledger.submissions] == [task_id]


def test_a_task_is_pending_then_processing_then_done(serve: Serve, clock: Clock) -> None:
    client = serve(render_time_s=100.0)
    task_id = client.accepted()
    seen = []
    for clock.now in (START, START + 19, START + 21, START + 99, START + 100):
        seen.append(client.status(task_id))
    assert seen == ["pending", "pending", "processing", "processing", "success"]


def test_a_finished_task_tells_its_video_its_time_and_its_price(serve: Serve, clock: Clock) -> None:
    client = serve(
        render_time_s=3.5, retention_s=60, price_per_second_usd=0.25, clip_size=ClipSize.PREVIEW
    )
    task_id = client.accepted(ratio="9:16", duration=4)
    clock.now += 10
    data = client.poll(task_id).json()["data"]
    (video,) = data["result"]["resources"]
    url = video.pop("url")
    assert url.startswith(f"{client.server.base_url}/files/")
    assert video == {
        "type": "video",
        "role": "primary",
        "width": 360,
        "height": 640,
        "format": "mp4",
        "duration": 4,
    }
    assert data["duration"] == 3500
    assert data["result_expires_at"] == (START + 3.5 + 60) * 1000
    assert data["billing"] == {"status": "succeeded", "amount": 1.0}
    assert data["result"]["extensions"] == {
        "submit_time": START * 1000,
        "end_time": (START + 3.5) * 1000,
    }


def test_a_task_keeps_its_video_for_as_long_as_the_model_card_says(
    serve: Serve, clock: Clock
) -> None:
    client = serve()
    task_id = client.accepted()
    url = client.video_url(task_id)
    clock.now += 24 * 3600 - 1
    assert client.status(task_id) == "success"
    clock.now += 1
    assert client.poll(task_id).status_code == 404
    assert "expired" in client.poll(task_id).json()["message"]
    assert client.download(url).status_code == 404


def test_a_clip_has_the_pixels_of_the_model_card_when_asked_for(serve: Serve) -> None:
    client = serve(clip_size=ClipSize.FULL)
    task_id = client.accepted(resolution="720P", ratio="4:3")
    (video,) = client.poll(task_id).json()["data"]["result"]["resources"]
    assert (video["width"], video["height"]) == (1104, 832)


def test_render_times_spread_the_same_way_for_the_same_seed(serve: Serve) -> None:
    def times() -> list[float]:
        client = serve(render_time_s=10.0, render_time_spread_s=4.0, seed=7)
        for _ in range(5):
            client.accepted()
        return [task.ends_at - task.accepted_at for task in client.server.ledger.submissions]

    first = times()
    assert first == times()
    assert len(set(first)) == 5
    assert all(6 <= seconds <= 14 for seconds in first)


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (
            {"prompt": None},
            "Invalid parameters: parameter 'prompt' must be of type string, got null",
        ),
        (
            {"duration": 20},
            "Value out of range: parameter 'duration' must be between 2 and 15, got 20",
        ),
        (
            {"ratio": "2:1"},
            "Invalid parameters: parameter 'ratio' must be one of 16:9, 9:16, 1:1, 4:3, 3:4, "
            "got '2:1'",
        ),
        (
            {"seed": 2147483648},
            "Value out of range: parameter 'seed' must be between 0 and 2147483647, got 2147483648",
        ),
        (
            {"prompt": "x" * 5001},
            "Value out of range: parameter 'prompt' must have at most 5000 characters, got 5001",
        ),
        ({"colour": "red"}, "Invalid parameters: unknown parameter 'colour'"),
    ],
)
def test_a_payload_is_held_against_the_model_card(
    serve: Serve, payload: dict[str, object], message: str
) -> None:
    client = serve()
    reply = client.submit(**payload)
    assert reply.status_code == 400
    assert reply.json() == {"code": 400, "message": message}
    assert client.server.ledger.submissions == ()
    assert client.server.ledger.posts == 1


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "Invalid format: invalid JSON format"),
        (b'{"prompt": "x", "seed": NaN}', "Invalid format: invalid JSON format"),
        (b"\xff\xfe", "Invalid format: invalid JSON format"),
        (b"[" * 100_000, "Invalid format: invalid JSON format"),
        (b"[1]", "Invalid format: the request body must be a JSON object"),
        (b"{}", "Invalid parameters: parameter 'prompt' is required"),
    ],
)
def test_a_body_that_is_no_request_is_refused(serve: Serve, body: bytes, message: str) -> None:
    reply = serve().call(
        "POST", f"/api/v1/{MODEL}", data=body, headers={"Content-Type": "application/json"}
    )
    assert reply.json() == {"code": 400, "message": message}


def test_other_refusals_have_the_documented_shape_too(serve: Serve) -> None:
    client = serve(max_body_bytes=1000)
    json_type = {"Content-Type": "application/json"}
    replies = {
        404: client.call("POST", "/api/v1/alibaba/none", json={"prompt": "x"}),
        405: client.call("PUT", f"/api/v1/{MODEL}", json={}),
        413: client.call("POST", f"/api/v1/{MODEL}", data=b"x" * 1001, headers=json_type),
        415: client.call("POST", f"/api/v1/{MODEL}", data="prompt=x"),
    }
    assert {status: reply.status_code for status, reply in replies.items()} == {
        status: status for status in replies
    }
    assert {status: reply.json() for status, reply in replies.items()} == {
        404: {"code": 404, "message": "Not found: model 'alibaba/none' does not exist"},
        405: {"code": 405, "message": "Method not allowed: PUT, only POST"},
        413: {"code": 413, "message": "Request too large: the body has too many bytes"},
        415: {
            "code": 415,
            "message": "Unsupported media type: the Content-Type must be application/json",
        },
    }
    assert client.poll("no-such-task").json() == {
        "code": 404,
        "message": "Not found: task does not exist or has expired",
    }
    assert client.call("GET", "/nowhere").json()["code"] == 404


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer  ", "Basic sandbox", "sandbox"])
def test_without_a_key_nothing_is_answered(serve: Serve, header: str) -> None:
    client = serve()
    for method, path in (
        ("POST", f"/api/v1/{MODEL}"),
        ("GET", "/api/v1/tasks/x"),
        ("GET", "/api/v1/models"),
        ("GET", "/api/v1/team/balance"),
        ("GET", "/api/v1/logs"),
    ):
        options = {"json": {"prompt": "x"}} if method == "POST" else {}
        reply = client.call(method, path, headers={"Authorization": header}, **options)
        assert reply.json() == {"code": 401, "message": "Authentication failed: no valid API key"}


def test_one_key_can_be_the_only_one_let_in(serve: Serve) -> None:
    client = serve(api_key="the-key")
    assert client.submit().status_code == 401
    validate = client.call("GET", "/api/v1/apikey/validate")
    assert (validate.status_code, validate.json()["data"]) == (200, {"is_valid": False})
    client.key = "the-key"
    assert client.submit().status_code == 200
    assert client.call("GET", "/api/v1/apikey/validate").json() == {
        "code": 0,
        "message": "success",
        "data": {"is_valid": True},
    }


def test_the_minute_is_counted_and_told_in_headers(serve: Serve, clock: Clock) -> None:
    client = serve(requests_per_minute=2, retry_after_s=7)
    first, second, third = client.submit(), client.submit(), client.submit()
    assert [reply.headers["X-RateLimit-Remaining"] for reply in (first, second, third)] == [
        "1",
        "0",
        "0",
    ]
    assert third.status_code == 429
    assert third.json()["message"] == "Rate limit exceeded: 2 requests per minute"
    assert third.headers["X-RateLimit-Limit"] == "2"
    assert third.headers["X-RateLimit-Reset"] == str(int(START) + 60)
    assert third.headers["Retry-After"] == "7"
    clock.now += 59.9
    assert client.submit().status_code == 429
    clock.now += 0.1
    assert client.submit().status_code == 200


def test_too_many_tasks_in_flight_are_refused_until_one_ends(serve: Serve, clock: Clock) -> None:
    client = serve(max_in_flight=2, render_time_s=10.0)
    client.accepted()
    clock.now += 5
    client.accepted()
    reply = client.submit()
    assert reply.status_code == 429
    assert reply.json()["message"] == "Concurrent limit exceeded: 2 tasks may be in flight"
    assert "Retry-After" not in reply.headers
    clock.now += 5
    assert client.submit().status_code == 200
    assert client.server.ledger.most_in_flight == 2


def test_requests_at_the_same_moment_cannot_slip_past_the_limit(
    serve: Serve, tmp_path: Path
) -> None:
    client = serve(tmp_path, max_in_flight=3, render_time_s=10.0)
    with ThreadPoolExecutor(12) as pool:
        replies = list(pool.map(lambda _: client.submit().status_code, range(12)))
    assert sorted(replies) == [200] * 3 + [429] * 9
    assert client.server.ledger.most_in_flight == 3
    assert len((tmp_path / "tasks.jsonl").read_text().splitlines()) == 3


def test_a_task_that_cannot_be_written_down_is_not_accepted(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    client = serve(tmp_path, max_in_flight=1)
    with monkeypatch.context() as patch:
        patch.setattr("storyboard.sandbox.journal.os.fsync", full)
        assert client.submit().json() == {
            "code": 500,
            "message": "Internal error: cannot accept the task: No space left on device",
        }
    assert client.server.ledger.submissions == ()
    accepted = client.accepted()
    client.server.close()
    again = serve(tmp_path)
    assert [task.id for task in again.server.ledger.submissions] == [accepted]


def test_the_balance_runs_out(serve: Serve) -> None:
    client = serve(balance_usd=0.5, price_per_second_usd=0.1)
    assert client.call("GET", "/api/v1/team/balance").json() == {
        "code": 0,
        "message": "success",
        "data": {"balance": 0.5},
    }
    client.accepted(duration=3)
    reply = client.submit(duration=3)
    assert reply.json() == {
        "code": 402,
        "message": "Insufficient balance: the task costs 0.3000 USD, 0.2000 is left",
    }
    assert client.submit(duration=2).status_code == 200
    assert client.call("GET", "/api/v1/team/balance").json()["data"]["balance"] == 0.0


def test_the_models_are_listed_without_a_wrapper(serve: Serve) -> None:
    client = serve(price_per_second_usd=0.25)
    models = client.call("GET", "/api/v1/models?featured=true").json()["models"]
    assert [model["slug"] for model in models] == list(load_catalog().names())
    assert models[[model["slug"] for model in models].index(MODEL)] == {
        "slug": MODEL,
        "type": "text-to-video",
        "description": "Wan 2.7 text to video",
        "docs_url": "https://docs.modellix.ai/alibaba/wan-2-7-t2v",
        "price": {"fixed": 0.25, "unit": "$/sec"},
    }


def test_the_schema_of_a_model_says_where_to_send_what_and_needs_no_key(serve: Serve) -> None:
    client = serve(api_key="the-key")
    schema = client.call("GET", f"/models/{MODEL}/api_schema").json()
    assert schema["servers"] == [{"url": f"{client.server.base_url}/api/v1/{MODEL}"}]
    body = schema["post"]["requestBody"]["content"]["application/json"]
    assert body["schema"]["required"] == ["prompt"]
    assert body["schema"]["properties"]["duration"]["default"] == 5
    client.key = "the-key"
    for example in body["examples"].values():
        reply = client.call("POST", schema["servers"][0]["url"], json=example["value"])
        assert reply.status_code == 200
    assert set(schema["post"]) >= {"operationId", "description", "responses"}


def test_a_model_that_does_not_exist_has_no_schema(serve: Serve) -> None:
    reply = serve().call("GET", "/models/alibaba/none/api_schema")
    assert reply.json() == {"code": 404, "message": "Not found: model does not exist"}


def test_a_webhook_to_a_private_address_is_refused(serve: Serve) -> None:
    client = serve()
    reply = client.submit(headers={"X-Webhook-URL": "https://10.0.0.7/done"})
    assert reply.json() == {
        "code": 400,
        "message": "Invalid parameters: X-Webhook-URL takes a public HTTPS address without a user",
    }
    reply = client.submit(headers={"X-Webhook-URL": "https://hooks.example.com/done"})
    assert reply.status_code == 200
    assert len(client.server.ledger.submissions) == 1


def test_the_request_log_has_what_was_accepted_newest_first(serve: Serve, clock: Clock) -> None:
    client = serve()
    older = client.accepted(headers={"X-Mdlx-User-Id": "batch_run-0001"})
    clock.now += 10
    newer = client.accepted()
    log = client.call("GET", "/api/v1/logs?page=1&page_size=1").json()
    assert log == {
        "requests": [
            {
                "task_id": newer,
                "status": "success",
                "model": {"provider": "alibaba", "model_name": "wan2.7-t2v"},
                "created_at": int(START) + 10,
                "cost": 2000,
            }
        ],
        "total": 2,
        "page": 1,
        "page_size": 1,
    }
    early = client.call("GET", f"/api/v1/logs?start_time={int(START)}&end_time={int(START) + 5}")
    assert [row["task_id"] for row in early.json()["requests"]] == [older]
    mine = client.call("GET", "/api/v1/logs?user_id=batch_run-0001").json()
    assert [row["task_id"] for row in mine["requests"]] == [older]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("page=0", "Value out of range: parameter 'page' must be between 1 and 2147483648, got 0"),
        ("page_size=x", "Invalid format: parameter 'page_size' must be a whole number"),
        (
            "start_time=0&end_time=2592001",
            "Value out of range: start_time to end_time is at most 30 days",
        ),
    ],
)
def test_the_request_log_refuses_what_it_cannot_show(
    serve: Serve, query: str, message: str
) -> None:
    assert serve().call("GET", f"/api/v1/logs?{query}").json() == {"code": 400, "message": message}


def test_a_user_id_is_kept_with_its_task_and_a_bad_one_is_refused(serve: Serve) -> None:
    client = serve()
    client.accepted(headers={"X-Mdlx-User-Id": "batch_run-0001"})
    assert client.server.ledger.submissions[0].user_id == "batch_run-0001"
    reply = client.submit(headers={"X-Mdlx-User-Id": "short"})
    assert reply.json()["message"].startswith("Invalid format: X-Mdlx-User-Id takes 8 to 128")


def test_the_ledger_tells_when_a_key_goes_to_a_result(serve: Serve) -> None:
    client = serve()
    url = client.video_url(client.accepted())
    client.download(url)
    assert client.server.ledger.keys_on_downloads == 0
    client.call("GET", url)
    assert client.server.ledger.keys_on_downloads == 1
    assert client.server.ledger.downloads == 2


def test_no_name_of_a_result_stands_in_the_request_log(serve: Serve) -> None:
    client = serve()
    url = client.video_url(client.accepted())
    client.download(url)
    assert [request.path for request in client.server.ledger.requests][-1] == "/files/..."


def test_a_kept_folder_lets_tasks_go_on_after_a_restart(
    serve: Serve, clock: Clock, tmp_path: Path
) -> None:
    settings = {"render_time_s": 10.0, "balance_usd": 1.0, "price_per_second_usd": 0.1}
    first = serve(tmp_path, **settings)
    port = first.server.base_url.rpartition(":")[2]
    task_id = first.accepted(duration=2)
    assert first.status(task_id) == "pending"
    first.server.close()
    clock.now += 10
    client = serve(tmp_path, **settings)
    assert client.server.base_url.rpartition(":")[2] == port
    assert client.status(task_id) == "success"
    assert client.call("GET", "/api/v1/team/balance").json()["data"]["balance"] == 0.8
    assert [task.id for task in client.server.ledger.submissions] == [task_id]
    assert client.download(client.video_url(task_id)).status_code == 200


def test_a_task_is_on_the_disk_before_its_answer_so_a_kill_loses_nothing(
    serve: Serve, tmp_path: Path
) -> None:
    # The first server is never ended while the second one reads its folder, as after a kill.
    first = serve(tmp_path)
    task_id = first.accepted()
    second = serve(tmp_path)
    assert second.server.base_url != first.server.base_url
    assert second.status(task_id) == "success"


def test_a_line_that_a_kill_tore_off_is_dropped(serve: Serve, tmp_path: Path) -> None:
    first = serve(tmp_path)
    kept = first.accepted()
    first.server.close()
    journal = tmp_path / "tasks.jsonl"
    whole = journal.read_bytes()
    journal.write_bytes(whole + whole[: len(whole) // 2])
    second = serve(tmp_path)
    added = second.accepted()
    second.server.close()
    client = serve(tmp_path)
    assert [task.id for task in client.server.ledger.submissions] == [kept, added]


def test_a_journal_that_is_none_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "tasks.jsonl").write_text('{"id": "x"}\n')
    with pytest.raises(StateError, match=r"tasks\.jsonl:1: not a task of the sandbox"):
        SandboxServer(tmp_path).__enter__()


def test_without_a_folder_nothing_stays(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    client = serve()
    client.download(client.video_url(client.accepted()))
    assert list(tmp_path.rglob("*.mp4"))
    client.server.close()
    assert list(tmp_path.iterdir()) == []


def test_it_listens_on_loopback_alone_and_leaves_nothing_behind(serve: Serve) -> None:
    before = set(threading.enumerate())
    client = serve()
    url = client.server.base_url
    assert url.startswith("http://127.0.0.1:")
    requests.get(url, timeout=5)
    client.server.close()  # the fixture ends it a second time: that is allowed
    assert set(threading.enumerate()) <= before
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=5)


def test_a_port_that_is_taken_is_told(serve: Serve) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {port} is taken"):
            serve(port=port)
