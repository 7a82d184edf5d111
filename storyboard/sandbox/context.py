"""What the HTTP handlers share: the running sandbox, and helpers for requests and replies."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from aiohttp import web

from storyboard.sandbox.clips.clips import Clips
from storyboard.sandbox.journal import Journal
from storyboard.sandbox.ledger import Ledger
from storyboard.sandbox.replies import Refusal
from storyboard.sandbox.service import Service
from storyboard.sandbox.uploads import Uploads

MAX_BODY_WAIT_S = 30.0

_INTERIM_ANSWERS = (
    b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 102 Processing\r\n\r\n",
)


class ConnectionCut(Exception):
    """Raised by a handler to close the connection before or during the reply."""


@dataclass(frozen=True)
class Sandbox:
    """Everything that the handlers work with; `journal` is None if nothing is stored."""

    service: Service
    ledger: Ledger
    clips: Clips
    uploads: Uploads
    journal: Journal | None
    base_url: str
    port: int

    @property
    def uploads_url(self) -> str:
        """What the address of every upload begins with."""
        return f"{self.base_url}/uploads/"


SANDBOX = web.AppKey("sandbox", Sandbox)


def authenticated_service(request: web.Request) -> Service:
    """The service, if the request carries its key; otherwise raises Refusal 401."""
    service = request.app[SANDBOX].service
    service.check_key(request.headers.get("Authorization"))
    return service


async def send_interim_answer(request: web.Request, count: int) -> None:
    """Send a 1xx reply, a different one for each `count`, then let the client wait for slow_s."""
    if request.transport is not None:
        request.transport.write(_INTERIM_ANSWERS[count % len(_INTERIM_ANSWERS)])
    await asyncio.sleep(request.app[SANDBOX].service.settings.faults.slow_s)


async def send_with_stray(
    request: web.Request, response: web.Response, stray: web.Response
) -> web.StreamResponse:
    """Send `response`, followed by the answer to a request that this client never sent."""
    await response.prepare(request)
    await response.write_eof()
    body = stray.body if isinstance(stray.body, bytes) else b""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {stray.content_type}\r\nContent-Length: {len(body)}"
    if request.transport is not None:
        request.transport.write(f"{head}\r\n\r\n".encode() + body)
    return response


async def read_body_in_time(request: web.Request, *, max_bytes: int | None = None) -> bytes:
    """The body of a request; raises Refusal 408 if it does not arrive within MAX_BODY_WAIT_S.

    aiohttp cuts off a body larger than the application's `client_max_size`, unless
    `max_bytes` sets another limit.
    """
    if max_bytes is not None:
        request = request.clone(client_max_size=max_bytes)
    try:
        return await asyncio.wait_for(request.read(), MAX_BODY_WAIT_S)
    except asyncio.TimeoutError:
        raise Refusal(408, "Request timeout: the body did not come in time") from None
