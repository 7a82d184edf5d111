"""Real sockets: what was sent, what came back, and who is told."""

from __future__ import annotations

import gzip
import os
import select
import socket
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from storyboard.api.http.client import MAX_REPLY_BYTES, HttpClient, Timeouts
from storyboard.api.http.connections import (
    Exchange,
    WatchedAdapter,
    WatchedHTTPConnection,
    WatchedHTTPSConnection,
)
from storyboard.api.http.errors import describe_error, remedy_for
from storyboard.api.http.response import Answer
from storyboard.api.modellix.submissions import read_submission
from storyboard.api.redaction import Redaction
from tests.api.servers import Request, Script, http_reply, listening, reset, serving

QUICK = Timeouts(connect_s=0.3, post_s=0.3, get_s=0.3)


def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
    request.headers["Authorization"] = "Bearer the-key"
    return request


@pytest.fixture
def client() -> Iterator[HttpClient]:
    opened = HttpClient(sign, Timeouts(connect_s=5, post_s=5, get_s=5), redaction=Redaction())
    yield opened
    opened.close()


@pytest.fixture
def hasty() -> Iterator[HttpClient]:
    opened = HttpClient(sign, QUICK, redaction=Redaction())
    yield opened
    opened.close()


def post(client: HttpClient, origin: str) -> Answer:
    return client.post(f"{origin}/api/v1/x", b'{"prompt":"p"}', headers={})


def post_to(client: HttpClient, script: Script) -> tuple[Answer, list[Request]]:
    with serving(script) as server:
        answer = post(client, server.origin)
        client.close()
        return answer, server.requests


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def test_a_reply_comes_back_whole(client: HttpClient) -> None:
    reply = http_reply({"code": 0}, headers={"X-RateLimit-Limit": "100"})
    answer, (request,) = post_to(client, lambda *_: reply)

    assert (answer.status, answer.body, answer.problem) == (200, b'{"code": 0}', None)
    assert answer.headers["x-ratelimit-limit"] == "100"
    assert answer.was_sent
    assert (request.method, request.target, request.body) == (
        "POST",
        "/api/v1/x",
        b'{"prompt":"p"}',
    )
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"].startswith("storyboard/")
    assert request.headers["authorization"] == "Bearer the-key"


# Nothing was sent


def test_a_refused_connection_sent_nothing(client: HttpClient) -> None:
    answer = post(client, f"http://127.0.0.1:{free_port()}")

    assert (answer.status, answer.was_sent) == (None, False)
    assert answer.problem == "the connection was refused"


def test_a_name_that_is_not_found_sent_nothing(
    client: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    answer = post(client, "https://api.invalid")

    assert (answer.status, answer.was_sent) == (None, False)
    assert answer.problem == "the host name was not found"


def test_an_impossible_host_name_sent_nothing(client: HttpClient) -> None:
    answer = post(client, f"https://{'x' * 70}.example")

    assert (answer.was_sent, answer.problem) == (False, "the host name was not found")


def test_a_connect_timeout_sent_nothing(hasty: HttpClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(self: socket.socket, address: object) -> None:
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket.socket, "connect", connect)
    answer = post(hasty, "http://127.0.0.1:9")

    assert (answer.was_sent, answer.problem) == (False, "no connection was made in time")


def test_an_unreachable_network_sent_nothing(
    hasty: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect(self: socket.socket, address: object) -> None:
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(socket.socket, "connect", connect)
    answer = post(hasty, "http://127.0.0.1:9")

    assert (answer.was_sent, answer.problem) == (False, "Network is unreachable")


def test_tls_to_a_server_that_speaks_none_sent_nothing(client: HttpClient) -> None:
    def answer_plainly(conn: socket.socket) -> None:
        conn.recv(1000)
        conn.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with listening(answer_plainly) as server:
        answer = post(client, f"https://127.0.0.1:{server.port}")

    assert (answer.status, answer.was_sent) == (None, False)
    assert answer.problem == "no secure connection was made"


@pytest.mark.parametrize("hang_up", [socket.socket.close, reset])
def test_a_hang_up_during_the_tls_handshake_sent_nothing(
    client: HttpClient, hang_up: object
) -> None:
    def handle(conn: socket.socket) -> None:
        conn.recv(1000)
        hang_up(conn)  # type: ignore[operator]

    with listening(handle) as server:
        answer = post(client, f"https://127.0.0.1:{server.port}")

    assert (answer.status, answer.was_sent) == (None, False)


def test_a_silent_tls_handshake_sent_nothing(hasty: HttpClient) -> None:
    def handle(conn: socket.socket) -> None:
        while conn.recv(1000):
            pass

    with listening(handle) as server:
        answer = post(hasty, f"https://127.0.0.1:{server.port}")

    assert (answer.was_sent, answer.problem) == (False, "no connection was made in time")


def test_time_that_ran_out_before_the_tls_handshake_sent_nothing(
    client: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a busy machine, where loading the certificates takes longer than was allowed."""
    watch = Exchange.watch

    def watch_and_run_out(exchange: Exchange, sock: socket.socket) -> None:
        watch(exchange, sock)
        exchange.run_out()

    monkeypatch.setattr(Exchange, "watch", watch_and_run_out)
    received: list[bytes] = []
    with listening(lambda conn: received.append(conn.recv(1000))) as server:
        answer = post(client, f"https://127.0.0.1:{server.port}")

    assert (answer.was_sent, answer.problem) == (False, "no connection was made in time")
    assert b"".join(received) == b""


def test_a_missing_certificate_bundle_sent_nothing(
    client: HttpClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))

    answer = post(client, "https://127.0.0.1:9")

    assert (answer.status, answer.was_sent) == (None, False)
    assert answer.problem == "the certificate bundle set in the environment cannot be used"


def test_the_outcome_does_not_depend_on_an_error_handled_around_the_call(
    client: HttpClient,
) -> None:
    try:
        raise ConnectionRefusedError
    except ConnectionRefusedError:
        answer, _ = post_to(client, lambda *_: None)

    assert answer.was_sent


# Something was sent


@pytest.mark.parametrize("hang_up", [socket.socket.close, reset])
def test_a_hang_up_after_the_request_may_have_been_charged(
    client: HttpClient, hang_up: object
) -> None:
    def script(request: Request, conn: socket.socket) -> None:
        hang_up(conn)  # type: ignore[operator]

    answer, seen = post_to(client, script)

    assert (answer.status, answer.was_sent, len(seen)) == (None, True, 1)
    assert answer.problem == "the connection was closed without a reply"


def test_a_hang_up_before_the_request_is_read_counts_as_sent(client: HttpClient) -> None:
    def handle(conn: socket.socket) -> None:
        select.select([conn], [], [], 10)  # something has come, and nobody looks at it
        reset(conn)

    with listening(handle) as server:
        answer = post(client, server.origin)

    assert (answer.status, answer.was_sent, server.connections) == (None, True, 1)


def test_silence_after_the_request_may_have_been_charged(hasty: HttpClient) -> None:
    gate = threading.Event()

    def script(request: Request, conn: socket.socket) -> None:
        gate.wait(10)

    with serving(script) as server:
        answer = post(hasty, server.origin)
        gate.set()

    assert (answer.status, answer.was_sent) == (None, True)
    assert answer.problem in ("no reply came in time", "no complete reply came in time")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "garbage", [b"\x00\x01\x02\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/9.9 200\r\n\r\n"]
)
def test_garbage_for_an_answer_may_have_been_charged(client: HttpClient, garbage: bytes) -> None:
    def script(request: Request, conn: socket.socket) -> None:
        conn.sendall(garbage)

    answer, _ = post_to(client, script)

    assert (answer.status, answer.was_sent) == (None, True)


def test_too_many_headers_may_have_been_charged(client: HttpClient) -> None:
    headers = {f"X-{number}": "y" for number in range(200)}
    answer, _ = post_to(client, lambda *_: http_reply({}, headers=headers))

    assert (answer.status, answer.was_sent, answer.problem) == (
        None,
        True,
        "the reply was not HTTP",
    )


def test_a_body_cut_short_is_noticed(client: HttpClient) -> None:
    def script(request: Request, conn: socket.socket) -> None:
        conn.sendall(http_reply(b'{"code": 0', length=500))

    answer, _ = post_to(client, script)

    assert (answer.status, answer.body, answer.document) == (200, b'{"code": 0', None)
    assert (answer.problem or "").startswith("the reply was cut off")


@pytest.mark.parametrize(
    "chunks", [b"zzz\r\n", b"5\r\n{}", b"", b"-1\r\nx", b"7fffffffffffffff\r\n"]
)
def test_broken_chunks_are_noticed(client: HttpClient, chunks: bytes) -> None:
    def script(request: Request, conn: socket.socket) -> None:
        conn.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)

    answer, _ = post_to(client, script)

    assert (answer.status, answer.document) == (200, None)
    assert (answer.problem or "").startswith("the reply was cut off")


def test_whole_chunks_are_read(client: HttpClient) -> None:
    reply = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    answer, _ = post_to(client, lambda *_: reply)

    assert (answer.body, answer.problem) == (b"{}", None)


def test_a_reply_that_is_too_large_is_not_read_to_its_end(client: HttpClient) -> None:
    def script(request: Request, conn: socket.socket) -> None:
        conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
        while True:
            conn.sendall(b"x" * 65536)

    answer, _ = post_to(client, script)

    assert (answer.problem, len(answer.body)) == ("the reply is too large", MAX_REPLY_BYTES)


def test_a_packed_reply_is_unpacked_and_a_bomb_is_not(client: HttpClient) -> None:
    packed = {"Content-Encoding": "gzip"}
    answer, _ = post_to(
        client, lambda *_: http_reply(gzip.compress(b'{"code": 0}'), headers=packed)
    )
    bomb, _ = post_to(
        client, lambda *_: http_reply(gzip.compress(b" " * 50_000_000), headers=packed)
    )
    short, _ = post_to(
        client, lambda *_: http_reply(gzip.compress(b'{"code": 0}')[:-9], headers=packed)
    )

    assert (answer.body, answer.problem) == (b'{"code": 0}', None)
    assert (bomb.problem, len(bomb.body)) == ("the reply is too large", MAX_REPLY_BYTES)
    assert short.problem == "the reply was cut off"


@pytest.mark.parametrize(
    "encoding", ["UTF-8", "aws-chunked", "identity, identity", "none", "br", "gzip", "deflate", ""]
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress, zlib.compress])
def test_a_reply_is_read_by_what_it_is_whatever_its_encoding_is_called(
    client: HttpClient, encoding: str, pack: Callable[[bytes], bytes]
) -> None:
    body = b'{"code": 0, "data": {"task_id": "task-1"}}'
    reply = http_reply(pack(body), headers={"Content-Encoding": encoding})
    answer, _ = post_to(client, lambda *_: reply)

    assert (answer.body, answer.problem) == (body, None)
    assert read_submission(answer).task_id == "task-1"


@pytest.mark.parametrize(
    "drip",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nX-A: ", id="headers"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", id="body"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n", id="body without a length"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n", id="interim replies"),
    ],
)
def test_a_server_that_drips_is_cut_off_when_time_is_up(drip: bytes) -> None:
    hung_up = threading.Event()

    def script(request: Request, conn: socket.socket) -> None:
        conn.sendall(drip)
        try:
            for _ in range(250):
                hung_up.wait(0.02)
                conn.sendall(drip if b"Continue" in drip else b"x")
        except OSError:
            hung_up.set()

    # Time to connect does not count towards time to answer.
    client = HttpClient(sign, Timeouts(connect_s=60, post_s=0.3), redaction=Redaction())
    with serving(script) as server:
        answer = post(client, server.origin)
        assert hung_up.wait(5)
    client.close()

    assert answer.was_sent
    assert answer.document is None
    assert "no complete reply came in time" in (answer.problem or "")


# Once, to one place


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_an_answer_and_is_not_followed(client: HttpClient, status: str) -> None:
    answer, seen = post_to(
        client, lambda *_: http_reply(b"", status=status, headers={"Location": "/elsewhere"})
    )

    assert (answer.status, len(seen)) == (int(status[:3]), 1)


def test_a_redirect_with_an_endless_body_is_not_read(client: HttpClient) -> None:
    def script(request: Request, conn: socket.socket) -> None:
        conn.sendall(b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n")
        while True:
            conn.sendall(b"x" * 65536)

    answer, _ = post_to(client, script)

    assert (answer.status, answer.problem) == (302, "the reply is too large")


@pytest.mark.parametrize("status", ["503 Unavailable", "429 Slow", "500 Oh", "413 Large"])
def test_nothing_is_sent_again_whatever_the_answer_asks(client: HttpClient, status: str) -> None:
    answer, seen = post_to(
        client, lambda *_: http_reply({}, status=status, headers={"Retry-After": "0"})
    )

    assert (answer.status, len(seen)) == (int(status[:3]), 1)


def test_a_netrc_file_does_not_replace_the_key(
    client: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = Path(os.environ["HOME"]) / ".netrc"
    netrc.write_text("machine 127.0.0.1 login user password pass\ndefault login u password p\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))

    _, (request,) = post_to(client, lambda *_: http_reply({}))

    assert request.headers["authorization"] == "Bearer the-key"


def test_cookies_are_not_kept(client: HttpClient) -> None:
    with serving(lambda *_: http_reply({}, headers={"Set-Cookie": "a=b; Path=/"})) as server:
        post(client, server.origin)
        post(client, server.origin)
        client.close()

    assert all("cookie" not in request.headers for request in server.requests)


def test_a_proxy_from_the_environment_is_not_used_towards_this_machine(
    client: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")

    answer, seen = post_to(client, lambda *_: http_reply({}))

    assert (answer.status, len(seen)) == (200, 1)


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("NO_PROXY", "no_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.mark.parametrize(("status", "is_setting"), [(407, True), (403, True), (502, False)])
def test_a_proxy_that_refuses_the_tunnel_never_saw_the_request_or_the_key(
    client: HttpClient, proxied: pytest.MonkeyPatch, status: int, is_setting: bool
) -> None:
    seen: list[bytes] = []

    def proxy(conn: socket.socket) -> None:
        seen.append(conn.recv(65536))
        conn.sendall(f"HTTP/1.1 {status} No\r\n\r\n".encode())

    with listening(proxy) as server:
        proxied.setenv("HTTPS_PROXY", f"http://user:word@127.0.0.1:{server.port}")
        answer = post(client, "https://api.example")

    assert (answer.status, answer.was_sent) == (None, False)
    proxy_address = f"http://127.0.0.1:{server.port}"
    assert answer.problem == f"the proxy {proxy_address} refused to connect (HTTP {status})"
    assert answer.proxy == proxy_address
    assert (answer.remedy == "check the proxy that HTTPS_PROXY names") is is_setting
    assert seen[0].startswith(b"CONNECT api.example:443 ")
    assert b"the-key" not in b"".join(seen)


def test_a_proxy_that_is_not_there_sent_nothing(
    client: HttpClient, proxied: pytest.MonkeyPatch
) -> None:
    proxied.setenv("HTTPS_PROXY", proxy := f"http://127.0.0.1:{free_port()}")
    answer = post(client, "https://api.example")

    assert answer.was_sent is False
    assert answer.problem == f"the proxy {proxy}: the connection was refused"


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (b"", "the connection was closed without a reply"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "the reply was not HTTP"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "no secure connection was made"),
    ],
)
def test_a_proxy_that_drops_the_connection_or_is_none_is_named_and_was_sent_nothing(
    client: HttpClient, proxied: pytest.MonkeyPatch, reply: bytes, problem: str
) -> None:
    def proxy(conn: socket.socket) -> None:
        conn.recv(65536)
        conn.sendall(reply)
        conn.shutdown(socket.SHUT_WR)

    with listening(proxy) as server:
        proxied.setenv("HTTPS_PROXY", f"http://user:word@127.0.0.1:{server.port}")
        answer = post(client, "https://api.example")

    assert answer.was_sent is False
    assert answer.problem == f"the proxy http://127.0.0.1:{server.port}: {problem}"
    is_setting = "secure" not in problem
    assert (answer.remedy == "check the proxy that HTTPS_PROXY names") is is_setting


def test_a_connection_that_breaks_behind_a_proxy_names_it_and_may_have_been_sent() -> None:
    exchange = Exchange(total_s=1)
    exchange.proxy, exchange.may_have_been_sent = "http://proxy:8080", True
    error = requests.ConnectionError(ConnectionResetError())

    assert describe_error(error, exchange) == (
        "the connection was closed without a reply (through the proxy http://proxy:8080)"
    )
    assert remedy_for(error, "https://api.example", exchange) is None


def test_a_proxy_setting_that_makes_no_sense_sent_nothing(
    client: HttpClient, proxied: pytest.MonkeyPatch
) -> None:
    proxied.setenv("HTTPS_PROXY", "http://")
    answer = post(client, "https://api.example")

    assert (answer.was_sent, answer.problem) == (
        False,
        "the proxy set in the environment cannot be used",
    )


def test_every_connection_of_the_adapter_is_watched() -> None:
    adapter = WatchedAdapter()
    for manager in (adapter.poolmanager, adapter.proxy_manager_for("http://127.0.0.1:1")):
        plain = manager.connection_from_url("http://host")
        secure = manager.connection_from_url("https://host")
        assert issubclass(plain.ConnectionCls, WatchedHTTPConnection)
        assert issubclass(secure.ConnectionCls, WatchedHTTPSConnection)
    adapter.close()


def test_a_socks_proxy_is_sent_nothing(client: HttpClient, proxied: pytest.MonkeyPatch) -> None:
    """Its connections are of a kind of their own, and would not tell what was sent."""
    proxied.setenv("ALL_PROXY", "socks5h://127.0.0.1:1")
    answer = post(client, "https://api.example")

    assert (answer.was_sent, answer.problem) == (
        False,
        "the proxy set in the environment cannot be used",
    )


# Connections: each reply belongs to its request


def get(client: HttpClient, origin: str) -> Answer:
    return client.get(f"{origin}/api/v1/tasks/t")


def test_a_post_has_a_connection_of_its_own(client: HttpClient) -> None:
    with serving(lambda *_: http_reply({})) as server:
        for ask in (get, post, get, post):
            ask(client, server.origin)
        client.close()

    assert [request.connection for request in server.requests] == [1, 2, 1, 3]


def test_an_answer_that_strays_in_while_a_post_goes_out_is_not_taken_for_its_reply(
    client: HttpClient,
) -> None:
    """A kept connection is quiet just before the POST, and not any more just after it."""
    kept: list[socket.socket] = []

    def script(request: Request, conn: socket.socket) -> bytes:
        if request.method == "GET":
            kept.append(conn)
            return http_reply({"code": 0, "data": {"task_id": "of-another"}})
        kept[0].sendall(http_reply({"code": 0, "data": {"task_id": "of-another"}}))
        return http_reply({"code": 0, "data": {"task_id": "its-own"}})

    with serving(script) as server:
        get(client, server.origin)
        answer = post(client, server.origin)
        client.close()

    assert answer.document["data"]["task_id"] == "its-own"


@pytest.mark.parametrize("ask", [get, post])
@pytest.mark.parametrize(
    "interim",
    [
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 102 Processing\r\n\r\n" * 3,
        b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nContent-Length: 9\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 199 Whatever\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
def test_interim_answers_are_skipped(
    client: HttpClient, interim: bytes, ask: Callable[[HttpClient, str], Answer]
) -> None:
    final = http_reply({"code": 0})
    with serving(lambda *_: interim + final) as server:
        answer = ask(client, server.origin)
        client.close()

    assert (answer.status, answer.document, answer.problem) == (200, {"code": 0}, None)


def test_a_final_answer_that_comes_late_is_waited_for_and_read_by_nobody_else(
    client: HttpClient,
) -> None:
    may_follow, hung_up = threading.Event(), threading.Event()

    def script(request: Request, conn: socket.socket) -> bytes | None:
        if request.connection > 1:
            return http_reply({"code": 0, "data": {"task_id": "of-the-second"}})
        conn.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n")
        may_follow.wait(10)
        return http_reply({"code": 0, "data": {"task_id": "of-the-first"}})

    with serving(script) as server:
        answers: list[Answer] = []
        first = threading.Thread(target=lambda: answers.append(post(client, server.origin)))
        first.start()
        while not server.requests:
            hung_up.wait(0.001)
        second = post(client, server.origin)
        may_follow.set()
        first.join(10)

    assert second.document["data"]["task_id"] == "of-the-second"
    assert answers[0].document["data"]["task_id"] == "of-the-first"


def test_only_interim_answers_and_then_nothing_may_have_been_charged(hasty: HttpClient) -> None:
    def script(request: Request, conn: socket.socket) -> bytes:
        conn.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n")
        conn.recv(1)
        return b""

    with serving(script) as server:
        answer = post(hasty, server.origin)

    assert (answer.status, answer.was_sent) == (None, True)


def test_another_protocol_that_nobody_asked_for_is_no_answer(client: HttpClient) -> None:
    answer, _ = post_to(client, lambda *_: b"HTTP/1.1 101 Switching Protocols\r\n\r\n")

    assert (answer.status, answer.document, answer.was_sent) == (101, None, True)


@pytest.mark.parametrize("greeting", [http_reply({"code": 0}), b"\0", b""])
def test_nothing_is_sent_to_a_server_that_answers_before_it_is_asked(
    client: HttpClient, monkeypatch: pytest.MonkeyPatch, greeting: bytes
) -> None:
    received: list[bytes] = []

    def handle(conn: socket.socket) -> None:
        conn.sendall(greeting)
        conn.shutdown(socket.SHUT_WR)
        received.append(conn.recv(1000))

    connect = WatchedHTTPConnection.connect

    def connect_and_wait(self: WatchedHTTPConnection) -> None:
        connect(self)
        select.select([self.sock], [], [], 10)

    monkeypatch.setattr(WatchedHTTPConnection, "connect", connect_and_wait)
    with listening(handle) as server:
        answer = post(client, server.origin)
        client.close()

    assert (answer.status, answer.was_sent) == (None, False)
    assert answer.problem == "the server answered, or hung up, before the request was sent"
    assert b"".join(received) == b""


_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(http_reply(b"x" * (MAX_REPLY_BYTES + 2)), id="too large"),
        pytest.param(b"this is not HTTP\r\n\r\n", id="not HTTP"),
        pytest.param(b"HTTP/1.1 101 Switching Protocols\r\n\r\n", id="another protocol"),
        pytest.param(http_reply({}) + http_reply({"code": 0}), id="two replies"),
        pytest.param(http_reply({}) + b"\n", id="a byte too many"),
        pytest.param(_CHUNKED + b"\r\n0\r\n\r\n" + http_reply({}), id="chunks and a reply"),
        pytest.param(_CHUNKED + b"Content-Length: 5\r\n\r\n0\r\n\r\n", id="two lengths"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: gzip, chunked\r\n\r\n{}",
            id="an unknown transfer",
        ),
        pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n", id="no length"),
        pytest.param(b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n{}", id="204 with one"),
    ],
)
def test_a_connection_whose_exchange_was_not_exact_and_ordinary_is_not_used_again(
    client: HttpClient, reply: bytes
) -> None:
    with serving(lambda request, _: reply if request.connection == 1 else http_reply({})) as server:
        get(client, server.origin)
        second = get(client, server.origin)
        client.close()

    assert (second.body, second.problem) == (b"{}", None)
    assert [request.connection for request in server.requests] == [1, 2]


def test_a_connection_whose_reply_was_cut_off_is_not_used_again(hasty: HttpClient) -> None:
    cut_off = http_reply({"code": 0}, length=999)
    with serving(
        lambda request, _: cut_off if request.connection == 1 else http_reply({})
    ) as server:
        first = get(hasty, server.origin)
        second = get(hasty, server.origin)
        hasty.close()

    assert first.problem is not None
    assert (second.body, second.problem) == (b"{}", None)


@pytest.mark.parametrize("late", [http_reply({"code": 0}), b"\0"])
def test_what_comes_after_a_reply_is_not_read_by_the_next_request(
    client: HttpClient, late: bytes
) -> None:
    may_follow, has_followed = threading.Event(), threading.Event()

    def script(request: Request, conn: socket.socket) -> bytes:
        if request.connection > 1:
            return http_reply({"second": True})
        conn.sendall(http_reply({"first": True}))
        may_follow.wait(10)
        conn.sendall(late)
        has_followed.set()
        return b""

    with serving(script) as server:
        first = get(client, server.origin)
        may_follow.set()
        assert has_followed.wait(10)
        second = get(client, server.origin)
        client.close()

    assert (first.document, second.document) == ({"first": True}, {"second": True})


def test_threads_do_not_share_connections(client: HttpClient) -> None:
    both_inside = threading.Barrier(2, timeout=10)

    def script(request: Request, conn: socket.socket) -> bytes:
        both_inside.wait()
        return http_reply({})

    with serving(script) as server:
        threads = [threading.Thread(target=post, args=(client, server.origin)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        client.close()

    assert server.connections == 2
    assert len(server.requests) == 2
