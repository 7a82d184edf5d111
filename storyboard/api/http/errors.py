"""Describes network errors in our own words.

The libraries' messages are not shown, because they can contain signed addresses
and a proxy's password.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
from collections.abc import Iterator

import requests
import urllib3

from storyboard.api.http.connections import EarlyReply, Exchange
from storyboard.api.http.environment import proxy_setting

_MAX_CHAIN = 20
_TUNNEL_FAILED = re.compile(r"Tunnel connection failed: ([0-9]{3})\b")  # http.client's message

_DESCRIPTIONS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((ssl.SSLCertVerificationError,), "the server's certificate is not trusted"),
    ((socket.gaierror, urllib3.exceptions.LocationParseError), "the host name was not found"),
    ((ConnectionRefusedError,), "the connection was refused"),
    ((EarlyReply,), "the server answered, or hung up, before the request was sent"),
    ((ssl.SSLError,), "no secure connection was made"),
    (
        (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError),
        "the connection was closed without a reply",
    ),
    (
        (http.client.IncompleteRead, urllib3.exceptions.IncompleteRead),
        "the connection was closed early",
    ),
    ((http.client.HTTPException,), "the reply was not HTTP"),
    (
        (requests.exceptions.InvalidProxyURL, requests.exceptions.InvalidSchema),
        "the proxy set in the environment cannot be used",
    ),
)
"""The descriptions of exceptions; the first that occurs in the chain applies."""

_WITHOUT_PROXY = (
    ssl.SSLCertVerificationError,
    requests.exceptions.InvalidProxyURL,
    requests.exceptions.InvalidSchema,
)
"""Descriptions that are complete without naming a proxy."""


def describe_error(error: BaseException, exchange: Exchange) -> str:
    """Why there is no complete answer, as a clause without a full stop.

    Names the proxy if there is one: if the request did not go out, the connection to
    the proxy failed, or the proxy itself did.
    """
    chain = list(_chain_of(error))
    if status := _tunnel_status(chain):
        return f"the proxy {exchange.proxy} refused to connect (HTTP {status})"
    problem = _describe(error, chain, exchange)
    if exchange.proxy is None or _find(chain, *_WITHOUT_PROXY):
        return problem
    if exchange.may_have_been_sent:
        return f"{problem} (through the proxy {exchange.proxy})"
    return f"the proxy {exchange.proxy}: {problem}"


def _describe(error: BaseException, chain: list[BaseException], exchange: Exchange) -> str:
    if exchange.is_out_of_time and exchange.may_have_been_sent:
        return "no complete reply came in time"
    if exchange.is_out_of_time:
        return "no connection was made in time"
    if type(error) is OSError and error.errno is None and not exchange.may_have_been_sent:
        # `requests` raises this before it connects, and only then.
        return "the certificate bundle set in the environment cannot be used"
    for kinds, description in _DESCRIPTIONS:
        if _find(chain, *kinds):
            return description
    if _find(chain, TimeoutError, requests.Timeout):
        awaited = "reply came" if exchange.may_have_been_sent else "connection was made"
        return f"no {awaited} in time"
    for each in chain:
        # The system's own message ("Network is unreachable"), never a library's.
        if type(each) is OSError and each.errno is not None and each.strerror:
            return each.strerror
    return f"the connection failed ({type(error).__name__})"


def remedy_for(error: BaseException, url: str, exchange: Exchange) -> str | None:
    """What to change in the environment if that is the cause; None if it is not."""
    chain = list(_chain_of(error))
    status = _tunnel_status(chain)
    is_at_proxy = exchange.proxy is not None and not exchange.may_have_been_sent
    # A proxy that cannot reach the host (502, 504) may do so later.
    if is_at_proxy and not _find(chain, ssl.SSLError) and (status is None or status < 500):
        return f"check the proxy that {proxy_setting(url)} names"
    if _find(chain, ssl.SSLCertVerificationError):
        return (
            "where a proxy or a company's own authority signs certificates, name the file of its "
            "certificate in SSL_CERT_FILE or REQUESTS_CA_BUNDLE"
        )
    return None


def _tunnel_status(chain: list[BaseException]) -> int | None:
    """The status with which a proxy refused a tunnel; None if that is not the cause."""
    found = next(filter(None, (_TUNNEL_FAILED.match(str(each)) for each in chain)), None)
    return int(found[1]) if found else None


def _find(chain: list[BaseException], *kinds: type[BaseException]) -> bool:
    return any(isinstance(each, kinds) for each in chain)


def _chain_of(error: BaseException) -> Iterator[BaseException]:
    """The error and all its causes; `requests` and `urllib3` wrap each other's errors."""
    waiting: list[BaseException] = [error]
    seen: set[int] = set()
    while waiting and len(seen) < _MAX_CHAIN:
        each = waiting.pop(0)
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        causes = (each.__cause__, getattr(each, "reason", None), *each.args, each.__context__)
        waiting.extend(one for one in causes if isinstance(one, BaseException))
