"""Connections that are watched: what was sent, to whom, and for how long.

`requests` reports "no connection" and "connection lost after sending" as the
same exception, but one is free and the other may have been charged. So the
connection itself says when the first byte of a request goes out. It also lets
the peer's address be checked before anything is sent, and ends an exchange
whose time is up, however slowly the server talks.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from storyboard.api.http.watchdog import WATCHDOG

if TYPE_CHECKING:
    _Connection = HTTPConnection
else:
    _Connection = object

_CONNECTS = 6  # a host may have several addresses, each with the whole time to connect

_current = threading.local()


class Exchange:
    """One request under way in this thread, as its connection sees it; a context manager.

    The reply must be there, whole, `total_s` after the request went out.
    `check_peer` is called with the peer's address before anything is sent to
    it, and raises to refuse it. It is not called for a proxy.
    """

    def __init__(
        self,
        *,
        connect_s: float,
        total_s: float,
        check_peer: Callable[[str], None] | None = None,
    ) -> None:
        self.may_have_been_sent = False
        self.is_out_of_time = False
        self.check_peer = check_peer
        self._connect_s = connect_s
        self._total_s = total_s
        self._socket: socket.socket | None = None
        self._is_over = False
        self._lock = threading.Lock()

    def __enter__(self) -> Exchange:
        _current.exchange = self
        WATCHDOG.expect(self, _CONNECTS * self._connect_s + self._total_s)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._lock:
            # From here on the connection may serve another exchange.
            self._is_over = True
            self._let_go()
        WATCHDOG.forget(self)
        _current.exchange = None

    def watch(self, sock: socket.socket) -> None:
        """Take `sock` as the one to end when time is up."""
        with self._lock:
            self._let_go()
            # A handle of our own on the same connection: TLS takes the first
            # one over, and a reply may outlive the connection object.
            self._socket = socket.fromfd(sock.fileno(), sock.family, sock.type)
            if self.is_out_of_time:
                self._shut_down()

    def begin_sending(self, sock: socket.socket) -> None:
        """The next byte to go out on `sock` is the request's first."""
        self.watch(sock)
        WATCHDOG.expect(self, self._total_s)
        self.may_have_been_sent = True

    def run_out(self) -> None:
        """End the exchange: its time is up. Does nothing where it is over."""
        with self._lock:
            if not self._is_over:
                self.is_out_of_time = True
                self._shut_down()

    def _shut_down(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def _let_go(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def current_exchange() -> Exchange | None:
    """The exchange under way in this thread."""
    exchange: Exchange | None = getattr(_current, "exchange", None)
    return exchange


class _Watched(_Connection):
    """What both kinds of connection do for their exchange."""

    _held: list[bytes] | None = None  # what goes out in one piece, once all of it is there

    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        exchange = current_exchange()
        if exchange is None:
            return sock
        try:
            exchange.watch(sock)
            if exchange.check_peer is not None and self.proxy is None:
                exchange.check_peer(sock.getpeername()[0])
        except BaseException:
            sock.close()
            raise
        return sock

    def endheaders(self, *args: Any, **kwargs: Any) -> None:
        # The last step before the first byte. A plain connection is made only
        # now, and the tunnel through a proxy is made inside connect().
        if self.sock is None:
            self.connect()
        exchange = current_exchange()
        if exchange is not None:
            exchange.begin_sending(self.sock)
        self._held = []
        super().endheaders(*args, **kwargs)

    def request(self, *args: Any, **kwargs: Any) -> None:
        # http.client sends head and body apart: twice the packets, and twice
        # a thread gives up the interpreter and has to wait for it again.
        try:
            super().request(*args, **kwargs)
            whole = b"".join(self._held or ())
        finally:
            self._held = None
        self.send(whole)

    def send(self, data: Any) -> None:
        if self._held is None:
            super().send(data)
        else:
            self._held.append(data)


class WatchedHTTPConnection(_Watched, HTTPConnection):
    """A plain connection that tells its exchange."""


class WatchedHTTPSConnection(_Watched, HTTPSConnection):
    """A TLS connection that tells its exchange."""


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = WatchedHTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = WatchedHTTPSConnection


_POOLS = {"http": _HTTPPool, "https": _HTTPSPool}


class WatchedAdapter(HTTPAdapter):
    """The `requests` adapter whose connections are all watched. Never retries.

    For one origin, with settings that stay: its pool is found once.
    """

    _pool: Any = None

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """The pool of connections to the origin, or to the proxy on the way to it."""
        if self._pool is not None:
            return self._pool
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        if issubclass(pool.ConnectionCls, _Watched):  # of another kind, each exchange is told
            self._pool = pool
        return pool

    def build_response(self, request: PreparedRequest, raw: Any) -> Response:
        """The reply, without a look for cookies or the encoding of a text."""
        response = Response()
        response.status_code, response.raw, response.request = raw.status, raw, request
        response.headers = CaseInsensitiveDict(raw.headers)
        return response

    def close(self) -> None:
        """Drop the connections; the adapter stays usable."""
        self._pool = None
        super().close()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools, with watched connections in them."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        """The pools of a proxy, with watched connections in them."""
        manager = super().proxy_manager_for(proxy, **proxy_kwargs)
        if proxy.lower().startswith("socks"):
            # SOCKS has connections of its own kind, which tell nothing.
            exchange = current_exchange()
            if exchange is not None:
                exchange.may_have_been_sent = True
        else:
            manager.pool_classes_by_scheme = _POOLS
        return manager
