"""Text from the server, made fit to show: without the key, without control characters, bounded.

Every text that leaves this package went through here.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

HIDDEN = "***"
MAX_MESSAGE = 500  # characters
MAX_BODY = 16 * 1024  # characters; enough for the whole reply of any documented call
MAX_DEPTH = 40

# A key this short is a stand-in ("test", "sandbox"). Hiding it would tear up
# innocent words, task ids among them.
_SHORTEST_SECRET = 8

_BACKSLASHED = frozenset('"\\/')  # RFC 8259, section 7
_HTML_NAMES = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}

# Controls, formats (they can turn the direction of a line), lone surrogates, line separators.
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Redaction:
    """Knows the key, and keeps it out of whatever passes."""

    key: str = field(default="", repr=False)

    def hide(self, text: str) -> str:
        """`text` with the key replaced by ***, however a URL, JSON or HTML may spell it."""
        if len(self.key) < _SHORTEST_SECRET:
            return text
        return _spellings_of(self.key).sub(HIDDEN, text)

    def is_clean(self, text: str) -> bool:
        """Whether `text` does not hold the key."""
        return self.hide(text) == text

    def quote(self, text: str, limit: int = MAX_MESSAGE) -> str:
        """One printable line of at most `limit` characters."""
        line = _printable(" ".join(self.hide(text).split()))
        return line if len(line) <= limit else line[: limit - 1] + "…"

    def keep(self, raw: bytes, document: Any = None) -> str:
        """A reply for the state file: the document as JSON, else the bytes as text; bounded.

        The document is written anew, because an escape in the raw text could
        spell the key in another way.
        """
        if document is None:
            text = self.hide(raw.decode("utf-8", "replace"))
        else:
            text = json.dumps(self._hide_in(document), ensure_ascii=False)
        text = text.encode("utf-8", "backslashreplace").decode("utf-8")
        return text if len(text) <= MAX_BODY else text[: MAX_BODY - 1] + "…"

    def _hide_in(self, document: Any, depth: int = 0) -> Any:
        if depth > MAX_DEPTH:
            return "…"
        if isinstance(document, str):
            return self.hide(document)
        if isinstance(document, list):
            return [self._hide_in(item, depth + 1) for item in document]
        if isinstance(document, dict):
            return {
                self.hide(key): self._hide_in(value, depth + 1) for key, value in document.items()
            }
        return document


@lru_cache(maxsize=4)
def _spellings_of(key: str) -> re.Pattern[str]:
    """The key, each character of it as it is or escaped."""
    return re.compile("".join(map(_spellings_of_char, key)))


def _spellings_of_char(char: str) -> str:
    code = ord(char)
    escapes = rf"(?i:%{code:02x}|\\u{code:04x}|&#0*{code};|&#x0*{code:x};)"
    forms = [escapes]
    if char in _BACKSLASHED:
        forms.append(re.escape(f"\\{char}"))
    if char in _HTML_NAMES:
        forms.append(f"&{_HTML_NAMES[char]};")
    # Last, since some escapes begin with the character itself: of "%25" nothing shall be left.
    return f"(?:{'|'.join([*forms, re.escape(char)])})"


def _printable(text: str) -> str:
    return "".join(
        char.encode("unicode_escape").decode("ascii")
        if unicodedata.category(char) in _UNPRINTABLE
        else char
        for char in text
    )
