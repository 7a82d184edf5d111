"""One HTTP request, one `Answer`: never retried, never redirected, bounded in size and time.

Can be used from many threads at once. Each POST gets its own connection, used for
nothing before or after: a late reply to another request cannot be taken for its
reply, and no server closes an idle connection just as the request goes out. For GETs
each thread has connections of its own, so their last use is always known. They are
closed after any exchange that was not complete, exact and ordinary.
"""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import requests
import urllib3

from storyboard import __version__
from storyboard.api.http.connections import Exchange, WatchedAdapter
from storyboard.api.http.errors import describe_error, remedy_for
from storyboard.api.http.response import Answer
from storyboard.api.http.unpack import CutOff, is_packed, unpacked
from storyboard.api.redaction import Redaction

USER_AGENT = f"storyboard/{__version__}"
MAX_REPLY_BYTES = 1024 * 1024
_CHUNK_BYTES = 64 * 1024

NETWORK_ERRORS = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
    ValueError,  # raised for impossible host names and header values
)
"""All the errors that can occur between us and a server."""

Signer = Callable[[requests.PreparedRequest], requests.PreparedRequest]


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Time limits in seconds: for connecting, and for all that follows.

    `get_s` applies to DELETE too, `upload_s` to a POST of a file, which may be large.
    """

    connect_s: float = 10.0
    post_s: float = 60.0
    get_s: float = 30.0
    upload_s: float = 300.0


class HttpClient:
    """Sends signed requests from any thread.

    `sign` sets the Authorization header. It is an auth callable, so that `requests`
    cannot set another. `redaction` hides the key in every answer.
    """

    def __init__(
        self,
        sign: Signer,
        timeouts: Timeouts,
        *,
        redaction: Redaction,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._sign = sign
        self._redaction = redaction
        self._timeouts = timeouts
        self._clock = clock
        self._local = threading.local()
        self._all: list[WatchedAdapter] = []
        self._lock = threading.Lock()

    def get(self, url: str, *, params: Mapping[str, str | int] | None = None) -> Answer:
        """The answer to one GET."""
        request = requests.Request("GET", url, headers=_headers(), params=params)
        return self._exchange(self._adapter("for GETs"), request, self._timeouts.get_s)

    def delete(self, url: str) -> Answer:
        """The answer to one DELETE."""
        request = requests.Request("DELETE", url, headers=_headers())
        return self._exchange(self._adapter("for GETs"), request, self._timeouts.get_s)

    def post(self, url: str, body: bytes, *, headers: Mapping[str, str]) -> Answer:
        """The answer to one POST of JSON."""
        headers = {"Content-Type": "application/json", **headers}
        return self._post(url, body, headers, self._timeouts.post_s)

    def upload(self, url: str, body: bytes, *, content_type: str) -> Answer:
        """The answer to one POST of a form with a file."""
        return self._post(url, body, {"Content-Type": content_type}, self._timeouts.upload_s)

    def _post(self, url: str, body: bytes, headers: Mapping[str, str], total_s: float) -> Answer:
        request = requests.Request("POST", url, headers=_headers(headers), data=body)
        adapter = self._adapter("for POSTs")
        try:
            return self._exchange(adapter, request, total_s)
        finally:
            adapter.close()  # closes its connection; a new adapter would cost more

    def drop_connection(self) -> None:
        """Close this thread's connections; the next GET opens a new one."""
        self._adapter("for GETs").close()

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._lock:
            adapters, self._all = self._all, []
        for adapter in adapters:
            adapter.close()

    def _adapter(self, use: str) -> WatchedAdapter:
        """This thread's adapter for the given use."""
        adapters: dict[str, WatchedAdapter] = self._local.__dict__
        adapter = adapters.get(use)
        if adapter is None:
            adapter = adapters[use] = WatchedAdapter()
            with self._lock:
                self._all.append(adapter)
        return adapter

    def _exchange(
        self, adapter: WatchedAdapter, request: requests.Request, total_s: float
    ) -> Answer:
        request.auth = self._sign
        with Exchange(total_s=total_s) as exchange:
            try:
                response = adapter.send_once(
                    request, connect_s=self._timeouts.connect_s, read_s=total_s
                )
            except NETWORK_ERRORS as error:
                adapter.close()
                return Answer(
                    was_sent=exchange.may_have_been_sent,
                    problem=describe_error(error, exchange),
                    remedy=remedy_for(error, request.url or "", exchange),
                    proxy=exchange.proxy,
                    received_at=self._clock(),
                )
            with response:
                body, problem = read_body(response, exchange)
        if problem is not None or not exchange.is_exact or not _is_ordinary(response):
            adapter.close()  # drops its connections; more data may follow on them
        return Answer(
            status=response.status_code,
            headers={name.lower(): value for name, value in response.headers.items()},
            body=body,
            problem=problem,
            proxy=exchange.proxy,
            received_at=self._clock(),
            redaction=self._redaction,
        )


def _is_ordinary(response: requests.Response) -> bool:
    """Whether the end of the reply is clear and the reply is final."""
    head = response.headers
    lengths = [name for name in ("Content-Length", "Transfer-Encoding") if name in head]
    is_plain = head.get("Transfer-Encoding", "chunked").strip().lower() == "chunked" and (
        head.get("Content-Length", "0").strip().isdecimal()
    )
    return response.status_code >= 200 and len(lengths) == 1 and is_plain


def _headers(more: Mapping[str, str] | None = None) -> dict[str, str]:
    return {
        "User-Agent": USER_AGENT,
        "Accept": "application/json",
        "Accept-Encoding": "identity",  # an uncompressed body cannot expand to gigabytes
        **(more or {}),
    }


def read_body(response: requests.Response, exchange: Exchange) -> tuple[bytes, str | None]:
    """The body as far as it was received, and what is wrong with it."""
    raw: Any = response.raw
    body = b""
    try:
        # As it comes over the wire, still compressed if the server compressed it.
        for chunk in iter(partial(raw.read, _CHUNK_BYTES, decode_content=False), b""):
            body += chunk
            if len(body) > MAX_REPLY_BYTES:
                return body[:MAX_REPLY_BYTES], "the reply is too large"
    except NETWORK_ERRORS as error:
        return body, f"the reply was cut off ({describe_error(error, exchange)})"
    if exchange.is_out_of_time:
        return body, "the reply was cut off (no complete reply came in time)"
    length = response.headers.get("Content-Length", "")
    if length.isascii() and length.isdigit() and len(body) < int(length):
        return body, "the reply was cut off"
    return _unpacked(body)


def _unpacked(body: bytes) -> tuple[bytes, str | None]:
    """The content of a complete body, decompressed up to the limit, and what is wrong with it.

    The bytes decide, not Content-Encoding: no JSON begins like gzip or deflate.
    """
    if not is_packed(body):
        return body, None
    plain = bytearray()
    try:
        for piece in unpacked([body]):
            plain += piece
            if len(plain) > MAX_REPLY_BYTES:
                return bytes(plain[:MAX_REPLY_BYTES]), "the reply is too large"
    except CutOff:
        return body, "the reply was cut off"
    return bytes(plain), None
