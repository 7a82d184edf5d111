"""Reads durations, switches and lists as people write them in table cells. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeVar

_T = TypeVar("_T")

_SECONDS = re.compile(r"(\d{1,9}(?:\.\d{1,9})?) ?(?:s|secs?|seconds?)", re.IGNORECASE)
_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,4}):(\d{2})")
_SWITCHES = {
    **dict.fromkeys(("yes", "on", "y", "true"), True),
    **dict.fromkeys(("no", "off", "n", "false"), False),
}
_THOUSANDS = re.compile(r"-?[1-9]\d{0,2}(?:\.\d{3})+")
_BETWEEN = re.compile(r"[,;\n]")

_EDGE = "\x02"
"""Marks both ends of each entry in a printed list, because an entry may contain a comma."""


def as_seconds(value: _T) -> _T | float:
    """Return the number in `5s`, `5 sec` or `0:05`; any other value unchanged."""
    if not isinstance(value, str):
        return value
    if found := _SECONDS.fullmatch(value.strip()):
        seconds = float(found[1])
        return int(seconds) if seconds.is_integer() else seconds
    if found := _CLOCK.fullmatch(value.strip()):
        return int(found[1] or 0) * 3600 + int(found[2]) * 60 + int(found[3])
    return value


def as_thousands(text: str) -> int | None:
    """Read `1.000` as one thousand, with the point between thousands, as much of Europe writes it.

    Returns None for a text in any other form.
    """
    return int(text.replace(".", "")) if _THOUSANDS.fullmatch(text) else None


def as_switch(value: _T) -> _T | bool:
    """Read `yes`, `Off`, `TRUE`, 1 and 0 as switches; return any other value unchanged."""
    if type(value) is int and value in (0, 1):
        return value == 1
    return _SWITCHES.get(value.strip().casefold(), value) if isinstance(value, str) else value


def print_list(entries: Iterable[str]) -> str:
    """Print a list as text that `as_list` turns back into the same entries."""
    return "".join(f"{_EDGE}{entry.replace(_EDGE, ' ')}{_EDGE}" for entry in entries)


def as_list(text: str, *, has_commas: bool = True) -> list[str]:
    """Split `a, b; c` into its words, keep printed entries whole, and drop empty ones.

    If `has_commas` is false, a text without printed entries is one word.
    """
    words: list[str] = []
    for number, part in enumerate(text.split(_EDGE)):
        is_entry = number % 2 == 1
        words += [part] if is_entry or not has_commas else _BETWEEN.split(part)
    return [word for part in words if (word := part.strip())]
