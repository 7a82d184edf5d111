"""Clients that are killed while they speak, or speak no HTTP: no bug of the sandbox."""

from __future__ import annotations

import queue
import socket
from urllib.parse import urlsplit

import pytest

from storyboard.sandbox.ledger import Request
from storyboard.sandbox.server import SandboxServer
from tests.api.servers import reset

HALF_A_POST = (
    b"POST /api/v1/alibaba/wan2.7-t2v HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Length: 99\r\n\r\n{"
)


def test_a_client_that_is_killed_in_the_middle_of_its_request_is_no_bug(
    caplog: pytest.LogCaptureFixture,
) -> None:
    dealt_with: queue.SimpleQueue[Request] = queue.SimpleQueue()
    with SandboxServer(on_request=dealt_with.put) as server:
        port = urlsplit(server.base_url).port or 0
        client = socket.create_connection(("127.0.0.1", port))
        client.sendall(HALF_A_POST % port)
        while not server.ledger.posts:  # until the handler waits for the rest
            pass
        reset(client)
        request = dealt_with.get(timeout=10)
    assert (request.status, request.note) == (0, "the client went away")
    assert not caplog.records
    assert server.ledger.submissions == ()


def test_what_is_no_http_is_answered_400_without_a_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with SandboxServer() as server:
        port = urlsplit(server.base_url).port or 0
        with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
            assert b" 400 " in client.recv(1000)
    assert not caplog.records
