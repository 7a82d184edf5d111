"""An API that gives two requests the same task, as the user hears of it."""

from __future__ import annotations

import json
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from storyboard.sandbox.server import SandboxServer
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
        monkeypatch.setattr("storyboard.project.default_folder.DEFAULT_BASE_URL", server.origin)
        monkeypatch.setenv("MODELLIX_BASE_URL", server.origin)
        monkeypatch.setenv("MODELLIX_API_KEY", "a-key-of-a-test")
        options = (film, "--yes", "--no-download", "--concurrency", "1")
        first = program("render", *options, "--only", "one")
        second = program("render", *options, "--only", "two.t1")
        posts = [request for request in server.requests if request.method == "POST"]
        third = program("render", *options, "--only", "one", "--only", "two.t1")
        assert [request for request in server.requests if request.method == "POST"] == posts

    assert (first.code, second.code, third.code) == (0, 4, 4)
    why = "the API gave its task, task-1, to take {} too, but it can belong to only one"
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


@pytest.mark.parametrize(("state", "kind"), [("accepted", "ask"), ("succeeded", "keep")])
def test_rows_of_an_earlier_version_with_one_task_are_in_doubt_before_anything_is_planned(
    program: Program, film: Path, server: SandboxServer, state: str, kind: str
) -> None:
    assert program("render", film, "--yes", "--only", "two", "--no-download").code == 0
    with closing(sqlite3.connect("renders/film/state.sqlite3")) as db, db:
        db.execute("UPDATE submissions SET state = ?, task_id = 'task-1'", (state,))
    polls = server.ledger.polls
    why = "the API gave its task, task-1, to take {} too, but it can belong to only one"

    plan = program("plan", film, "--only", "two", "--no-download").out
    assert [line.split()[0] for line in plan.splitlines() if why[:9] in line] == [kind] * 2
    program("render", film, "--yes", "--only", "two", "--no-download")
    status = program("status", film).out
    for take in ("two.t1", "two.t2"):
        assert why.format(take) in status
    assert server.ledger.polls == polls
