"""The key goes to the API's own origin, and nowhere else: no file, no output, no other host."""

from __future__ import annotations

import base64
import json
import os
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from PIL import Image

from storyboard.cli import run
from storyboard.sandbox.clips.encode import write_clip
from tests.api.servers import Request, Server, http_reply, serving
from tests.chaos.program import QuickClock
from tests.hostile.key_echo import (
    ACCOUNT,
    DOUBTS,
    LATE,
    ODD_REPLIES,
    REJECTIONS,
    TASKS,
    HostileApi,
    spellings_of,
)
from tests.once import measure_once

PASSWORD = "password-of-the-netrc-file"

KEYS = ["mdlx-marked-key-0123456789", 'mdlx/marked+key="&<0123\\456789%']


@dataclass(frozen=True)
class World:
    """The hosts there are, and the project folder."""

    key: str
    api: Server
    elsewhere: Server
    trap: Server
    folder: Path


def make_video(folder: Path) -> bytes:
    path = folder / "model.mp4"
    frames = [Image.new("RGB", (160, 90), (tone, 40, 90)) for tone in range(0, 240, 10)]
    write_clip(path, frames, fps=12, size_px=(160, 90))
    return path.read_bytes()


@pytest.fixture(params=KEYS, ids=["plain key", "odd key"])
def world(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    key: str = request.param
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(tls)
    video = make_video(tmp_path)
    hostile = HostileApi(key, video)
    with (
        serving(lambda request, conn: http_reply(video)) as trap,
        serving(hostile.video_elsewhere, tls=tls) as elsewhere,
        serving(hostile) as api,
    ):
        hostile.elsewhere = f"https://localhost:{elsewhere.port}"
        hostile.trap = trap.origin
        for host in ("localhost", "127.0.0.1"):
            with (Path(os.environ["HOME"]) / ".netrc").open("a") as file:
                file.write(f"machine {host} login someone password {PASSWORD}\n")
        folder = tmp_path / "project"
        folder.mkdir()
        monkeypatch.chdir(folder)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "authority.pem"))
        monkeypatch.setenv("MODELLIX_API_KEY", key)
        monkeypatch.setattr("storyboard.project.default_folder.DEFAULT_BASE_URL", api.origin)
        monkeypatch.setenv("MODELLIX_BASE_URL", api.origin)
        monkeypatch.setattr("storyboard.project.run.SystemClock", QuickClock)
        monkeypatch.setattr("storyboard.videos.measure.ask_child", measure_once)
        monkeypatch.setattr("storyboard.recovery.lookup._wait", lambda seconds: None)
        # A link that never comes is waited for no longer than what else takes its time here.
        monkeypatch.setattr("storyboard.engine.tasks._MAX_WITHOUT_LINK_S", 60.0)
        yield World(key, api, elsewhere, trap, folder)


def write_film() -> None:
    """A shot for each way to say the key back; a good answer after every third keeps it going."""
    bad = [*REJECTIONS, *DOUBTS, *ODD_REPLIES, *TASKS]
    names = []
    for number, name in enumerate(bad):
        names += [name] if number % 3 else [f"good-{number}", name]
    names += [*LATE, *ACCOUNT]
    shots = [{"id": f"s-{name}", "prompt": name, "duration": 2} for name in names]
    film = {"version": 1, "model": "alibaba/wan2.7-t2v", "shots": shots}
    Path("film.yaml").write_text(json.dumps(film), "utf-8")


def use_every_command() -> None:
    """The film rendered until nothing more comes of it, and all commands that look at it."""
    write_film()
    render = ["render", "film.yaml", "--yes", "--concurrency", "1", "--allow-private-network"]
    late = [option for name in (*LATE, *ACCOUNT) for option in ("--except", f"s-{name}")]
    run([*render, *late])
    for name in (*ACCOUNT, *LATE):
        run([*render, "--verbose", "--json", "--timeout", "50s", "--only", f"s-{name}"])
    run([*render, *late, "--verbose", "--timeout", "30s"])
    for command in ("plan", "status", "show"):
        run([command, "film.yaml"])
        run([command, "film.yaml", "--json"])
    run(["reconcile", "film.yaml"])
    run(["reconcile", "film.yaml", "--json"])
    run(["resolve", "film.yaml", "s-500", "--task-id", "task-poll-404"])
    run(["resolve", "film.yaml", "s-503", "--task-id", "task-poll-401"])
    run(["resolve", "film.yaml", "s-408", "--task-id", "task-failed"])
    run(["resolve", "film.yaml", "s-409", "--resubmit"])
    run(["doctor"])
    run(["doctor", "--json"])


def test_a_key_that_is_said_back_in_every_field_is_in_no_file_no_output_and_at_no_other_host(
    world: World, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    use_every_command()
    out, err = capfd.readouterr()
    assert "Traceback" not in err
    check_that_it_got_far(out + err)
    check_texts(world, {"stdout": out, "stderr": err, "logging": caplog.text})
    check_requests(world)


def check_that_it_got_far(said: str) -> None:
    """Where nothing was said back, there would be nothing to hide."""
    manifest = json.loads(Path("renders/film/manifest.json").read_text("utf-8"))
    statuses = {take["id"]: take["status"] for take in manifest["takes"]}
    assert statuses["s-video"] == statuses["s-odd-word"] == statuses["s-429"] == "rendered"
    assert statuses["s-failed"] == "failed"
    assert statuses["s-url-with-key"] == statuses["s-url-of-key-host"] == "rendered"
    assert statuses["s-500"] == "unknown"
    assert statuses["s-video-odd-type"] == "rendered"
    assert "because ***" in said
    assert "task task-stray" in said
    assert "it sent 'text/***'" in said


def check_texts(world: World, texts: dict[str, str]) -> None:
    """Neither in the `texts`, by where they stand, nor in a file of the project."""
    files = [path for path in world.folder.rglob("*") if path.is_file()]
    assert {"manifest.json", "index.html", "state.sqlite3"} <= {path.name for path in files}
    contents = {str(path): path.read_bytes().decode("utf-8", "replace") for path in files}
    for where, text in {**texts, **contents}.items():
        for secret in (*spellings_of(world.key), PASSWORD):
            assert secret not in text, f"{where}: {around(text, secret)}"


def around(text: str, secret: str) -> str:
    at = text.index(secret)
    return text[max(0, at - 200) : at + 100]


def check_requests(world: World) -> None:
    """The key goes to the API alone, as we set it, whatever the .netrc file says."""
    for request in world.api.requests:
        is_api = request.target.startswith("/api/")
        wanted = f"Bearer {world.key}" if is_api else None
        assert request.headers.get("authorization") == wanted, request.target
        assert "cookie" not in request.headers
    assert world.elsewhere.requests
    for request in world.elsewhere.requests:
        check_knows_nothing(request, world.key)
    assert world.trap.connections == 0


def check_knows_nothing(request: Request, key: str) -> None:
    assert request.method == "GET"
    assert "authorization" not in request.headers
    assert "cookie" not in request.headers
    login = base64.b64encode(f"someone:{PASSWORD}".encode()).decode()
    said = json.dumps([request.target, request.headers]) + request.body.decode()
    for secret in (*spellings_of(key), PASSWORD, login):
        assert secret not in said
