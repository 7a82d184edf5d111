"""Which addresses a video may be downloaded from; pure.

The API names the hosts that results come from, and its replies are not trusted
to name only safe ones: HTTPS only, no private networks, each redirect checked
again. A host name is checked by the address that was actually connected to,
because resolving it twice can give two answers.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from storyboard.api.http.addresses import LOOPBACK_HOSTS, is_public_address, is_same_loopback
from storyboard.api.redaction import printable_line
from storyboard.errors import LinkUnsafe
from storyboard.links import clean_link

_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\]")
_NUMERIC_LABEL = re.compile(r"([0-9]+|0x[0-9a-f]*)", re.IGNORECASE)
_PORT_80 = re.compile(r":0*80(?=[/?]|$)")
NO_HOST = "the link"


@dataclass(frozen=True, slots=True)
class Link:
    """A cleaned address that may be requested, and a check for the host it connects to.

    `check_peer` raises if its argument is an IP address that must not be contacted;
    None if any address is allowed.
    """

    url: str
    host: str
    check_peer: Callable[[str], None] | None


def check_link(url: str, *, api_origin: str, allow_private: bool = False) -> Link:
    """The link, cleaned and checked as far as possible without connecting.

    Plain HTTP and the loopback address are allowed only for the API's own loopback
    origin; any other plain HTTP link is tried as HTTPS. `allow_private` permits
    private addresses, for proxies that map public hosts to them.

    Raises:
        LinkUnsafe: nothing may be downloaded from this address.
    """
    url = clean_link(url, base=api_origin)
    parts = _split(url)
    host = printable_line(parts.hostname or "", 100)
    if parts.scheme not in ("http", "https"):
        raise LinkUnsafe(host or NO_HOST, "only HTTPS links are fetched")
    if not host:
        raise LinkUnsafe(NO_HOST, "it has no host")
    if parts.username is not None or parts.password is not None:
        raise LinkUnsafe(host, "the link contains a user name")
    if is_same_loopback(parts, api_origin):
        return Link(url, host, None)
    if parts.scheme == "http":
        url = (
            _PORT_80.sub("", f"https{url[4:]}", count=1) if parts.port == 80 else f"https{url[4:]}"
        )
    if allow_private:
        return Link(url, host, None)

    def check_peer(address: str) -> None:
        if not is_public_address(address):
            raise LinkUnsafe(host, f"it leads to {address}, which is not a public address")

    # Other names are checked on connecting; behind a proxy only these can be checked.
    if host in LOOPBACK_HOSTS or host.endswith(".localhost"):
        raise LinkUnsafe(host, "it leads to this machine")
    if _is_address_like(host):
        check_peer(host)
    return Link(url, host, check_peer)


def next_link(current: Link, location: str, *, api_origin: str, allow_private: bool) -> Link:
    """The link that a redirect leads to; `location` is the header, its bytes read as Latin-1.

    Raises:
        LinkUnsafe: the redirect is not allowed.
    """
    try:
        url = urljoin(current.url, _decoded(location).strip())
    except ValueError:
        raise LinkUnsafe(current.host, "it redirects to an invalid address") from None
    # No redirect may lead from HTTPS back to plain HTTP, not even to the API's own origin.
    is_plain = current.url.startswith("http:")
    return check_link(url, api_origin=api_origin if is_plain else "", allow_private=allow_private)


def _decoded(header: str) -> str:
    """A header's text decoded as UTF-8, or percent-encoded if it is not UTF-8, as in browsers."""
    try:
        content = header.encode("latin-1")
        return content.decode()
    except UnicodeDecodeError:
        return quote(content, safe=bytes(range(0x21, 0x7F)))
    except UnicodeEncodeError:
        return header


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
    """Whether `host` is an IP address, including old spellings such as 127.1 or 0x7f000001."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return bool(_NUMERIC_LABEL.fullmatch(host.rstrip(".").rpartition(".")[2]))
    return True
