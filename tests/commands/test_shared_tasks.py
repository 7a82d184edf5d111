"""An API that gives two requests the same task, as the user hears of it."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from tests.api.servers import Request, http_reply, serving
from tests.commands.films import Program

ACCEPTED = {"code": 0, "data": {"status": "pending", "task_id": "task-1"}}
RENDERED = {
    "code": 0,
    "data": {
        "status": "success",
        "task_id": "task-1",
        "result": {"resources": [{"url": "https://files.example/1.mp4", "type": "video"}]},
    },
}


def answer(request: Request, conn: socket.socket) -> bytes:
    if request.method == "POST":
        return http_reply(ACCEPTED)
    if request.target.endswith("/tasks/task-1"):
        return http_reply(RENDERED)
    return http_reply({"code": 404, "message": "Not found: page"}, status="404 Not Found")


def test_the_finished_take_is_doubtful_and_the_other_unknown_and_nothing_is_sent_again(
    program: Program, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(answer) as server:
        monkeypatch.setenv("MODELLIX_BASE_URL", server.origin)
        monkeypatch.setenv("MODELLIX_API_KEY", "a-key-of-a-test")
        options = (film, "--yes", "--no-download", "--concurrency", "1")
        first = program("render", *options, "--only", "one")
        second = program("render", *options, "--only", "two.t1")
        posts = [request for request in server.requests if request.method == "POST"]
        third = program("render", *options, "--only", "one", "--only", "two.t1")
        assert [request for request in server.requests if request.method == "POST"] == posts

    assert (first.code, second.code, third.code) == (0, 4, 4)
    why = "the API gave its task, task-1, to take {} too, and it can be of one alone"
    assert f"one: doubtful: {why.format('two.t1')}" in second.err
    assert f"two.t1: unknown: {why.format('one')}" in second.err

    status = program("status", film)
    assert f"doubtful: {why.format('two.t1')}" in status.out
    assert why.format("one") in status.out
    assert why.format("two.t1") in program("plan", film).out

    takes = json.loads(Path("renders/film/manifest.json").read_text("utf-8"))["takes"]
    assert [(take["status"], take["error"] is None) for take in takes] == [
        ("rendered", False),
        ("unknown", False),
        ("pending", True),
    ]
