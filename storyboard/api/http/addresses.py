"""Origins and network addresses: which are this machine's, which public, which private."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
DEFAULT_PORTS = {"http": 80, "https": 443}

_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address


def origin_of(url: str) -> str | None:
    """The normalized scheme, host and port of `url`; None if it is not an HTTP URL.

    The host is in lower case, and the scheme's default port is left out.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in DEFAULT_PORTS or not host or port == 0:
        return None
    host_text = f"[{host}]" if ":" in host else host
    port_text = "" if port in (None, DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host_text}{port_text}"


def is_loopback_origin(origin: str) -> bool:
    """Whether the origin is this machine, under one of the names in the API contract."""
    return urlsplit(origin).hostname in LOOPBACK_HOSTS


def is_same_loopback(url: SplitResult, origin: str) -> bool:
    """Whether `url` is on the loopback origin `origin`, under any loopback name."""
    ours = urlsplit(origin)
    return (
        ours.hostname in LOOPBACK_HOSTS
        and url.hostname in LOOPBACK_HOSTS
        and url.scheme == ours.scheme
        and (url.port or DEFAULT_PORTS[url.scheme]) == (ours.port or DEFAULT_PORTS[ours.scheme])
    )


def is_public_address(text: str) -> bool:
    """Whether `text` is an IP address on the public internet.

    For an IPv6 address with an IPv4 address inside (mapped, 6to4, Teredo, NAT64),
    the address that it leads to decides.
    """
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = _embedded_ipv4(address)
        if inner is not None:
            return all(is_public_address(str(each)) for each in inner)
        if address.is_site_local:
            return False
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_unspecified
    )


def _embedded_ipv4(address: ipaddress.IPv6Address) -> tuple[ipaddress.IPv4Address, ...] | None:
    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    if address.sixtofour is not None:
        return (address.sixtofour,)
    if address.teredo is not None:
        return address.teredo
    if address in _NAT64:
        return (ipaddress.IPv4Address(int(address) & 0xFFFFFFFF),)
    return None
