"""Downloads one video into a partial file, from an untrusted host.

Sends no key, no cookies and no .netrc login. Limits size, total time and time
without data. Resumes where it was cut off, if the rest proves to belong to the
same file. The bytes decide what the content is, not the headers. The caller
checks whether the file is a valid video.
"""

from __future__ import annotations

import itertools
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import requests

from storyboard.api.downloads.links import Link, check_link, next_link
from storyboard.api.downloads.partial_file import HEAD_BYTES, PartialFile, open_partial
from storyboard.api.http.client import NETWORK_ERRORS, USER_AGENT
from storyboard.api.http.connections import Exchange, WatchedAdapter
from storyboard.api.http.errors import describe_error
from storyboard.api.http.response import Answer, rate_hint
from storyboard.api.http.unpack import SIGN_BYTES, CutOff, is_packed, unpacked
from storyboard.errors import (
    DownloadBroken,
    HostBusy,
    LinkGone,
    LinkUnsafe,
    NotVideoData,
    VideoTooLarge,
)
from storyboard.media import LFS_VERSION

_GONE = frozenset({403, 404, 410})
_BUSY = frozenset({429, 503})
_OTHER_TYPES = re.compile(r"text/|application/(json|xml|xhtml|problem)|image/", re.IGNORECASE)
_LFS_POINTER = LFS_VERSION[:HEAD_BYTES].encode()
_MIN_PROGRESS_BYTES = 16 * 1024
_MIN_PROGRESS_PART = 0.01  # of the bytes already there
_CHUNK_BYTES = 256 * 1024
_HEADERS = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class Bounds:
    """The limits of a download: bytes, seconds in total and without data, redirects, requests.

    `attempts` limits attempts in a row that make almost no progress.
    """

    max_bytes: int = 1024**3
    total_s: float = 600.0
    idle_s: float = 30.0
    connect_s: float = 10.0
    max_redirects: int = 5
    attempts: int = 3
    max_attempts: int = 100


@dataclass(frozen=True, slots=True)
class Downloaded:
    """The file's content; it may be truncated if the host did not state its length."""

    size_bytes: int
    sha256: str
    is_length_known: bool = True


def download(
    url: str,
    target: Path,
    *,
    api_origin: str,
    allow_private: bool = False,
    is_clean: Callable[[str], bool] = bool,
    bounds: Bounds = Bounds(),
) -> Downloaded:
    """Download `url` into `target`, which is synced to disk on return.

    Continues what an earlier call left in `target`, if it belongs to the same file.
    A transfer that is cut off is resumed at once, as long as each request brings
    data; waiting and trying again later is up to the caller. `is_clean` says whether
    an address is free of secrets; no redirect to one that is not is followed.

    Raises:
        DownloadError: see `errors`; `target` holds what was received so far.
        OSError: the file cannot be written.
    """
    link = check_link(url, api_origin=api_origin, allow_private=allow_private)
    with closing(WatchedAdapter()) as adapter, open_partial(target) as file:
        transfer = _Transfer(
            adapter,
            PartialFile(file, max_bytes=bounds.max_bytes),
            api_origin=api_origin,
            allow_private=allow_private,
            is_clean=is_clean,
            bounds=bounds,
            deadline=time.monotonic() + bounds.total_s,
        )
        transfer.run(link)
        file.flush()
        os.fsync(file.fileno())
        partial = transfer.partial
        return Downloaded(
            partial.size_bytes, partial.digest.hexdigest(), partial.total_bytes is not None
        )


@dataclass(frozen=True, slots=True)
class _Transfer:
    """One download and everything that its requests need."""

    adapter: WatchedAdapter
    partial: PartialFile
    api_origin: str
    allow_private: bool
    is_clean: Callable[[str], bool]
    bounds: Bounds
    deadline: float

    def run(self, link: Link) -> None:
        """Make as many attempts as it takes, as long as they bring data."""
        partial = self.partial
        next_mark = stalled = 0
        for attempt in itertools.count(1):
            received_before = partial.received_bytes
            try:
                self._attempt(link)
                return
            except (NotVideoData, VideoTooLarge):
                partial.restart()
                raise
            except DownloadBroken:
                stalled += 1
                # Otherwise a host that sends one more byte each time would get a hundred requests.
                if partial.size_bytes > next_mark:
                    stalled = 0
                    part_bytes = int(_MIN_PROGRESS_PART * partial.size_bytes)
                    next_mark = partial.size_bytes + max(_MIN_PROGRESS_BYTES, part_bytes)
                # A host that sent nothing should be left alone for a while.
                has_sent_nothing = partial.received_bytes == received_before
                is_over = stalled >= self.bounds.attempts or attempt >= self.bounds.max_attempts
                if has_sent_nothing or is_over:
                    raise

    def _attempt(self, link: Link) -> None:
        """Fetch everything after the end of the partial file, following redirects."""
        for _ in range(self.bounds.max_redirects + 1):
            location = self._request(link)
            if location is None:
                return
            following = next_link(
                link, location, api_origin=self.api_origin, allow_private=self.allow_private
            )
            # As received, and without the escapes that cleaning added.
            if not all(map(self.is_clean, (location, unquote(following.url)))):
                raise LinkUnsafe(link.host, "it redirects to an address that contains the API key")
            link = following
        raise LinkUnsafe(link.host, f"more than {self.bounds.max_redirects} redirects")

    def _request(self, link: Link) -> str | None:
        """Send one request; return the redirect's target, or None if the host sent the file."""
        left_s = self.deadline - time.monotonic()
        if left_s <= 0:
            raise DownloadBroken(link.host, "no complete reply came in time")
        headers = {**_HEADERS, **self.partial.range_headers()}
        with Exchange(total_s=left_s, check_peer=link.check_peer) as exchange:
            try:
                response = self.adapter.send_once(
                    requests.Request("GET", link.url, headers=headers),
                    connect_s=self.bounds.connect_s,
                    read_s=self.bounds.idle_s,
                )
            except NETWORK_ERRORS as error:
                raise DownloadBroken(link.host, describe_error(error, exchange)) from None
            with response:
                location = response.headers.get("Location")
                if response.is_redirect and location:
                    return location
                _check_status(response, link)
                self._receive(response, link, exchange)
        return None

    def _receive(self, response: requests.Response, link: Link, exchange: Exchange) -> None:
        """Append the body to the partial file."""
        partial = self.partial
        if response.status_code == 416:
            partial.restart()
            raise DownloadBroken(link.host, "HTTP 416")
        if not partial.accept(response.status_code, response.headers):
            partial.restart()
            raise DownloadBroken(link.host, "it sent a different part than the one requested")
        self._check_size(partial.total_bytes or 0, link)
        for chunk in self._content(response, link, exchange):
            self._check_size(partial.size_bytes + len(chunk), link)
            if not partial.append(chunk):
                raise DownloadBroken(link.host, "it sent a different part than the one requested")
            if len(partial.head) == HEAD_BYTES:
                _check_head(partial.head, response, link)
        if not partial.is_complete:
            raise DownloadBroken(
                link.host,
                f"the video was cut off: {partial.size_bytes} of {partial.total_bytes} bytes",
            )
        _check_head(partial.head, response, link)

    def _content(
        self, response: requests.Response, link: Link, exchange: Exchange
    ) -> Iterator[bytes]:
        """The body, decompressed if it begins like compressed data."""
        chunks = _chunks(response, link, exchange)
        first = b""
        while len(first) < SIGN_BYTES and (chunk := next(chunks, b"")):
            first += chunk
        if self.partial.size_bytes or not is_packed(first):
            yield first
            yield from chunks
            return
        self.partial.forget_source()
        try:
            yield from unpacked(itertools.chain([first], chunks))
            self.partial.total_bytes = self.partial.size_bytes  # compressed data marks its own end
        except (CutOff, DownloadBroken) as error:
            # The rest cannot be requested: a range would count compressed bytes.
            self.partial.restart()
            if isinstance(error, DownloadBroken):
                raise
            raise DownloadBroken(link.host, "the video was cut off") from None

    def _check_size(self, size_bytes: int, link: Link) -> None:
        if size_bytes > self.bounds.max_bytes:
            largest = self.bounds.max_bytes
            raise VideoTooLarge(link.host, f"the video is larger than {largest} bytes")


def _check_status(response: requests.Response, link: Link) -> None:
    """Raise DownloadError unless the reply can carry data or only refuses the range (416)."""
    status = response.status_code
    headers = {name.lower(): value for name, value in response.headers.items()}
    wait_s = rate_hint(Answer(status, headers, received_at=time.time())).retry_after_s
    if status in _BUSY or (wait_s is not None and (status == 202 or status >= 400)):
        raise HostBusy(link.host, f"HTTP {status}", wait_s=wait_s)
    if status in _GONE:
        raise LinkGone(link.host, f"the link has expired or is refused (HTTP {status})")
    if not 200 <= status < 300 and status != 416:
        raise DownloadBroken(link.host, f"HTTP {status}")


def _chunks(response: requests.Response, link: Link, exchange: Exchange) -> Iterator[bytes]:
    """The body as it comes over the wire, compressed or not.

    Only errors while reading count as network errors; a full disk raises OSError.
    """
    raw: Any = response.raw
    while True:
        try:
            # Not `read`, which drops what it received before the connection broke.
            chunk = raw.read1(_CHUNK_BYTES, decode_content=False)
        except NETWORK_ERRORS as error:
            raise DownloadBroken(link.host, describe_error(error, exchange)) from None
        if exchange.is_out_of_time:
            raise DownloadBroken(link.host, "no complete reply came in time")
        if not chunk:
            return
        yield chunk


def _check_head(head: bytes, response: requests.Response, link: Link) -> None:
    """Raise NotVideoData unless a file with this head can be MP4 (ftyp) or WebM (EBML)."""
    if head[4:8] == b"ftyp" or head[:4] == b"\x1a\x45\xdf\xa3":
        return
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    content_type = response.headers.get("Content-Type", "").split(";")[0].strip()
    if head.startswith(_LFS_POINTER):
        problem = "it sent a Git LFS pointer, not the video that it stands for"
    elif encoding in ("br", "zstd", "compress", "deflate"):
        problem = f"it sent the video compressed ({encoding}), which was not requested"
    elif _OTHER_TYPES.match(content_type):
        problem = f"it sent {content_type[:60]!r}, not a video"
    else:
        problem = "what it sent does not look like a video"
    raise NotVideoData(link.host, problem)
