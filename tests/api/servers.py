"""Small servers on loopback for the tests of the wire: a script answers each request."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Request:
    """One request as it came in. Names of headers are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int  # counts the server's connections from 1


@dataclass
class Server:
    """What the tests see of a running server."""

    port: int
    requests: list[Request] = field(default_factory=list)
    connections: int = 0

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"


Script = Callable[[Request, socket.socket], bytes | None]
"""Returns the bytes of the reply, or None to hang up. It may also use the socket itself."""


def http_reply(
    body: bytes | str | dict[str, object] = b"",
    *,
    status: str = "200 OK",
    headers: dict[str, str] | None = None,
    length: int | None = None,
) -> bytes:
    """A reply with a Content-Length, which can be made to lie."""
    if isinstance(body, dict):
        body = json.dumps(body)
    if isinstance(body, str):
        body = body.encode()
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def reset(conn: socket.socket) -> None:
    """Close so that the peer sees a reset, not an end."""
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    conn.close()


@contextlib.contextmanager
def listening(handle: Callable[[socket.socket], None]) -> Iterator[Server]:
    """A server that gives each raw connection to `handle`, in a thread, and closes it after."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(listener.getsockname()[1])
    open_ones: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def run(conn: socket.socket) -> None:
        with conn, contextlib.suppress(OSError):
            handle(conn)

    def accept() -> None:
        while True:
            try:
                conn, _ = listener.accept()
            except OSError:
                return
            server.connections += 1
            open_ones.append(conn)
            thread = threading.Thread(target=run, args=(conn,), daemon=True)
            threads.append(thread)
            thread.start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield server
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join(5)
        for conn in open_ones:
            with contextlib.suppress(OSError):
                conn.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(5)


@contextlib.contextmanager
def serving(script: Script, *, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A server that reads whole requests, keeps connections alive and answers by `script`."""
    holder: list[Server] = []

    def handle(raw: socket.socket) -> None:
        server = holder[0]
        number = server.connections
        conn = tls.wrap_socket(raw, server_side=True) if tls else raw
        with conn, conn.makefile("rb") as stream:
            while True:
                request = _read_request(stream, number)
                if request is None:
                    return
                server.requests.append(request)
                reply = script(request, conn)
                if reply is None:
                    return
                conn.sendall(reply)

    with listening(handle) as server:
        holder.append(server)
        yield server


def _read_request(stream: object, number: int) -> Request | None:
    line = stream.readline().decode().split()  # type: ignore[attr-defined]
    if len(line) < 2:
        return None
    headers: dict[str, str] = {}
    while (header := stream.readline().decode().strip()) != "":  # type: ignore[attr-defined]
        name, _, value = header.partition(":")
        headers[name.lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", "0")))  # type: ignore[attr-defined]
    return Request(line[0], line[1], headers, body, number)
