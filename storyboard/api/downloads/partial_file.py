"""A partly downloaded file, and how its download is resumed between attempts and runs.

The host is asked to send the last bytes again, and they must match those in the
file, because not every host obeys a condition. Within one call the validator
(ETag or Last-Modified) must stay the same too.

Source: RFC 9110, sections 13.1.5 (If-Range) and 14.4 (Content-Range).
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from storyboard.atomic_files import open_unfollowed

HEAD_BYTES = 24

_OVERLAP_BYTES = 1024
_MIN_DISTINCT = 16  # different byte values in an overlap; padding could be in any file
_PAGE = bytes(4096)
_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})")
_STRONG_ETAG = re.compile(r'"[\x21\x23-\x7e]{1,200}"')
_DATE = re.compile(r"[\x20-\x7e]{10,40}")


def open_partial(path: Path) -> BinaryIO:
    """Open the file for reading and writing: the one an earlier download left, or a new one.

    Anything else with this name, such as a link to another file, is removed, never
    written through.
    """
    try:
        if path.is_symlink():  # covers systems without O_NOFOLLOW
            raise FileExistsError
        handle = open_unfollowed(str(path), _FLAGS)
        found = os.fstat(handle)
        if stat.S_ISREG(found.st_mode) and found.st_nlink == 1:
            return os.fdopen(handle, "r+b")
        os.close(handle)
    except OSError:
        pass  # `unlink` below removes it, or raises the reason why not
    path.unlink()
    return path.open("x+b")


class PartialFile:
    """What was written, with its digest and its first `HEAD_BYTES` bytes.

    `total_bytes` is the length of the complete file, None if the host does not say.
    `received_bytes` counts everything received, including what was discarded, but not
    the bytes requested again for comparison.
    """

    def __init__(self, file: BinaryIO, *, max_bytes: int) -> None:
        self._file = file
        self.received_bytes = 0
        self._forget()
        if os.fstat(file.fileno()).st_size > max_bytes or not self._read_what_is_there():
            self.restart()

    def restart(self) -> None:
        """Start again with an empty file."""
        self._file.seek(0)
        self._file.truncate()
        self._forget()

    def _forget(self) -> None:
        self.size_bytes = 0
        self.total_bytes: int | None = None
        self.head = b""
        self.digest = hashlib.sha256()
        self._validator: str | None = None
        self._overlap = b""  # what the host has to send again

    @property
    def is_complete(self) -> bool:
        """Whether no data is known to be missing."""
        return self.total_bytes in (None, self.size_bytes) and not self._overlap

    def append(self, chunk: bytes) -> bool:
        """Write the next bytes; if they belong to another file, restart and return False."""
        shared = min(len(chunk), len(self._overlap))
        if chunk[:shared] != self._overlap[:shared]:
            self.received_bytes += len(chunk)
            self.restart()
            return False
        self._overlap, chunk = self._overlap[shared:], chunk[shared:]
        self.received_bytes += len(chunk)
        self._file.write(chunk)
        self._count(chunk)
        return True

    def range_headers(self) -> dict[str, str]:
        """The headers that request the rest; if it could not be verified, restarts and has none."""
        self._overlap = b""
        if self.size_bytes > _OVERLAP_BYTES:
            self._file.seek(self.size_bytes - _OVERLAP_BYTES)
            overlap = self._file.read(_OVERLAP_BYTES)
            if self._validator or len(set(overlap)) >= _MIN_DISTINCT:
                self._overlap = overlap
                condition = {"If-Range": self._validator} if self._validator else {}
                return {"Range": f"bytes={self._next_byte}-", **condition}
        self.restart()
        return {}

    def accept(self, status: int, headers: Mapping[str, str]) -> bool:
        """Whether the body of a reply with this head can be appended.

        A complete reply restarts the file. A partial one (206) has to continue where the
        file ends; if the file is still empty, it counts as the beginning.
        """
        content_range = headers.get("Content-Range", "").strip()
        found = _CONTENT_RANGE.fullmatch(content_range) if status == 206 else None
        if found is None and status == 206 and self._next_byte > 0:
            return False
        if found is None:
            self.restart()
            length = headers.get("Content-Length", "").strip()
            if re.fullmatch(r"[0-9]{1,18}", length) and "Transfer-Encoding" not in headers:
                self.total_bytes = int(length)
        else:
            first, last, total = map(int, found.groups())
            is_rest = first == self._next_byte and (last == total - 1 or first == 0)
            if not is_rest or self.total_bytes not in (None, total):
                return False
            self.total_bytes = total
        return self._accept_validator(headers)

    def forget_source(self) -> None:
        """Forget length and validator, because the file now differs from what the host sends."""
        self.total_bytes = self._validator = None

    @property
    def _next_byte(self) -> int:
        return self.size_bytes - len(self._overlap)

    def _accept_validator(self, headers: Mapping[str, str]) -> bool:
        """Whether the reply has the known validator; remembers the first one it sees."""
        etag = headers.get("ETag", "").strip()
        modified = headers.get("Last-Modified", "").strip()
        if self._validator is not None:
            return self._validator in (etag, modified)
        if _STRONG_ETAG.fullmatch(etag):
            self._validator = etag
        elif _DATE.fullmatch(modified):
            self._validator = modified
        return True

    def _count(self, chunk: bytes) -> None:
        self.digest.update(chunk)
        self.size_bytes += len(chunk)
        self.head += chunk[: max(0, HEAD_BYTES - len(self.head))]

    def _read_what_is_there(self) -> bool:
        """Read the file; False if it has a page of zeros, the kind of hole a power cut leaves."""
        while block := self._file.read(1 << 20):
            if any(block[at : at + 4096] == _PAGE for at in range(0, len(block), 4096)):
                return False
            self._count(block)
        return True
