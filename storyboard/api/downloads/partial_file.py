"""A partly downloaded file, and the validator (ETag or Last-Modified) to resume it with.

Source: RFC 9110, sections 13.1.5 (If-Range) and 14.4 (Content-Range).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import BinaryIO

HEAD_BYTES = 12

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})")
_STRONG_ETAG = re.compile(r'"[\x21\x23-\x7e]{1,200}"')
_DATE = re.compile(r"[\x20-\x7e]{10,40}")


class PartialFile:
    """What was written, with its digest and its first `HEAD_BYTES` bytes.

    `total_bytes` is the length of the whole, None where the host does not say.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.restart()

    def restart(self) -> None:
        """Begins again with an empty file."""
        self._file.seek(0)
        self._file.truncate()
        self.size_bytes = 0
        self.total_bytes: int | None = None
        self.head = b""
        self.digest = hashlib.sha256()
        self._validator: str | None = None

    @property
    def is_complete(self) -> bool:
        """Whether nothing is known to be missing."""
        return self.total_bytes in (None, self.size_bytes)

    def append(self, chunk: bytes) -> None:
        """Writes the next bytes."""
        self._file.write(chunk)
        self.digest.update(chunk)
        self.size_bytes += len(chunk)
        self.head += chunk[: max(0, HEAD_BYTES - len(self.head))]

    def read_headers(self, headers: Mapping[str, str]) -> None:
        """Notes the length and the validator that the head of a whole reply states."""
        length = headers.get("Content-Length", "").strip()
        if re.fullmatch(r"[0-9]{1,18}", length) and "Transfer-Encoding" not in headers:
            self.total_bytes = int(length)
        etag = headers.get("ETag", "").strip()
        modified = headers.get("Last-Modified", "").strip()
        if _STRONG_ETAG.fullmatch(etag):
            self._validator = etag
        elif _DATE.fullmatch(modified):
            self._validator = modified

    def range_headers(self) -> dict[str, str]:
        """The headers that ask for the rest; none, after a restart, where there is no validator."""
        if self.size_bytes == 0:
            return {}
        if self._validator is None:
            self.restart()
            return {}
        return {"Range": f"bytes={self.size_bytes}-", "If-Range": self._validator}

    def is_continued_by(self, headers: Mapping[str, str]) -> bool:
        """Whether a partial reply with these headers is the rest, from here to the end."""
        found = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", "").strip())
        if found is None or self._validator is None:
            return False
        first, last, total = map(int, found.groups())
        etag = headers.get("ETag", "").strip()
        is_other_file = self._validator.startswith('"') and etag not in ("", self._validator)
        is_rest = first == self.size_bytes > 0 and last == total - 1
        if is_other_file or not is_rest or self.total_bytes not in (None, total):
            return False
        self.total_bytes = total
        return True
