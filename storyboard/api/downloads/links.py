"""Which addresses a video may be fetched from; pure.

Results come from hosts that the API names, and a reply is not trusted to name
only good ones: HTTPS only, no private networks, each redirect checked again.
A name is checked by the address that it leads to, once connected, since
asking twice can get two answers.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from storyboard.api.http.addresses import LOOPBACK_HOSTS, is_public_address, is_same_loopback
from storyboard.api.redaction import printable_line
from storyboard.errors import LinkUnsafe

_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\]")
_NUMERIC_LABEL = re.compile(r"([0-9]+|0x[0-9a-f]*)", re.IGNORECASE)
NO_HOST = "the link"


@dataclass(frozen=True, slots=True)
class Link:
    """An address that may be asked, and what its peer must be.

    `check_peer` raises for an IP address that must not be talked to; None
    where any will do.
    """

    url: str
    host: str
    check_peer: Callable[[str], None] | None


def check_link(url: str, *, api_origin: str, allow_private: bool = False) -> Link:
    """The link, checked as far as can be done without connecting.

    Plain HTTP and the loopback address are for the API's own loopback origin
    only. `allow_private` admits private addresses, for proxies that map
    public hosts to them; plain HTTP stays refused.

    Raises:
        LinkUnsafe: nothing may be fetched from there.
    """
    parts = _split(url)
    host = printable_line(parts.hostname or "", 100)
    if parts.scheme not in ("http", "https"):
        raise LinkUnsafe(host or NO_HOST, "only HTTPS links are fetched")
    if not host:
        raise LinkUnsafe(NO_HOST, "it names no host")
    if parts.username is not None or parts.password is not None:
        raise LinkUnsafe(host, "the link holds a user name")
    if is_same_loopback(parts, api_origin):
        return Link(url, host, None)
    if parts.scheme != "https":
        raise LinkUnsafe(host, "the link is not HTTPS")
    if allow_private:
        return Link(url, host, None)

    def check_peer(address: str) -> None:
        if not is_public_address(address):
            raise LinkUnsafe(host, f"it leads to {address}, which is not a public address")

    # A name is checked when it is connected to; behind a proxy only these can be.
    if host in LOOPBACK_HOSTS or host.endswith(".localhost"):
        raise LinkUnsafe(host, "it leads to this machine")
    if _is_address_like(host):
        check_peer(host)
    return Link(url, host, check_peer)


def next_link(current: Link, location: str, *, api_origin: str, allow_private: bool) -> Link:
    """The link that a redirect leads to.

    Raises:
        LinkUnsafe: it may not lead there.
    """
    try:
        url = urljoin(current.url, location)
    except ValueError:
        raise LinkUnsafe(current.host, "it redirects to an impossible address") from None
    if current.url.lower().startswith("https:") and _split(url).scheme == "http":
        raise LinkUnsafe(current.host, "it redirects from HTTPS to plain HTTP")
    return check_link(url, api_origin=api_origin, allow_private=allow_private)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        is_sound = not _FORBIDDEN.search(url) and parts.port != 0
    except ValueError:
        is_sound = False
    if not is_sound:
        raise LinkUnsafe(NO_HOST, "it is not an address")
    return parts


def _is_address_like(host: str) -> bool:
    """Whether `host` is an IP address, in one of the old spellings too (127.1, 0x7f000001)."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return bool(_NUMERIC_LABEL.fullmatch(host.rstrip(".").rpartition(".")[2]))
    return True
