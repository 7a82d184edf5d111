"""Lines, columns and positions within a text."""

from __future__ import annotations

import re

from storyboard.records import Position

_BREAK = re.compile(r"\r\n|\n|\r")
_REST_OF_LINE = re.compile(r"[^\r\n]*")


def split_lines(text: str) -> list[str]:
    """The lines of a text without their breaks, as editors and YAML 1.2 count them.

    `str.splitlines` also breaks at form feeds and U+2028, so its numbers differ.
    """
    return _BREAK.split(text)


def line_starts(text: str) -> list[int]:
    """The indexes at which the lines of a text begin."""
    return [0, *(found.end() for found in _BREAK.finditer(text))]


def line_end(text: str, index: int) -> int:
    """The index at which the line containing `index` ends, without its line break."""
    match = _REST_OF_LINE.match(text, index)
    return match.end() if match else index


def line_start(text: str, index: int) -> int:
    """The index at which the line containing `index` begins."""
    return max(text.rfind("\n", 0, index), text.rfind("\r", 0, index)) + 1


def position_at(text: str, index: int, display_name: str, *, width: int | None = None) -> Position:
    """The position of a character. Without a width it extends to the end of the line."""
    index = min(index, len(text))
    line = len(_BREAK.findall(text, 0, index)) + 1
    if width is None:
        width = line_end(text, index) - index
    return Position(display_name, line, index - line_start(text, index) + 1, max(width, 1))
