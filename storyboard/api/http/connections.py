"""Connections that report to their exchange: what was sent, to whom, and for how long.

`requests` raises the same exception for "no connection" and for "connection lost
after sending", but the first is free and the second may have been charged. So
the connection itself records when the first byte of a request goes out.

Why each override of `urllib3` and `requests` is here:

- `endheaders` is the last step before that first byte.
- `_new_conn`, the only private one, is the last step before the TLS handshake:
  an address that may not be talked to must not get a byte of that either.
- `pool_classes_by_scheme` and `proxy_manager_for` make all connections of this
  kind, those through a proxy too.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from storyboard.api.http.watchdog import WATCHDOG

if TYPE_CHECKING:
    _Connection = HTTPConnection
else:
    _Connection = object

_current = threading.local()


class Exchange:
    """One request under way in this thread, as its connection sees it; a context manager.

    The whole reply must have come `total_s` seconds after the request went out,
    however slowly the server talks; timeouts of `requests` bound each read alone.
    A new connection has as long for its handshakes. `check_peer` is called with
    the peer's address before anything is sent to it, and raises to refuse it; it
    is not called for a proxy.
    """

    def __init__(self, *, total_s: float, check_peer: Callable[[str], None] | None = None) -> None:
        self.may_have_been_sent = False
        self.is_out_of_time = False
        self.check_peer = check_peer
        self._total_s = total_s
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Exchange:
        _current.exchange = self
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._lock:
            self._release()  # from here on the connection may serve another exchange
        WATCHDOG.forget(self)
        _current.exchange = None

    def watch(self, sock: socket.socket) -> None:
        """Shut `sock` down `total_s` seconds from now, instead of what was watched before."""
        with self._lock:
            self._release()
            # A handle of our own on the same connection: TLS takes the first
            # one over, and a reply may outlive the connection object.
            self._socket = socket.fromfd(sock.fileno(), sock.family, sock.type)
        WATCHDOG.expect(self, self._total_s)

    def begin_sending(self, sock: socket.socket) -> None:
        """The next byte to go out on `sock` is the request's first.

        Raises:
            TimeoutError: the time ran out while connecting; nothing was sent.
        """
        # The TLS layer skips the handshake on a socket that was shut down before
        # it, and would go on to write the request there in the clear.
        if self.is_out_of_time:
            raise TimeoutError
        self.watch(sock)
        self.may_have_been_sent = True

    def run_out(self) -> None:
        """End the exchange because its time is up; does nothing once it is over."""
        with self._lock:
            if self._socket is not None:
                self.is_out_of_time = True
                with contextlib.suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)

    def _release(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def current_exchange() -> Exchange | None:
    """The exchange under way in this thread."""
    exchange: Exchange | None = getattr(_current, "exchange", None)
    return exchange


class _Watched(_Connection):
    """What both kinds of connection do for their exchange."""

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
        super().endheaders(*args, **kwargs)


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
    """The `requests` adapter whose connections are all watched. Never retries."""

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
