"""Connections that report to their exchange what was sent, to whom, and what was received.

`requests` raises the same exception for "no connection" and for "connection lost
after sending", but the first is free and the second may have been charged. So
the connection itself records when the first byte of a request goes out. A reply
must also belong to its request: anything that a server sends early, or after
its reply, would be read as the reply to the next request.

Why each override of `urllib3`, `requests` and `http.client` is here:

- `endheaders` is the last step before that first byte. Anything received by
  then cannot be the reply, so nothing is sent on such a connection.
- `_new_conn`, the only private one, is the last step before the TLS handshake:
  a forbidden address must not get even a byte of that.
- `begin` of the reply reads its head. `http.client` skips only status 100, but a
  server may send any 1xx before its final reply (RFC 9110, section 15.2), and the
  next request on the connection would read that final reply as its own.
- `close` of the reply's stream is the last chance to see bytes that were read
  ahead but do not belong to the reply.
- `pool_classes_by_scheme` and `proxy_manager_for` make all connections of this
  kind, including those through a proxy.
- `build_connection_pool_key_attributes` and `cert_verify` give all of them one
  TLS context; `requests` would read the trusted certificates for each.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from requests import PreparedRequest, Request, Response
from requests.adapters import HTTPAdapter
from requests.exceptions import InvalidProxyURL
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from storyboard.api.http.environment import ca_bundle, proxies_for, proxy_address, tls_context
from storyboard.api.http.watchdog import WATCHDOG

if TYPE_CHECKING:
    _Connection = HTTPConnection
else:
    _Connection = object

_current = threading.local()


class EarlyReply(ConnectionError):
    """Data came before the request was sent, so no reply on this connection can be trusted."""


class Exchange:
    """One request under way in this thread, as its connection sees it; a context manager.

    The whole reply must arrive within `total_s` seconds after the request went out;
    the timeouts of `requests` only limit each single read. The handshakes of a new
    connection have the same limit. `check_peer` is called with the peer's address
    before anything is sent to it and raises to refuse it; it is not called for a proxy.
    """

    def __init__(self, *, total_s: float, check_peer: Callable[[str], None] | None = None) -> None:
        self.may_have_been_sent = False
        self.is_out_of_time = False
        self.is_exact = False
        self.check_peer = check_peer
        self.proxy: str | None = None  # its address, for messages; set before sending
        self._total_s = total_s
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Exchange:
        _current.exchange = self
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._release()  # from now on the connection may serve another exchange
        WATCHDOG.forget(self.run_out)
        _current.exchange = None

    def watch(self, sock: socket.socket) -> None:
        """Shut `sock` down in `total_s` seconds; it replaces the socket watched before."""
        with self._lock:
            self._release()
            # Our own handle on the same connection: TLS takes over the first
            # one, and a reply may outlive the connection object.
            self._socket = socket.fromfd(sock.fileno(), -1, -1, -1)
        WATCHDOG.expect(self.run_out, self._total_s)

    def begin_sending(self, sock: socket.socket) -> None:
        """Record that the next byte sent on `sock` is the request's first.

        Raises:
            TimeoutError: the time ran out while connecting; nothing was sent.
            ConnectionError: the server spoke first or hung up; nothing was sent.
        """
        # If the socket was shut down before the handshake, the TLS layer skips the
        # handshake and would write the request in plain text.
        if self.is_out_of_time:
            raise TimeoutError
        if _has_come(sock):
            raise EarlyReply
        self.watch(sock)
        self.may_have_been_sent = True

    def run_out(self) -> None:
        """End the exchange because its time is up; no effect if it is already over."""
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


def _has_come(sock: socket.socket) -> bool:
    """Whether there is something to read, including the end of the connection; never waits.

    Actually reads instead of asking the system, because TLS buffers bytes itself and
    its session tickets are not part of a reply.
    """
    with _not_waiting(sock):
        try:
            sock.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
    return True


@contextlib.contextmanager
def _not_waiting(sock: socket.socket) -> Iterator[None]:
    timeout = sock.gettimeout()
    sock.settimeout(0)
    try:
        yield
    finally:
        sock.settimeout(timeout)


class _ReplyStream(io.BufferedReader):
    """The bytes of one reply; on closing, it tells the exchange whether more data had come."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, exchange: Exchange) -> None:
        super().__init__(raw)
        self._sock = sock
        self._exchange = exchange

    def close(self) -> None:
        if not self.closed:
            self._exchange.is_exact = not self._has_more()
        super().close()

    def _has_more(self) -> bool:
        try:
            with _not_waiting(self._sock):
                return bool(self.peek(1))
        except ssl.SSLWantReadError:
            return False
        except OSError:
            return True


class _Reply(http.client.HTTPResponse):
    """The final reply to one request, skipping any interim ones."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        exchange = current_exchange()
        if exchange is not None:
            self.fp = _ReplyStream(self.fp.detach(), sock, exchange)

    def begin(self) -> None:
        super().begin()
        # 101 is final, though not an answer: no other protocol was requested. The exchange's
        # time limits how many other interim replies can come.
        while 100 <= self.status < 200 and self.status != http.client.SWITCHING_PROTOCOLS:
            self.headers = None  # type: ignore[assignment]  # makes `begin` read the next head
            super().begin()


class _Watched(_Connection):
    """What both kinds of connection have in common."""

    response_class = _Reply

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
        # The last step before the first byte. A plain connection is opened only
        # now, and connect() opens the tunnel through a proxy.
        if self.sock is None:
            self.connect()
        exchange = current_exchange()
        if exchange is not None:
            exchange.begin_sending(self.sock)
        super().endheaders(*args, **kwargs)


class WatchedHTTPConnection(_Watched, HTTPConnection):
    """A plain connection that reports to its exchange."""


class WatchedHTTPSConnection(_Watched, HTTPSConnection):
    """A TLS connection that reports to its exchange."""


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = WatchedHTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = WatchedHTTPSConnection


_POOLS = {"http": _HTTPPool, "https": _HTTPSPool}


class WatchedAdapter(HTTPAdapter):
    """A `requests` adapter for one thread whose connections are all watched. Never retries.

    Used without a `requests.Session`, which would take a login from .netrc, keep cookies,
    and read a redirect's body of any size.
    """

    def __init__(self) -> None:
        super().__init__(pool_connections=2, pool_maxsize=1)

    def send_once(self, request: Request, *, connect_s: float, read_s: float) -> Response:
        """Send the request and return the reply with its body unread.

        Uses a proxy from the environment, except for this machine.
        """
        prepared = request.prepare()
        url = prepared.url or ""
        proxies = proxies_for(url)
        if exchange := current_exchange():
            exchange.proxy = proxy_address(url, proxies)
        return self.send(
            prepared,
            stream=True,
            timeout=(connect_s, read_s),
            verify=ca_bundle()[1],
            proxies=proxies,
        )

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools, whose connections are watched."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        """The pools for a proxy, whose connections are watched.

        Raises InvalidProxyURL for SOCKS, whose connections would report nothing.
        """
        if proxy.lower().startswith("socks"):
            raise InvalidProxyURL("SOCKS")
        context = tls_context(ca_bundle()[1]) if proxy.startswith("https:") else None
        manager = super().proxy_manager_for(proxy, proxy_ssl_context=context, **proxy_kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def build_connection_pool_key_attributes(
        self, request: PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        """The target of the connection, and the TLS context that all connections share."""
        host, _ = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, {"ssl_context": tls_context(verify)} if host["scheme"] == "https" else {}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Do nothing: the TLS context already verifies and has the trusted certificates."""
