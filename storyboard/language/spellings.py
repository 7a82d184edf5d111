"""Durations, switches and lists as people write them in the cells of a table. Pure."""

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
"""Stands on both sides of each entry of a list that was printed: an entry may hold a comma."""


def as_seconds(value: _T) -> _T | float:
    """The number of `5s`, `5 sec`, `0:05`; any other value as it is."""
    if not isinstance(value, str):
        return value
    if found := _SECONDS.fullmatch(value.strip()):
        return _whole(float(found[1]))
    if found := _CLOCK.fullmatch(value.strip()):
        return int(found[1] or 0) * 3600 + int(found[2]) * 60 + int(found[3])
    return value


def as_thousands(text: str) -> int | None:
    """The number of `1.000` where the point stands between thousands, as half of Europe has it.

    None for a text that is not written so.
    """
    return int(text.replace(".", "")) if _THOUSANDS.fullmatch(text) else None


def as_switch(value: _T) -> _T | bool:
    """The switch of `yes`, `Off`, `TRUE`, 1 and 0; any other value as it is."""
    if type(value) is int and value in (0, 1):
        return value == 1
    return _SWITCHES.get(value.strip().casefold(), value) if isinstance(value, str) else value


def _whole(number: float) -> float:
    return int(number) if number.is_integer() else number


def print_list(entries: Iterable[str]) -> str:
    """A list as text, of which `as_list` makes the same entries again."""
    return "".join(f"{_EDGE}{entry.replace(_EDGE, ' ')}{_EDGE}" for entry in entries)


def as_list(text: str, *, has_commas: bool = True) -> list[str]:
    """The words of `a, b; c` and the entries of printed lists in it, without empty ones.

    Without `has_commas` a comma is a character like any other.
    """
    words: list[str] = []
    for number, part in enumerate(text.split(_EDGE)):
        is_entry = number % 2 == 1
        words += [part] if is_entry or not has_commas else _BETWEEN.split(part)
    return [word for part in words if (word := part.strip())]
