"""Makes untrusted text safe to print: active characters become visible, the length is bounded.

A terminal acts on control characters, and CI services act on log lines that
look like commands. Bidirectional marks and invisible characters make a text
look like another one. All of these are written as escapes.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from storyboard.records import Position
from storyboard.reporting.value_paths import shorten

_WIDEST = 100
_ELLIPSIS = "..."
_TAB = "    "

_INVISIBLE = (
    "\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f"
)
# GitHub takes `##[error]` for a command anywhere in a line, and Azure Pipelines takes
# `##vso[`. Source: ActionCommand.cs of GitHub's runner, "Logging commands" of Azure Pipelines.
_COMMAND_MARK = r"(?<=#)#(?=\w{0,20}\[)"
_ACTIVE = re.compile(f"[\x00-\x1f{_INVISIBLE}]|{_COMMAND_MARK}")
_ACTIVE_IN_JSON = re.compile(f"[{_INVISIBLE}]|{_COMMAND_MARK}")
_RAW_BYTES = re.compile("[\udc80-\udcff]")  # how Python reads bytes outside the locale's encoding
_NAMES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}

# The same runner takes a line for a command if it begins with this, after any whitespace.
_COMMAND_START = re.compile(r"(\s*:):")


def printable(text: str) -> str:
    """The text on one line, with an escape for each character that a reader would act on."""
    if text.isprintable() and "##" not in text:  # the fast path for nearly all texts
        return text
    return _ACTIVE.sub(_escape, _as_utf8(text, "backslashreplace"))


def visible(text: str) -> str:
    """A whole line for a terminal or a log: printable, and never a command to a CI service."""
    line = printable(text)
    match = _COMMAND_START.match(line)
    return f"{match[1]}\\x3a{line[match.end() :]}" if match else line


def json_text(document: Mapping[str, Any], *, indent: int | None = 2) -> str:
    """The document as JSON that is safe to print and parses like the output of `json.dumps`.

    Letters of all scripts are kept; active characters are escaped. Raw bytes of file names
    are read as UTF-8, and kept as they are if they are not UTF-8.
    """
    text = json.dumps(document, indent=indent, ensure_ascii=False, default=str)
    if text.replace("\n", "").isprintable() and "##" not in text:
        return text
    return _ACTIVE_IN_JSON.sub(_escape_in_json, _as_utf8(text, "surrogateescape"))


def bounded(text: str, most: int) -> str:
    """At most `most` characters of a text, made printable."""
    return printable(shorten(text, most))


def quote(line: str, position: Position) -> tuple[str, str]:
    """A source line and the carets that underline the position.

    A line that is too wide is cut on both sides of the position. Tabs count as four
    columns, wide characters as two.
    """
    start = min(position.column - 1, len(line))
    end = min(start + position.width, len(line))
    first, last = _window(line, start, end)
    lead = _ELLIPSIS if first else ""
    trail = _ELLIPSIS if last < len(line) else ""
    before = lead + _expanded(line[first:start])
    marked = _expanded(line[start : min(end, last)])
    text = before + marked + _expanded(line[min(end, last) : last]) + trail
    carets = " " * columns(before) + "^" * max(columns(marked), 1)
    # Escaped again: a command to a CI service can begin in one piece and end in another.
    return printable(text.rstrip()), carets


def columns(text: str) -> int:
    """How many terminal columns a printable text takes."""
    if text.isascii():
        return len(text)
    return sum(_width(character) for character in text)


def cut(text: str, width: int) -> str:
    """As much of a printable text as fits into `width` columns; its end shows if more follows."""
    if columns(text) <= width:
        return text
    room, kept = max(width - 1, 0), 0
    while kept < len(text) and (room := room - _width(text[kept])) >= 0:
        kept += 1
    return f"{text[:kept]}…"


def _as_utf8(text: str, errors: str) -> str:
    """The text with the raw bytes of a file name read as UTF-8, whatever the locale says."""
    if not _RAW_BYTES.search(text):
        return text
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", errors)
    except UnicodeEncodeError:  # half a surrogate pair, which is not a byte
        return text


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    if character in _NAMES:
        return _NAMES[character]
    number = ord(character)
    if number > 0xFFFF:
        return f"\\U{number:08x}"
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"


def _escape_in_json(match: re.Match[str]) -> str:
    character = match.group()
    return "\\u0023" if character == "#" else json.dumps(character)[1:-1]


def _expanded(text: str) -> str:
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
