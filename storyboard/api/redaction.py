"""Makes text from the server safe to show: no key, no control characters, limited length.

`http.response` hides the key in every answer before anything reads it.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from storyboard.private import MIN_KEY_LENGTH

HIDDEN = "***"
MAX_MESSAGE = 500  # characters
MAX_DEPTH = 40

_BACKSLASHED = frozenset('"\\/')  # RFC 8259, section 7
_HTML_NAMES = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}
_BASE64_SPELLINGS = {
    "+": r"(?:[+-]|%(?:25)?2[Bb])",  # "-" and "_" in the URL-safe alphabet: RFC 4648, section 5
    "/": r"(?:\\?/|_|%(?:25)?2[Ff])",
}

# Controls, formats (which can change a line's direction), lone surrogates, line separators.
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Redaction:
    """Replaces the key with *** wherever it occurs.

    Finds it in any letter case, with any of its characters escaped as in a URL (once
    or twice), JSON or HTML, in hex, and in base64, even as part of a longer text. A
    key of fewer than 8 characters is left alone.
    """

    key: str = field(default="", repr=False)

    def hide(self, text: str) -> str:
        """`text` without the key; takes time proportional to its length."""
        # No encoding is shorter than the key itself.
        if len(self.key) < MIN_KEY_LENGTH or len(text) < len(self.key):
            return text
        for pattern in _spellings_of(self.key):
            text = pattern.sub(HIDDEN, text)
        return text

    def is_clean(self, text: str) -> bool:
        """Whether `text` is free of the key."""
        return self.hide(text) == text

    def hide_in(self, document: Any, depth: int = 0) -> Any:
        """A copy of a JSON document without the key, even in numbers and names.

        Values nested deeper than `MAX_DEPTH` become "…".
        """
        if depth > MAX_DEPTH:
            return "…"
        if isinstance(document, str):
            return self.hide(document)
        if isinstance(document, list):
            return [self.hide_in(item, depth + 1) for item in document]
        if isinstance(document, dict):
            return {
                self.hide(name): self.hide_in(value, depth + 1) for name, value in document.items()
            }
        return HIDDEN if self._is_key_as_number(document) else document

    def quote(self, text: str, limit: int = MAX_MESSAGE) -> str:
        """`text` without the key, as one printable line of at most `limit` characters."""
        return printable_line(self.hide(text), limit)

    def _is_key_as_number(self, value: Any) -> bool:
        if not self.key.isdecimal() or isinstance(value, bool):
            return False
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return isinstance(value, (int, float)) and not self.is_clean(
            str(abs(value)).zfill(len(self.key))
        )


def printable_line(text: str, limit: int = MAX_MESSAGE) -> str:
    """One line of at most `limit` characters; unprintable ones are escaped as in Python."""
    line = "".join(
        char.encode("unicode_escape").decode("ascii")
        if unicodedata.category(char) in _UNPRINTABLE
        else char
        for char in " ".join(text.split())
    )
    return line if len(line) <= limit else line[: limit - 1] + "…"


@lru_cache(maxsize=4)
def _spellings_of(key: str) -> tuple[re.Pattern[str], ...]:
    """Patterns that together match every encoding of the key.

    The first ignores case. The second, for base64, is case-sensitive.
    """
    # A pattern that begins with a set of characters skips all others quickly;
    # lookbehinds then check which of the set matched.
    itself = re.escape(key[0].lower() + key[0].upper())
    escapes = "|".join(f"(?<={mark})(?:{tail})" for mark, tail in _escapes_of(key[0]))
    rest = "".join(map(_spellings_of_char, key[1:]))
    secret = key.encode()
    encoded = [secret.hex(), secret.hex().upper(), *(_base64_of(secret, n) for n in range(3))]
    return (
        re.compile(rf"[{itself}%&\\](?i:(?:{escapes}|(?<=[{itself}])){rest})"),
        re.compile("|".join(encoded)),
    )


def _spellings_of_char(char: str) -> str:
    escapes = [f"{mark}(?:{tail})" for mark, tail in _escapes_of(char)]
    # Last, because some escapes begin with the character itself: nothing of "%25" may remain.
    return f"(?:{'|'.join([*escapes, re.escape(char)])})"


def _escapes_of(char: str) -> Iterator[tuple[str, str]]:
    """Patterns for the escaped character: the mark that an escape begins with, and the rest.

    Repetitions are bounded, so that a long run of zeros or backslashes is not scanned
    again from each of its positions.
    """
    code = ord(char)
    yield "%", f"(?:25)?{code:02x}"
    yield r"\\", rf"\\{{0,2}}(?:u00|x){code:02x}"
    yield "&", f"#0{{0,6}}{code};|#x0{{0,6}}{code:x};"
    if char in _BACKSLASHED:
        yield r"\\", re.escape(char)
    if char in _HTML_NAMES:
        yield "&", f"{_HTML_NAMES[char]};"


def _base64_of(secret: bytes, offset: int) -> str:
    """A pattern for `secret` in base64 with `offset` bytes (modulo 3) in front of it.

    A character that also holds bits of a neighbour is not matched exactly: those in
    front stay, and the one behind is removed along with the padding.
    """
    text = base64.b64encode(b"\0" * offset + secret).decode()
    first = (offset * 8 + 5) // 6
    bits = (offset + len(secret)) * 8
    sure = text[first : bits // 6]
    pattern = "".join(_BASE64_SPELLINGS.get(char, char) for char in sure)
    return pattern + ("[A-Za-z0-9+/_-]?={0,2}" if bits % 6 else "")
