"""Finds the positions of YAML events from their marks, without counting all lines. Pure."""

from __future__ import annotations

import re
from typing import Any

from storyboard.records import Position
from storyboard.reporting.lines import line_end, position_at

# An anchor or a tag, and anything between it and the value: blanks, comments, line breaks.
_PROPERTY = re.compile(r"[&!]\S*(?:[ \t]|#[^\r\n]*|[\r\n])*")


def value_index(text: str, event: Any) -> int:
    """Return the index at which an event's value begins, after its anchor and tag."""
    index: int = event.start_mark.index
    if event.anchor is None and event.tag is None:
        return index
    # If no value follows, the match continues on the next line, past the event's end.
    while (found := _PROPERTY.match(text, index)) and found.end() <= event.end_mark.index:
        index = found.end()
    return index


def value_position(text: str, event: Any, display_name: str) -> Position:
    """Return the position of an event's value: its first line, without its anchor and tag."""
    start, end = event.start_mark, event.end_mark
    if event.anchor is None and event.tag is None:
        is_one_line = end.line == start.line
        width = end.column - start.column if is_one_line else _rest(text, start.index)
        return Position(display_name, start.line + 1, start.column + 1, width or 1)
    index = value_index(text, event)
    # Stop at the event's end: a line can hold any number of tags.
    width = line_end(text[index : end.index], 0)
    return position_after(text, start, index, display_name, width=width)


def mark_position(mark: Any, display_name: str, width: int) -> Position:
    """Return the position of a mark; `width` is at least 1."""
    return Position(display_name, mark.line + 1, mark.column + 1, max(width, 1))


def position_after(
    text: str, mark: Any, index: int, display_name: str, *, width: int | None = None
) -> Position:
    """Return the position of a character at or after a mark; by default, up to its line's end."""
    piece = text[mark.index : index]
    below = position_at(piece, len(piece), display_name, width=1)
    column = below.column + mark.column if below.line == 1 else below.column
    width = _rest(text, index) if width is None else width
    return Position(display_name, mark.line + below.line, column, max(width, 1))


def _rest(text: str, index: int) -> int:
    return line_end(text, index) - index
