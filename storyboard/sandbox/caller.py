"""Who may call the sandbox: programs on this machine that use its own address. Pure.

A web page can point its own domain name at loopback and then read and send anything;
the browser still sends that name as Host, and the page's origin as Origin.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from http import HTTPStatus

from storyboard.sandbox.replies import Refusal

_LOOPBACK = re.compile(
    r"(?:localhost|\[::1\]|127(?:\.\d{1,3}){3})(?::(\d{1,5}))?", re.ASCII | re.IGNORECASE
)
_HTTP_PORT = "80"  # clients leave the port out


def check_caller(hosts: Sequence[str], origins: Sequence[str], port: int) -> None:
    """Raise Refusal 403 unless Host is loopback with `port` and any Origin is our own.

    Takes all values of the two headers; exactly one Host is allowed.
    """
    if len(hosts) != 1 or not _is_own(hosts[0], port):
        raise Refusal(
            HTTPStatus.FORBIDDEN,
            f"Forbidden: the sandbox answers to its own address alone, http://127.0.0.1:{port}; "
            "the Host of this request is another",
        )
    for origin in origins:
        scheme, _, authority = origin.partition("://")
        if scheme != "http" or not _is_own(authority, port):
            raise Refusal(HTTPStatus.FORBIDDEN, "Forbidden: the sandbox answers to no web page")


def _is_own(authority: str, port: int) -> bool:
    found = _LOOPBACK.fullmatch(authority)
    return found is not None and (found[1] or _HTTP_PORT) == str(port)
