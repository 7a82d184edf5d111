"""The disk with some files replaced, so that a repair can be tried before it is written."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

from storyboard.language.files import DISK, Disk
from storyboard.language.text_files import MAX_BYTES, decode_text

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class TextFile:
    """A text file as read: its bytes, its text and its encoding."""

    path: Path
    content: bytes
    text: str
    mark: bytes
    encoding: str

    def encoded(self, text: str) -> bytes:
        """Return another text as bytes, with this file's byte order mark and encoding."""
        return self.mark + text.encode(self.encoding)


def read_text_file(path: Path, text: str) -> TextFile | None:
    """Return the file at a path, or None if it no longer holds `text`, which was read from it."""
    try:
        content = DISK.read_bytes(path, MAX_BYTES)
    except (OSError, ValueError):
        return None
    mark, encoding = _encoding(content)
    file = TextFile(path, content, text, mark, encoding)
    is_it = decode_text(content, "").text == text and file.encoded(text) == content
    return file if is_it else None


def _encoding(content: bytes) -> tuple[bytes, str]:
    return next((found for found in _MARKS if content.startswith(found[0])), (b"", "utf-8"))


class Overlay(Disk):
    """The disk with other content for some files; their paths have links resolved."""

    def __init__(self, contents: dict[str, bytes]) -> None:
        self._contents = contents

    def read_bytes(self, path: Path, max_bytes: int) -> bytes:
        """See `Files`."""
        found = self._contents.get(self.real_path(path))
        return super().read_bytes(path, max_bytes) if found is None else found[: max_bytes + 1]
