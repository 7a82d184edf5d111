"""Pages from real sockets: no key goes there, and nothing without a bound comes back."""

from __future__ import annotations

import pytest

from storyboard.api.documents import fetch_document
from storyboard.api.http.client import MAX_REPLY_BYTES
from storyboard.errors import StoryboardError, Unreachable, UsageError
from tests.api.servers import Script, http_reply, serving

KEY = "mdlx-marked-key-0123456789"


def fetch(script: Script) -> str:
    with serving(script) as server:
        return fetch_document(f"{server.origin}/page", api_origin=server.origin)


def failure(kind: type[StoryboardError], script: Script) -> str:
    with pytest.raises(kind) as caught:
        fetch(script)
    return str(caught.value)


def test_a_page_is_its_text() -> None:
    assert fetch(lambda *_: http_reply("# Möwe")) == "# Möwe"


def test_no_key_goes_along(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELLIX_API_KEY", KEY)
    with serving(lambda *_: http_reply("a")) as server:
        fetch_document(f"{server.origin}/page", api_origin=server.origin)
        (request,) = server.requests
    assert not {"authorization", "cookie"} & set(request.headers)
    assert KEY not in str(request)


def test_a_redirect_is_followed_five_times_and_never_into_a_private_network() -> None:
    def elsewhere(location: str) -> Script:
        return lambda *_: http_reply(status="302 Found", headers={"Location": location})

    assert "more than 5 redirects" in failure(UsageError, elsewhere("/page"))
    for address in ("https://10.0.0.1/", "https://localhost/", "file:///etc/passwd"):
        assert failure(UsageError, elsewhere(address))


def test_what_is_no_page_is_said() -> None:
    assert "answers with HTTP 404" in failure(
        UsageError, lambda *_: http_reply(status="404 Not Found")
    )
    assert "not UTF-8 text" in failure(UsageError, lambda *_: http_reply(b"\xff\xfe"))
    large = b"a" * (MAX_REPLY_BYTES + 1)
    assert "too large" in failure(Unreachable, lambda *_: http_reply(large))


def test_an_address_that_may_not_be_asked_is_refused_before_anything_is_sent() -> None:
    for address in ("https://127.0.0.1/", "https://user:pw@example.com/", "ftp://example.com/"):
        with pytest.raises(UsageError):
            fetch_document(address, api_origin="https://api.modellix.ai")
