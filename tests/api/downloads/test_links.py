"""Which addresses a video may be fetched from."""

from __future__ import annotations

import pytest

from storyboard.api.downloads.links import check_link, next_link
from storyboard.errors import LinkUnsafe

API = "https://api.modellix.ai"
SANDBOX = "http://127.0.0.1:8080"


def refusal(url: str, *, api_origin: str = API, allow_private: bool = False) -> str:
    with pytest.raises(LinkUnsafe) as caught:
        check_link(url, api_origin=api_origin, allow_private=allow_private)
    assert not caught.value.is_worth_retrying
    return str(caught.value)


def test_any_public_https_host_may_be_asked() -> None:
    link = check_link("https://File.Modellix.AI/aigc/1.mp4?sign=x", api_origin=API)

    assert link.host == "file.modellix.ai"
    assert link.check_peer is not None
    link.check_peer("8.8.8.8")


@pytest.mark.parametrize("peer", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fd00::1"])
def test_a_name_that_leads_to_a_private_address_is_refused_by_the_address(peer: str) -> None:
    link = check_link("https://file.example/1.mp4?sign=x", api_origin=API)
    assert link.check_peer is not None

    with pytest.raises(LinkUnsafe) as caught:
        link.check_peer(peer)

    assert str(caught.value) == (f"file.example: it leads to {peer}, which is not a public address")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("file:///etc/passwd", "the link: only HTTPS links are fetched"),
        ("ftp://host/x", "host: only HTTPS links are fetched"),
        ("data:video/mp4;base64,AAAA", "the link: only HTTPS links are fetched"),
        ("javascript:alert(1)", "the link: only HTTPS links are fetched"),
        ("", "the link: only HTTPS links are fetched"),
        ("https:///x", "the link: it has no host"),
        ("https://[::1/x", "the link: it is not an address"),
        ("https://host:99999/x", "the link: it is not an address"),
        ("https://host:0/x", "the link: it is not an address"),
        ("https://good\\@evil/x", "the link: it is not an address"),
        ("https://ho st/x", "the link: it is not an address"),
        ("http://127.0.0.1:8080/x", "127.0.0.1: it leads to this machine"),
        ("//127.0.0.1/x", "127.0.0.1: it leads to this machine"),
        ("127.0.0.1:8080/x", "127.0.0.1: it leads to this machine"),
        ("https://\uff11\uff12\uff17.0.0.1/x", "127.0.0.1: it leads to this machine"),
        ("http://10.0.0.1/x", "10.0.0.1: it leads to 10.0.0.1, which is not a public address"),
        (" ht\ntps://local\thost/x", "localhost: it leads to this machine"),
        ("https://user:word@host/x", "host: the link contains a user name"),
        ("https://@host/x", "host: the link contains a user name"),
        ("https://localhost/x", "localhost: it leads to this machine"),
        ("https://a.localhost/x", "a.localhost: it leads to this machine"),
        ("https://127.0.0.1/x", "127.0.0.1: it leads to this machine"),
        ("https://[::1]/x", "::1: it leads to this machine"),
        ("https://10.0.0.1/x", "10.0.0.1: it leads to 10.0.0.1, which is not a public address"),
        ("https://127.1/x", "127.1: it leads to 127.1, which is not a public address"),
        ("https://2130706433/x", "2130706433: it leads to 2130706433, which is not"),
        ("https://0x7f.1/x", "0x7f.1: it leads to 0x7f.1, which is not a public address"),
        ("https://[::ffff:10.0.0.1]/x", "it leads to ::ffff:10.0.0.1, which is not a public"),
        ("https://[fe80::1%25eth0]/x", "which is not a public address"),
    ],
)
def test_every_other_address_is_refused(url: str, message: str) -> None:
    assert message in refusal(url)
    assert "word" not in refusal(url)


def test_the_apis_own_loopback_origin_may_be_plain() -> None:
    link = check_link("http://localhost:8080/v/1.mp4", api_origin=SANDBOX)

    assert link.check_peer is None
    assert refusal("http://127.0.0.1:8081/x", api_origin=SANDBOX) == (
        "127.0.0.1: it leads to this machine"
    )
    assert refusal("https://10.0.0.1/x", api_origin=SANDBOX).endswith("not a public address")


def test_private_addresses_can_be_allowed_but_plain_http_cannot() -> None:
    assert check_link("https://10.0.0.1/x", api_origin=API, allow_private=True).check_peer is None
    plain = check_link("http://10.0.0.1/x", api_origin=API, allow_private=True)
    assert plain.url == "https://10.0.0.1/x"


@pytest.mark.parametrize(
    ("url", "tried"),
    [
        ("http://host/x", "https://host/x"),
        ("HTTP://host:80/x?a=:80", "https://host/x?a=:80"),
        ("http://host:8080/x", "https://host:8080/x"),
        ("http://[2606:4700::80]:80/x", "https://[2606:4700::80]/x"),
        ("//host/my clip.mp4\n", "https://host/my%20clip.mp4"),
        ("https://host/\r\nX: y", "https://host/X:%20y"),
        ("/v/1.mp4", "https://api.modellix.ai/v/1.mp4"),
    ],
)
def test_a_link_is_asked_as_a_browser_would_ask_and_over_https(url: str, tried: str) -> None:
    link = check_link(url, api_origin=API)

    assert link.url == tried
    assert link.check_peer is not None


def test_a_link_without_a_scheme_is_plain_on_the_apis_own_loopback_origin() -> None:
    for link in ("//127.0.0.1:8080/v/1.mp4", "127.0.0.1:8080/v/1.mp4", "/v/1.mp4"):
        checked = check_link(link, api_origin=SANDBOX)
        assert (checked.url, checked.check_peer) == ("http://127.0.0.1:8080/v/1.mp4", None)


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/b?x=1", "https://one.example/b?x=1"),
        ("b", "https://one.example/a/b"),
        ("//two.example/c", "https://two.example/c"),
        ("https://two.example/c", "https://two.example/c"),
        ("http://two.example/c", "https://two.example/c"),
        (" /my clip.mp4 ", "https://one.example/my%20clip.mp4"),
        ("/é.mp4", "https://one.example/%E9.mp4"),
        (
            "/фильм.mp4".encode().decode("latin-1"),
            "https://one.example/%D1%84%D0%B8%D0%BB%D1%8C%D0%BC.mp4",
        ),
        ("HTTPS://TWO.example/c", "https://TWO.example/c"),
    ],
)
def test_a_redirect_is_followed_to_where_it_leads(location: str, url: str) -> None:
    link = check_link("https://one.example/a/1.mp4", api_origin=API)

    assert next_link(link, location, api_origin=API, allow_private=False).url == url


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("http://127.0.0.1:8080/c", "127.0.0.1: it leads to this machine"),
        ("//localhost:8080/c", "localhost: it leads to this machine"),
        ("https://192.168.0.1/c", "192.168.0.1: it leads to 192.168.0.1, which is not a public"),
        ("file:///etc/passwd", "the link: only HTTPS links are fetched"),
        ("https://[::1", "one.example: it redirects to an invalid address"),
    ],
)
def test_a_redirect_is_checked_like_a_link(location: str, message: str) -> None:
    link = check_link("https://one.example/a/1.mp4", api_origin=SANDBOX)

    with pytest.raises(LinkUnsafe) as caught:
        next_link(link, location, api_origin=SANDBOX, allow_private=False)

    assert message in str(caught.value)
