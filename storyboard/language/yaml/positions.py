"""Places of YAML events, found from their marks without counting lines from the top."""

from __future__ import annotations

import re
from typing import Any

from storyboard.records import Position
from storyboard.reporting.lines import line_end, position_at

# An anchor or a tag, and what lies between it and the value: blanks, comments, line breaks.
_PROPERTY = re.compile(r"[&!]\S*(?:[ \t]|#[^\r\n]*|[\r\n])*")


def value_index(text: str, event: Any) -> int:
    """Where in the text an event's value begins, behind its anchor and tag."""
    index: int = event.start_mark.index
    # Where no value follows, the match runs on into the next line, past the event's end.
    while (found := _PROPERTY.match(text, index)) and found.end() <= event.end_mark.index:
        index = found.end()
    return index


def mark_position(mark: Any, display_name: str, width: int) -> Position:
    """The place of a mark."""
    return Position(display_name, mark.line + 1, mark.column + 1, max(width, 1))


def position_after(
    text: str, mark: Any, index: int, display_name: str, *, width: int | None = None
) -> Position:
    """The place of a character at or after a mark."""
    piece = text[mark.index : index]
    below = position_at(piece, len(piece), display_name, width=1)
    column = below.column + mark.column if below.line == 1 else below.column
    if width is None:
        width = line_end(text, index) - index
    return Position(display_name, mark.line + below.line, column, max(width, 1))
