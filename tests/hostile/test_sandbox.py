"""A web page, another program of this machine, or a folder out of an archive meets the sandbox."""

from __future__ import annotations

import io
import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.commands.sandbox import _say_request
from storyboard.errors import StateError
from storyboard.sandbox.ledger import Request
from storyboard.sandbox.server import SandboxServer
from storyboard.sandbox.settings import ClipSize, SandboxSettings
from storyboard.sandbox.tasks import task_from_json
from tests.hostile.fuzzing import hostile_examples
from tests.sandbox.conftest import MODEL

KEY = {"Authorization": "Bearer sandbox"}
QUICK = SandboxSettings(render_time_s=0.0, clip_size=ClipSize.SMALL)
ROUTES = ("/", "/api/v1/models", "/api/v1/tasks/x", "/files/x.mp4", "/sandbox/ledger", "/nowhere")

needs_links = pytest.mark.skipif(sys.platform == "win32", reason="Windows asks for a privilege")


@contextmanager
def serving(folder: Path | None = None) -> Iterator[tuple[SandboxServer, int]]:
    with SandboxServer(folder, QUICK) as server:
        yield server, int(server.base_url.rpartition(":")[2])


def exchange(port: int, head: str, body: bytes = b"") -> tuple[int, dict[str, Any]]:
    """Status and JSON of the answer to a request that is sent as it stands."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode("latin-1") + b"\r\n\r\n" + body)
        response = HTTPResponse(connection)
        response.begin()
        data = response.read()
    assert response.getheader("Content-Type", "").startswith("application/json"), data
    return response.status, json.loads(data)


def submit(server: SandboxServer, body: bytes, **headers: str) -> requests.Response:
    return requests.post(
        f"{server.base_url}/api/v1/{MODEL}",
        data=body,
        headers={"Content-Type": "application/json"} | KEY | headers,
        timeout=20,
    )


# Who may ask


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1",
        "127.0.0.1:1",
        "127.0.0.1:{port}.evil.example",
        "127.0.0.1@evil.example:{port}",
        "localhost.evil.example:{port}",
        "128.0.0.1:{port}",
        "0.0.0.0:{port}",
        "127.1:{port}",
        "2130706433:{port}",
        "[::1",
        "[::2]:{port}",
        "localhost:{port}/",
        "localhost:0{port}",
        "",
    ],
)
def test_a_name_that_was_rebound_to_loopback_is_refused_on_every_route(
    port: int, path: str, host: str
) -> None:
    head = f"GET {path} HTTP/1.1\nHost: {host.format(port=port)}"
    status, reply = exchange(port, head)
    assert (status, reply["code"]) == (403, 403)
    assert reply["message"].startswith("Forbidden: the sandbox answers to its own address alone")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving() as (_, port):
        yield port


@pytest.mark.parametrize(
    "head", ["GET / HTTP/1.0", "GET / HTTP/1.1\nHost: 127.0.0.1:{port}\nHost: evil.example:{port}"]
)
def test_a_host_that_is_missing_or_given_twice_is_refused(port: int, head: str) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        text = head.format(port=port).replace("\n", "\r\n") + "\r\n\r\n"
        connection.sendall(text.encode())
        assert connection.recv(100).split()[1] in (b"400", b"403")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "LocalHost", "[::1]"])
def test_its_own_address_is_answered_under_every_name(port: int, host: str) -> None:
    head = f"GET /sandbox/ledger HTTP/1.1\nHost: {host}:{port}\nOrigin: http://{host}:{port}"
    assert exchange(port, head)[0] == 200


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "https://127.0.0.1:{port}",
        "http://127.0.0.1:1",
        "http://127.0.0.1:{port}.evil.example",
        "http://localhost",
        "null",
        "file://",
        "",
    ],
)
def test_a_web_page_of_another_origin_is_refused(port: int, path: str, origin: str) -> None:
    origin = origin.format(port=port)
    head = f"GET {path} HTTP/1.1\nHost: 127.0.0.1:{port}\nOrigin: {origin}"
    status, reply = exchange(port, head)
    assert (status, reply["message"]) == (403, "Forbidden: the sandbox answers to no web page")


def test_the_address_is_looked_at_before_the_key_and_before_anything_is_counted() -> None:
    with serving() as (server, port):
        head = f"POST /api/v1/{MODEL} HTTP/1.1\nHost: evil.example:{port}\nContent-Length: 2"
        assert exchange(port, head, b"{}")[0] == 403
        assert server.ledger.data == {"accepted": 0, "most_in_flight": 0}


@pytest.mark.parametrize("key", ["not-the-key", "sandbox2", "Sandbox", "s", "sandbox\xff"])
def test_a_wrong_key_is_answered_as_the_api_does(port: int, key: str) -> None:
    head = f" HTTP/1.1\nHost: 127.0.0.1:{port}\nAuthorization: Bearer {key}"
    for path in ("/api/v1/models", "/api/v1/team/balance", "/api/v1/logs", "/api/v1/tasks/x"):
        refusal = {"code": 401, "message": "Authentication failed: no valid API key"}
        assert exchange(port, f"GET {path}{head}") == (401, refusal)
    valid = {"code": 0, "message": "success", "data": {"is_valid": False}}
    assert exchange(port, f"GET /api/v1/apikey/validate{head}") == (200, valid)


def test_a_key_of_its_own_guards_what_sets_faults_and_reads_the_counts_too() -> None:
    right = {"Authorization": "Bearer a-key-of-its-own"}
    with SandboxServer(settings=QUICK, api_key="a-key-of-its-own") as server:
        for headers, status in ((KEY, 401), ({}, 401), (right, 200)):
            url = f"{server.base_url}/sandbox"
            replies = [
                requests.get(f"{url}/ledger", headers=headers, timeout=9),
                requests.get(f"{url}/faults", headers=headers, timeout=9),
                requests.post(f"{url}/faults", headers=headers, json={"slow": 1}, timeout=9),
            ]
            assert [reply.status_code for reply in replies] == [status] * 3
            assert server.faults.slow == (status == 200)
        assert requests.get(server.base_url, timeout=9).status_code == 200


def test_with_the_usual_key_faults_are_set_without_one_as_documented() -> None:
    with serving() as (server, _):
        reply = requests.post(f"{server.base_url}/sandbox/faults", json={"slow": 0.5}, timeout=9)
        assert reply.status_code == 200
        assert server.faults.slow == 0.5
        assert requests.get(f"{server.base_url}/sandbox/ledger", timeout=9).status_code == 200


def test_no_more_connections_are_open_than_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storyboard.sandbox.server.MAX_CONNECTIONS", 3)
    with serving() as (_, port):
        request = f"GET /sandbox/ledger HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()

        def connect() -> tuple[socket.socket, bytes]:
            connection = socket.create_connection(("127.0.0.1", port), timeout=10)
            try:
                connection.sendall(request)
                return connection, connection.recv(8)
            except ConnectionError:
                return connection, b""

        opened = [connect() for _ in range(4)]
        assert [answer for _, answer in opened] == [b"HTTP/1.1"] * 3 + [b""]
        for connection, _ in opened:
            connection.close()
        while not (again := connect())[1]:  # until the server sees that they are closed
            again[0].close()
        again[0].close()


# What comes in


def nested(levels: int) -> bytes:
    return b'{"prompt": ' + b"[" * levels + b"]" * levels + b"}"


@pytest.mark.parametrize(
    "body",
    [
        nested(100),
        nested(900),
        nested(50_000),
        b'{"prompt":' * 800 + b"1" + b"}" * 800,
        b'{"prompt": "x", "seed": 1e999}',
        b'{"prompt": "x", "seed": -1e999}',
        b'{"prompt": "x", "seed": ' + b"9" * 5000 + b"}",
        b'{"prompt": "x", "seed": Infinity}',
    ],
)
def test_a_bomb_of_json_is_refused_as_bad_json(body: bytes) -> None:
    with serving() as (server, _):
        reply = submit(server, body)
        assert reply.json() == {"code": 400, "message": "Invalid format: invalid JSON format"}
        faults = requests.post(f"{server.base_url}/sandbox/faults", json=None, data=body, timeout=9)
        assert faults.status_code in (400, 415)


def test_a_packed_body_is_not_unpacked() -> None:
    import gzip

    with serving() as (server, _):
        bomb = gzip.compress(b'{"prompt": "' + b" " * 50_000_000 + b'"}')
        assert submit(server, bomb, **{"Content-Encoding": "gzip"}).status_code == 400


def test_a_body_that_never_ends_is_cut_at_its_bound() -> None:
    with serving() as (_server, port):
        head = (
            f"POST /api/v1/{MODEL} HTTP/1.1\nHost: 127.0.0.1:{port}\nTransfer-Encoding: chunked\n"
            f"Authorization: Bearer sandbox\nContent-Type: application/json"
        )
        chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
        assert exchange(port, head, chunk * 2) == (
            413,
            {"code": 413, "message": "Request too large: the body has too many bytes"},
        )


def test_a_body_that_does_not_come_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storyboard.sandbox.context.MAX_BODY_WAIT_S", 0.05)
    with serving() as (_, port):
        head = (
            f"POST /api/v1/{MODEL} HTTP/1.1\nHost: 127.0.0.1:{port}\nContent-Length: 9\n"
            f"Authorization: Bearer sandbox\nContent-Type: application/json"
        )
        assert exchange(port, head, b"{")[0] == 408


# What is printed


@pytest.mark.parametrize(
    "text", ["\x1b]52;c;ZXZpbA==\x07", "\r\n::error::x", "\x9b2J", "\u202egpj.exe", "\ud800", "\0"]
)
def test_nothing_in_the_request_log_acts_on_a_terminal(text: str) -> None:
    log = io.StringIO()
    with redirect_stderr(log):
        _say_request(Request(0.0, f"GE{text}T", f"/{text}", 404, f"none: {text}"))
    (line,) = log.getvalue().splitlines()
    assert all(character.isprintable() for character in line)
    assert line.count("\\") >= 3


def test_a_request_that_is_none_writes_nothing_raw_to_the_log(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with serving() as (_, port):
        for line in (
            b"GET /\x1b[2J HTTP/1.1\r\n\r\n",
            b"\x1b]0;x\x07\r\n\r\n",
            b"G\x9bT / X\r\n\r\n",
        ):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
                connection.sendall(line)
                connection.recv(1000)
    output = capfd.readouterr()
    assert not {"\x1b", "\x07", "\x9b"} & set(output.out + output.err)


# What lies in its folder


def hold(folder: Path, name: str, kind: str, target: Path) -> Path:
    """A link, a FIFO or a folder where the sandbox keeps a file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    if kind == "link":
        path.symlink_to(target)
    elif kind == "dangling":
        path.symlink_to(target.with_name("made-by-a-link"))
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        path.mkdir()
    return path


@needs_links
@pytest.mark.parametrize("kind", ["link", "dangling", "device", "fifo", "folder"])
def test_a_journal_that_is_no_plain_file_is_refused_by_name(tmp_path: Path, kind: str) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    path = hold(tmp_path / ".sandbox", "tasks.jsonl", kind, victim)
    with pytest.raises(StateError, match="is not a regular file") as refused:
        SandboxServer(tmp_path / ".sandbox").__enter__()
    assert str(path) in str(refused.value)
    assert refused.value.next_step
    assert victim.read_text() == "precious"
    assert not (tmp_path / "made-by-a-link").exists()


@needs_links
@pytest.mark.parametrize("name", [".sandbox", ".sandbox/clips"])
def test_a_folder_that_is_a_link_is_refused_by_name(tmp_path: Path, name: str) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).symlink_to(victim, target_is_directory=True)
    with pytest.raises(StateError, match="is a link") as refused:
        SandboxServer(tmp_path / ".sandbox").__enter__()
    assert str(tmp_path / name) in str(refused.value)
    assert list(victim.iterdir()) == []


@needs_links
@pytest.mark.parametrize("kind", ["link", "dangling", "device", "fifo"])
def test_a_port_note_that_is_no_plain_file_is_replaced(tmp_path: Path, kind: str) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    note = hold(tmp_path / ".sandbox", "port", kind, victim)
    with serving(tmp_path / ".sandbox") as (_, port):
        assert note.read_text() == f"{port}\n"
        assert not note.is_symlink()
    assert victim.read_text() == "precious"
    assert not (tmp_path / "made-by-a-link").exists()


@needs_links
@pytest.mark.parametrize("kind", ["link", "device", "fifo", "folder"])
def test_a_clip_that_is_no_plain_file_is_never_sent(tmp_path: Path, kind: str) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    folder = tmp_path / ".sandbox"
    with serving(folder) as (server, _):
        submit(server, b'{"prompt": "a fox", "duration": 2}')
        url = f"{server.base_url}/files/{server.ledger.submissions[0].file}"
        requests.get(url, timeout=20)
        (clip,) = (folder / "clips").iterdir()
        clip.unlink()
        hold(clip.parent, clip.name, kind, victim)
        reply = requests.get(url, timeout=20)
    assert victim.read_text() == "precious"
    assert reply.content[4:8] == b"ftyp" if kind != "folder" else reply.status_code == 500


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_the_journal_and_its_folder_are_the_users_alone(tmp_path: Path) -> None:
    with serving(tmp_path / "made" / ".sandbox"):
        pass
    assert (tmp_path / "made" / ".sandbox").stat().st_mode & 0o077 == 0
    assert (tmp_path / "made" / ".sandbox" / "tasks.jsonl").stat().st_mode & 0o077 == 0


# What its journal says

SOUND: dict[str, Any] = {
    "id": f"sandbox-{'0' * 24}",
    "file": f"{'A' * 32}.mp4",
    "model": MODEL,
    "payload": {"prompt": "a fox", "duration": 2},
    "accepted_at": 1_700_000_000.0,
    "starts_at": 1_700_000_001.0,
    "ends_at": 1_700_000_002.0,
    "retention_s": 86400,
    "fate": "succeeds",
    "cost_usd": 0.2,
    "resolution": "1080P",
    "ratio": "16:9",
    "width_px": 640,
    "height_px": 360,
    "duration_s": 2,
    "fps": 12,
    "user_id": None,
}
DEEP: Any = 1
for _ in range(100):
    DEEP = [DEEP]

HOSTILE_VALUES: tuple[tuple[str, Any], ...] = (
    ("id", "../../etc"),
    ("id", "sandbox-\u001b[2J"),
    ("id", ["x"]),
    ("file", "../x.mp4"),
    ("file", "x"),
    ("model", "x" * 1000),
    ("model", "no/such\nmodel"),
    ("payload", []),
    ("payload", {"prompt": DEEP}),
    ("payload", {"prompt": float("inf")}),
    ("accepted_at", True),
    ("accepted_at", 10**400),
    ("accepted_at", -1.0),
    ("accepted_at", 1e300),
    ("ends_at", 1.0),
    ("ends_at", float("nan")),
    ("retention_s", -1),
    ("retention_s", "1"),
    ("cost_usd", -5),
    ("cost_usd", 1e300),
    ("fate", "wins"),
    ("fate", {}),
    ("resolution", "x" * 10_000),
    ("ratio", 3),
    ("width_px", 100_000),
    ("width_px", True),
    ("height_px", 3),
    ("height_px", 0),
    ("duration_s", 5_000),
    ("fps", 9_000),
    ("user_id", 7),
    ("user_id", "\u202e" * 10),
    ("extra", 1),
)


@pytest.mark.parametrize(("name", "value"), HOSTILE_VALUES)
def test_a_hostile_value_in_the_journal_is_refused_in_a_sentence(
    tmp_path: Path, name: str, value: Any
) -> None:
    lines = [json.dumps(SOUND), json.dumps(SOUND | {name: value})]
    (tmp_path / "tasks.jsonl").write_text("\n".join(lines) + "\n")
    with pytest.raises(StateError, match=r"tasks\.jsonl:2: not a task of the sandbox"):
        SandboxServer(tmp_path).__enter__()


def test_a_sound_line_is_taken(tmp_path: Path) -> None:
    (tmp_path / "tasks.jsonl").write_text(json.dumps(SOUND) + "\n")
    with serving(tmp_path) as (server, _):
        url = f"{server.base_url}/files/{SOUND['file']}"
        assert requests.get(url, timeout=20).status_code == 404  # its time is over


@pytest.mark.parametrize(
    "line", [b"\xff\xfe", b"[" * 100_000, b"9" * 5000, b"null", b'"x"', b"[]", b"{}", b"\x00" * 100]
)
def test_a_damaged_line_is_refused_in_a_sentence(tmp_path: Path, line: bytes) -> None:
    (tmp_path / "tasks.jsonl").write_bytes(line + b"\n")
    with pytest.raises(StateError, match=r"tasks\.jsonl:1: not a task of the sandbox"):
        SandboxServer(tmp_path).__enter__()


def test_a_journal_of_absurd_size_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "tasks.jsonl").open("wb") as file:
        file.truncate(1 << 40)  # sparse: it takes no room on the disk
    with pytest.raises(StateError, match=r"tasks\.jsonl has .* bytes"):
        SandboxServer(tmp_path).__enter__()


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)


@settings(max_examples=hostile_examples(150), deadline=None)
@given(changes=st.dictionaries(st.sampled_from(sorted(SOUND)), JSON_VALUES, max_size=3))
def test_whatever_a_line_says_it_is_a_task_or_refused(changes: dict[str, Any]) -> None:
    try:
        task = task_from_json(SOUND | changes)
    except ValueError:
        return
    for now in (0.0, task.accepted_at, task.ends_at, 2.0**40):
        task.status(now)
        task.charge_usd(now)
        round(task.expires_at * 1000)
