"""Loads a page or document from a user-supplied address, without sending any key.

Only HTTPS and only public addresses; checks each redirect again; limits size and time.
"""

from __future__ import annotations

from contextlib import closing

import requests

from storyboard.api.downloads.links import Link, check_link, next_link
from storyboard.api.http.client import NETWORK_ERRORS, USER_AGENT, read_body
from storyboard.api.http.connections import Exchange, WatchedAdapter
from storyboard.api.http.errors import describe_error
from storyboard.errors import LinkUnsafe, Unreachable, UsageError

_MAX_REDIRECTS = 5
_CONNECT_S, _TOTAL_S = 10.0, 30.0
_HEADERS = {
    "User-Agent": USER_AGENT,
    "Accept": "application/json, application/yaml, text/markdown, text/html;q=0.5, */*;q=0.1",
    "Accept-Encoding": "identity",
}


def fetch_document(url: str, *, api_origin: str) -> str:
    """The text at an address; plain HTTP is allowed only for an `api_origin` on this machine.

    Raises UsageError if the address is not allowed or does not return text, and
    Unreachable if nothing answers.
    """
    try:
        link = check_link(url, api_origin=api_origin)
        with closing(WatchedAdapter()) as adapter:
            for _ in range(_MAX_REDIRECTS + 1):
                body, location = _request(adapter, link)
                if location is None:
                    return _text(link, body)
                link = next_link(link, location, api_origin=api_origin, allow_private=False)
        raise LinkUnsafe(link.host, f"more than {_MAX_REDIRECTS} redirects")
    except LinkUnsafe as error:
        raise UsageError(
            str(error), next_step="load the page yourself, and give the file"
        ) from None


def _request(adapter: WatchedAdapter, link: Link) -> tuple[bytes, str | None]:
    """The body, and the target if the host redirects."""
    with Exchange(total_s=_TOTAL_S, check_peer=link.check_peer) as exchange:
        try:
            response = adapter.send_once(
                requests.Request("GET", link.url, headers=_HEADERS),
                connect_s=_CONNECT_S,
                read_s=_TOTAL_S,
            )
        except NETWORK_ERRORS as error:
            raise _unreachable(link, describe_error(error, exchange)) from None
        with response:
            location = response.headers.get("Location")
            if response.is_redirect and location:
                return b"", location
            if not 200 <= response.status_code < 300:
                raise UsageError(
                    f"{link.host} answers with HTTP {response.status_code}",
                    next_step="check the address, or load the page yourself and give the file",
                )
            body, problem = read_body(response, exchange)
    if problem is not None:
        raise _unreachable(link, problem)
    return body, None


def _unreachable(link: Link, problem: str) -> Unreachable:
    return Unreachable(
        f"{link.host} could not be read: {problem}",
        next_step="load the page yourself, and give the file",
    )


def _text(link: Link, body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(
            f"what {link.host} sent is not UTF-8 text",
            next_step="give the address of an OpenAPI document or of a page",
        ) from None
