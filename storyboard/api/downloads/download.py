"""Fetches one video into a temporary file, from a host that is not trusted.

Sends no key, no cookies and no .netrc login. Bounded in size, time and
silence; goes on where it was cut, if the host can prove that the file is
still the same. Whether the file is a sound video is checked by the caller.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import requests

from storyboard.api.downloads.links import Link, check_link, next_link
from storyboard.api.downloads.partial_file import HEAD_BYTES, Part
from storyboard.api.http.connections import Exchange
from storyboard.api.http.errors import describe_trouble
from storyboard.api.http.session import NETWORK_ERRORS, USER_AGENT, PlainSession, raw_chunks
from storyboard.errors import DownloadBroken, LinkGone, LinkUnsafe, NotVideoData, VideoTooLarge

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({403, 404, 410})
_OTHER_TYPES = re.compile(r"text/|application/(json|xml|xhtml|problem)|image/", re.IGNORECASE)
_CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far a download may go: bytes, seconds in all and without data, redirects, attempts."""

    max_bytes: int = 1024**3
    total_s: float = 600.0
    silence_s: float = 30.0
    connect_s: float = 10.0
    max_redirects: int = 5
    attempts: int = 3


@dataclass(frozen=True, slots=True)
class Downloaded:
    """What is in the file now."""

    size_bytes: int
    sha256: str


def download(
    url: str,
    target: Path,
    *,
    api_origin: str,
    allow_private: bool = False,
    bounds: Bounds | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Downloaded:
    """Fetch `url` into `target`, replacing what is there; on disk when this returns.

    `target` is a temporary name; after an error it may hold a part. A transfer
    that was cut goes on at once, with `bounds.attempts` requests in all;
    waiting and trying again later is up to the caller, and begins anew.
    `should_stop` is asked between chunks.

    Raises:
        DownloadError: see `errors`.
        OSError: the file cannot be written.
    """
    bounds = bounds or Bounds()
    link = check_link(url, api_origin=api_origin, allow_private=allow_private)
    deadline = time.monotonic() + bounds.total_s
    # Made new: what the name leads to may be a file of somebody's.
    target.unlink(missing_ok=True)
    with PlainSession() as session, target.open("x+b") as file:
        fetch = _Fetch(
            session, Part(file), api_origin, allow_private, bounds, deadline, should_stop
        )
        for attempt in range(1, bounds.attempts + 1):
            size_before = fetch.part.size_bytes
            try:
                fetch.run(link)
                break
            except DownloadBroken:
                # A host that gave nothing wants to be left alone for a while.
                is_stuck = fetch.part.size_bytes <= size_before
                if is_stuck or attempt == bounds.attempts or should_stop():
                    raise
        file.flush()
        os.fsync(file.fileno())
        return Downloaded(fetch.part.size_bytes, fetch.part.digest.hexdigest())


@dataclass(frozen=True, slots=True)
class _Fetch:
    """One download with all that it needs."""

    session: PlainSession
    part: Part
    api_origin: str
    allow_private: bool
    bounds: Bounds
    deadline: float
    should_stop: Callable[[], bool]

    def run(self, link: Link) -> None:
        """One attempt, redirects and all: from where the part ends to the end of the file."""
        for _ in range(self.bounds.max_redirects + 1):
            location = self._ask(link)
            if location is None:
                return
            link = next_link(
                link, location, api_origin=self.api_origin, allow_private=self.allow_private
            )
        raise LinkUnsafe(link.host, f"more than {self.bounds.max_redirects} redirects")

    def _ask(self, link: Link) -> str | None:
        """Where the host redirects to; None when it gave the file."""
        left_s = self.deadline - time.monotonic()
        if left_s <= 0:
            raise DownloadBroken(link.host, "no whole answer came in time")
        request = requests.Request("GET", link.url, headers=self._headers())
        with Exchange(total_s=left_s, check_peer=link.check_peer) as exchange:
            try:
                response = self.session.send_once(
                    request, connect_s=self.bounds.connect_s, read_s=self.bounds.silence_s
                )
            except NETWORK_ERRORS as error:
                raise DownloadBroken(link.host, describe_trouble(error, exchange)) from None
            with response:
                location = response.headers.get("Location")
                if response.status_code in _REDIRECTS and location:
                    return location
                self._receive(response, link, exchange)
        return None

    def _headers(self) -> dict[str, str]:
        headers = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity"}
        return {**headers, **self.part.range_headers()}

    def _receive(self, response: requests.Response, link: Link, exchange: Exchange) -> None:
        """The body, appended to the part."""
        self._begin(response, link)
        chunks = iter(raw_chunks(response, _CHUNK_BYTES))
        while True:
            # Only reading is the network's trouble: a full disk passes up as it is.
            try:
                chunk = next(chunks, b"")
            except NETWORK_ERRORS as error:
                raise DownloadBroken(link.host, describe_trouble(error, exchange)) from None
            if exchange.is_out_of_time:
                raise DownloadBroken(link.host, "no whole answer came in time")
            if not chunk:
                break
            if self.should_stop():
                raise DownloadBroken(link.host, "stopped")
            if self.part.size_bytes + len(chunk) > self.bounds.max_bytes:
                raise _too_large(link, self.bounds)
            self.part.append(chunk)
            if len(self.part.head) == HEAD_BYTES:
                _check_head(self.part.head, link)
        if not self.part.is_complete:
            raise DownloadBroken(
                link.host,
                f"the video was cut off: {self.part.size_bytes} of {self.part.total_bytes} bytes",
            )
        _check_head(self.part.head, link)

    def _begin(self, response: requests.Response, link: Link) -> None:
        """Check the reply's head, and bring the part to where its body goes on."""
        status, headers = response.status_code, response.headers
        if status in _GONE:
            raise LinkGone(link.host, f"the link has expired or is refused (HTTP {status})")
        if status not in (200, 206):
            raise DownloadBroken(link.host, f"HTTP {status}")
        if headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
            raise NotVideoData(link.host, "it sent the video packed")
        if status == 206 and self.part.is_continued_by(headers):
            return
        self.part.restart()
        if status == 206:
            raise DownloadBroken(link.host, "it sent another part than the one asked for")
        kind = headers.get("Content-Type", "")
        if _OTHER_TYPES.match(kind.strip()):
            raise NotVideoData(
                link.host, f"it sent {kind.split(';')[0].strip()[:60]!r}, not a video"
            )
        self.part.remember(headers)
        if (self.part.total_bytes or 0) > self.bounds.max_bytes:
            raise _too_large(link, self.bounds)


def _check_head(head: bytes, link: Link) -> None:
    """Raise unless a file with these first bytes can be MP4 (ftyp) or WebM (EBML)."""
    if head[4:8] != b"ftyp" and head[:4] != b"\x1a\x45\xdf\xa3":
        raise NotVideoData(link.host, "what it sent does not begin like a video")


def _too_large(link: Link, bounds: Bounds) -> VideoTooLarge:
    return VideoTooLarge(link.host, f"the video is larger than {bounds.max_bytes} bytes")
