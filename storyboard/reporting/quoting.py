"""Makes untrusted text safe to print: no control characters, bounded length."""

from __future__ import annotations

import re
import unicodedata

from storyboard.records import Position

_WIDEST = 100
_ELLIPSIS = "..."
_TAB = "    "

# Control characters act on the terminal; bidirectional marks and unusual line
# breaks can make a line look like a different one.
_ACTING = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_NAMES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def printable(text: str) -> str:
    """The text on one line, with an escape for each character that a terminal would act on."""
    return _ACTING.sub(_escape, text)


def bounded(text: str, most: int) -> str:
    """At most `most` characters of a text, made printable."""
    cut = text if len(text) <= most else text[: most - len(_ELLIPSIS)] + _ELLIPSIS
    return printable(cut)


def quote(line: str, position: Position) -> tuple[str, str]:
    """A source line and the carets that underline the position.

    A line that is too wide is cut on either side of the position; tabs are four
    columns, wide characters two.
    """
    start = min(position.column - 1, len(line))
    end = min(start + position.width, len(line))
    first, last = _window(line, start, end)
    lead = _ELLIPSIS if first else ""
    trail = _ELLIPSIS if last < len(line) else ""
    before = lead + _visible(line[first:start])
    marked = _visible(line[start : min(end, last)])
    visible = before + marked + _visible(line[min(end, last) : last]) + trail
    carets = " " * columns(before) + "^" * max(columns(marked), 1)
    return visible.rstrip(), carets


def columns(text: str) -> int:
    """How many columns of a terminal a printable text takes."""
    if text.isascii():
        return len(text)
    return sum(_width(character) for character in text)


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    if character in _NAMES:
        return _NAMES[character]
    number = ord(character)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"


def _visible(text: str) -> str:
    return printable(text.replace("\t", _TAB))


def _width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def _window(line: str, start: int, end: int) -> tuple[int, int]:
    """The part of a line to show, in characters, so that the position is visible."""
    if len(line) <= _WIDEST:
        return 0, len(line)
    visible_width = min(end - start, _WIDEST // 2)
    first = max(0, min(start - (_WIDEST - visible_width) // 2, len(line) - _WIDEST))
    return first, min(first + _WIDEST, len(line))
