"""Downloads one video into a partial file, from a host that is not trusted.

Sends no key, no cookies and no .netrc login. Bounded in size, time and
silence; resumes where it was cut off, if the host can prove that the file is
still the same. Whether the file is a sound video is checked by the caller.
"""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

import requests

from storyboard.api.downloads.links import Link, check_link, next_link
from storyboard.api.downloads.partial_file import HEAD_BYTES, PartialFile
from storyboard.api.http.connections import Exchange
from storyboard.api.http.errors import describe_trouble
from storyboard.api.http.session import NETWORK_ERRORS, USER_AGENT, PlainSession, raw_chunks
from storyboard.errors import DownloadBroken, LinkGone, LinkUnsafe, NotVideoData, VideoTooLarge

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({403, 404, 410})
_OTHER_TYPES = re.compile(r"text/|application/(json|xml|xhtml|problem)|image/", re.IGNORECASE)
_CHUNK_BYTES = 256 * 1024
_HEADERS = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity"}


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
    bounds: Bounds = Bounds(),
) -> Downloaded:
    """Downloads `url` into `target`, replacing what is there; on disk when this returns.

    After an error `target` may hold a part. A transfer that was cut off is
    resumed at once, with `bounds.attempts` requests in all; waiting and trying
    again later is up to the caller, and begins anew.

    Raises:
        DownloadError: see `errors`.
        OSError: the file cannot be written.
    """
    link = check_link(url, api_origin=api_origin, allow_private=allow_private)
    # Made new: what the name leads to may be a file of somebody's.
    target.unlink(missing_ok=True)
    with PlainSession() as session, target.open("x+b") as file:
        transfer = _Transfer(
            session,
            PartialFile(file),
            api_origin=api_origin,
            allow_private=allow_private,
            bounds=bounds,
            deadline=time.monotonic() + bounds.total_s,
        )
        transfer.run(link)
        file.flush()
        os.fsync(file.fileno())
        return Downloaded(transfer.partial.size_bytes, transfer.partial.digest.hexdigest())


@dataclass(frozen=True, slots=True)
class _Transfer:
    """One download with all that its requests need."""

    session: PlainSession
    partial: PartialFile
    api_origin: str
    allow_private: bool
    bounds: Bounds
    deadline: float

    def run(self, link: Link) -> None:
        """As many attempts as are allowed and bring something."""
        for attempt in range(1, self.bounds.attempts + 1):
            size_before = self.partial.size_bytes
            try:
                self._attempt(link)
                return
            except DownloadBroken:
                # A host that gave nothing wants to be left alone for a while.
                if self.partial.size_bytes <= size_before or attempt == self.bounds.attempts:
                    raise

    def _attempt(self, link: Link) -> None:
        """From where the partial file ends to the end of the video, redirects and all."""
        for _ in range(self.bounds.max_redirects + 1):
            location = self._request(link)
            if location is None:
                return
            link = next_link(
                link, location, api_origin=self.api_origin, allow_private=self.allow_private
            )
        raise LinkUnsafe(link.host, f"more than {self.bounds.max_redirects} redirects")

    def _request(self, link: Link) -> str | None:
        """Where the host redirects to; None when it gave the file."""
        left_s = self.deadline - time.monotonic()
        if left_s <= 0:
            raise DownloadBroken(link.host, "no whole answer came in time")
        headers = {**_HEADERS, **self.partial.range_headers()}
        with Exchange(total_s=left_s, check_peer=link.check_peer) as exchange:
            try:
                response = self.session.send_once(
                    requests.Request("GET", link.url, headers=headers),
                    connect_s=self.bounds.connect_s,
                    read_s=self.bounds.silence_s,
                )
            except NETWORK_ERRORS as error:
                raise DownloadBroken(link.host, describe_trouble(error, exchange)) from None
            with response:
                location = response.headers.get("Location")
                if response.status_code in _REDIRECTS and location:
                    return location
                self._begin(response, link)
                self._receive(response, link, exchange)
        return None

    def _begin(self, response: requests.Response, link: Link) -> None:
        """Checks the reply's head, and brings the partial file to where its body goes on."""
        status, headers = response.status_code, response.headers
        if status in _GONE:
            raise LinkGone(link.host, f"the link has expired or is refused (HTTP {status})")
        if status not in (200, 206):
            raise DownloadBroken(link.host, f"HTTP {status}")
        if headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
            raise NotVideoData(link.host, "it sent the video packed")
        if status == 206 and self.partial.is_continued_by(headers):
            return
        self.partial.restart()
        if status == 206:
            raise DownloadBroken(link.host, "it sent another part than the one asked for")
        content_type = headers.get("Content-Type", "").split(";")[0].strip()
        if _OTHER_TYPES.match(content_type):
            raise NotVideoData(link.host, f"it sent {content_type[:60]!r}, not a video")
        self.partial.read_headers(headers)
        self._check_size(self.partial.total_bytes or 0, link)

    def _receive(self, response: requests.Response, link: Link, exchange: Exchange) -> None:
        """Appends the body to the partial file."""
        partial = self.partial
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
            self._check_size(partial.size_bytes + len(chunk), link)
            partial.append(chunk)
            if len(partial.head) == HEAD_BYTES:
                _check_head(partial.head, link)
        if not partial.is_complete:
            raise DownloadBroken(
                link.host,
                f"the video was cut off: {partial.size_bytes} of {partial.total_bytes} bytes",
            )
        _check_head(partial.head, link)

    def _check_size(self, size_bytes: int, link: Link) -> None:
        if size_bytes > self.bounds.max_bytes:
            largest = self.bounds.max_bytes
            raise VideoTooLarge(link.host, f"the video is larger than {largest} bytes")


def _check_head(head: bytes, link: Link) -> None:
    """Raises NotVideoData unless a file with this head can be MP4 (ftyp) or WebM (EBML)."""
    if head[4:8] != b"ftyp" and head[:4] != b"\x1a\x45\xdf\xa3":
        raise NotVideoData(link.host, "what it sent does not begin like a video")
