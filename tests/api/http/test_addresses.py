"""Which addresses are of the public internet."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from storyboard.api.http.addresses import is_public_address, is_same_loopback, origin_of


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public_addresses_are_public(address: str) -> None:
    assert is_public_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.9.9.9",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd12::1",
        "ff02::1",
        "fec0::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:db8::1",
        "localhost",
        "",
    ],
)
def test_private_and_special_addresses_are_not(address: str) -> None:
    assert not is_public_address(address)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("HTTPS://API.Example:443/x?y", "https://api.example"),
        ("http://[::1]:80/", "http://[::1]"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("https://host:99999", None),
        ("https://host:x", None),
        ("https://[::1", None),
        ("ftp://host", None),
        ("https://", None),
        ("host", None),
    ],
)
def test_an_origin_is_normalised(url: str, origin: str | None) -> None:
    assert origin_of(url) == origin


@pytest.mark.parametrize(
    ("url", "is_same"),
    [
        ("http://127.0.0.1:8080/v.mp4", True),
        ("http://localhost:8080/v.mp4", True),
        ("http://[::1]:8080/v.mp4", True),
        ("http://127.0.0.1:8081/v.mp4", False),
        ("https://127.0.0.1:8080/v.mp4", False),
        ("http://127.0.0.2:8080/v.mp4", False),
    ],
)
def test_the_apis_own_loopback_origin_goes_by_any_loopback_name(url: str, is_same: bool) -> None:
    assert is_same_loopback(urlsplit(url), "http://127.0.0.1:8080") is is_same
