"""Places of YAML events, found from their marks without counting lines from the top."""

from __future__ import annotations

import re
from typing import Any

from storyboard.records import Place
from storyboard.reporting.lines import line_end, place_at

# An anchor or a tag, and what lies between it and the value: blanks, comments, line breaks.
_PROPERTY = re.compile(r"[&!]\S*(?:[ \t]|#[^\r\n]*|[\r\n])*")


def value_index(text: str, event: Any) -> int:
    """Where in the text an event's value begins, behind its anchor and tag."""
    index: int = event.start_mark.index
    # Where no value follows, the match runs on into the next line, past the event's end.
    while (found := _PROPERTY.match(text, index)) and found.end() <= event.end_mark.index:
        index = found.end()
    return index


def mark_place(mark: Any, shown: str, width: int) -> Place:
    """The place of a mark."""
    return Place(shown, mark.line + 1, mark.column + 1, max(width, 1))


def place_after(text: str, mark: Any, index: int, shown: str, *, width: int | None = None) -> Place:
    """The place of a character at or after a mark."""
    piece = text[mark.index : index]
    below = place_at(piece, len(piece), shown, width=1)
    column = below.column + mark.column if below.line == 1 else below.column
    if width is None:
        width = line_end(text, index) - index
    return Place(shown, mark.line + below.line, column, max(width, 1))
