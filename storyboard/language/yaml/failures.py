"""A parser's error, and what was found to be wrong. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from storyboard.reporting.lines import line_end, line_start


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, and where. If `width` is None, it extends to the end of the line.

    `repair` is the start and the end of the text to replace, and its replacement.
    """

    index: int
    message: str
    hint: str | None = None
    width: int | None = 1
    code: str = "yaml-syntax"
    repair: tuple[int, int, str] | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """A parser's error: `problem` is about `index`, where it stopped; `context` about what it read.

    `start` is where that began; `last` is the event before the error, or None.
    """

    text: str
    problem: str
    context: str
    index: int
    start: int
    last: Any


def line_at(text: str, index: int) -> tuple[str, int]:
    """Return the line that contains `index`, and the column (from 0) of `index` in it."""
    start = line_start(text, index)
    return text[start : line_end(text, start)], index - start
