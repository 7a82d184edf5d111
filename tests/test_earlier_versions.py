"""State files and manifests of earlier versions are read as those versions read them."""

from __future__ import annotations

import json
import re
import shutil
import socket
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.api.servers import Request, Server, http_reply, serving
from tests.commands.films import Program

FIXTURES = Path(__file__).parent / "fixtures"
FOLDER = Path("renders/film")
ORIGIN = "https://api.modellix.ai"


@pytest.fixture
def program(capsys: pytest.CaptureFixture[str]) -> Program:
    return Program(capsys)


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project with the film and its videos, and no state file or manifest yet."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(FIXTURES / "film.yaml", "film.yaml")
    shutil.copytree(FIXTURES / "v2" / "videos", FOLDER / "videos")


def put_state(version: str) -> None:
    shutil.copy(FIXTURES / version / "state.sqlite3.bin", FOLDER / "state.sqlite3")


def put_manifest(origin: str = ORIGIN) -> None:
    text = (FIXTURES / "v2" / "manifest.json").read_text("utf-8")
    (FOLDER / "manifest.json").write_text(text.replace(ORIGIN, origin), "utf-8")


def move_state_to(origin: str) -> None:
    """The state file as if the film had been rendered at another origin."""
    with closing(sqlite3.connect(FOLDER / "state.sqlite3")) as db, db:
        db.execute("UPDATE folder SET origin = ?", (origin,))


def without_days(text: str) -> Any:
    """A plan in JSON, but for what depends on today, and for keys that are newer than the plans."""
    document = json.loads(re.sub(r"expires in [0-9]+ days", "expires in some days", text))
    for key in ("tried_model", "fallbacks"):
        document.pop(key, None)
    for storyboard in document["storyboards"]:
        for key in (
            *("held_beside", "links", "skipped", "not_in_storyboard"),
            *("variant", "own_cards", "prices_as_of"),
        ):
            storyboard.pop(key, None)
        for action in (*storyboard["actions"], *storyboard["orphans"]):
            for key in ("cost_usd", "scene", "model", "fallbacks", "waits_for", "to_approve"):
                action.pop(key, None)
    return document


def planned(name: str) -> Any:
    return without_days((FIXTURES / "v2" / name).read_text("utf-8"))


@pytest.mark.parametrize("version", ["v1", "v2", "v3", "v4", "v5"])
def test_a_state_file_of_an_earlier_version_is_planned_as_before(
    program: Program, version: str
) -> None:
    put_state(version)
    if version != "v1":
        put_manifest()
    assert without_days(program("plan", "film.yaml", "--json").out) == planned("plan.json")


def test_a_manifest_of_the_version_before_is_planned_as_before_without_its_state_file(
    program: Program,
) -> None:
    put_manifest()
    output = program("plan", "film.yaml", "--json")
    assert without_days(output.out) == planned("plan-without-state.json")


def answer(request: Request, _: socket.socket) -> bytes:
    """Rejects every submission, so that nobody waits for its task; each task there was is done."""
    if request.method == "POST":
        return http_reply({"code": 400, "message": "no"}, status="400 Bad Request")
    if "/tasks/" not in request.target:
        return http_reply({"code": 404, "message": "not found"}, status="404 Not Found")
    resources = [{"type": "video", "url": "https://file.modellix.ai/videos/done.mp4"}]
    data = {
        "status": "success",
        "task_id": request.target.rpartition("/")[2],
        "result": {"resources": resources},
    }
    return http_reply({"code": 0, "data": data})


def prompts_sent_to(server: Server) -> list[str]:
    posts = [request for request in server.requests if request.method == "POST"]
    return sorted(json.loads(request.body)["prompt"] for request in posts)


@pytest.mark.parametrize(
    ("version", "has_manifest"),
    [("v1", False), ("v2", False), ("v2", True), ("v5", False), (None, True)],
)
def test_what_an_earlier_version_paid_for_is_not_sent_again(
    program: Program, version: str | None, has_manifest: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELLIX_API_KEY", "mdlx-marked-key-0123456789")
    with serving(answer) as server:
        if version is not None:
            put_state(version)
            move_state_to(server.origin)
        if has_manifest:
            put_manifest(server.origin)
        options = ("--yes", "--no-download", "--requests-per-minute", "100000", "--output", FOLDER)
        render = ("render", "film.yaml", *options, "--base-url", server.origin)
        program(*render)
        sent = prompts_sent_to(server)
        program(*render)
        assert prompts_sent_to(server) == sent

    assert sent == [
        "A cat waits for the boats",
        "First light behind the warehouses",
        "Lanterns along the quay",
        "The tide turns, seen from above",
    ]
    blocks = json.loads((FOLDER / "manifest.json").read_text("utf-8"))["takes"]
    statuses = {block["id"]: block["status"] for block in blocks}
    assert statuses["sending"] == statuses["unknown"] == "unknown"
    assert statuses["accepted"] == "rendered"
