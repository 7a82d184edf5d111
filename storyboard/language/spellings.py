"""Durations, switches and lists as people write them in the cells of a table. Pure."""

from __future__ import annotations

import re
from typing import TypeVar

_T = TypeVar("_T")

_SECONDS = re.compile(r"(\d{1,9}(?:\.\d{1,9})?) ?(?:s|secs?|seconds?)", re.IGNORECASE)
_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,4}):(\d{2})")
_SWITCHES = {
    **dict.fromkeys(("yes", "on", "y", "true"), True),
    **dict.fromkeys(("no", "off", "n", "false"), False),
}
_BETWEEN = re.compile(r"[,;\n]")


def as_seconds(value: _T) -> _T | float:
    """The number of `5s`, `5 sec`, `0:05`; any other value as it is."""
    if not isinstance(value, str):
        return value
    if found := _SECONDS.fullmatch(value.strip()):
        return _whole(float(found[1]))
    if found := _CLOCK.fullmatch(value.strip()):
        return int(found[1] or 0) * 3600 + int(found[2]) * 60 + int(found[3])
    return value


def as_switch(value: _T) -> _T | bool:
    """The switch of `yes`, `Off`, `TRUE`, 1 and 0; any other value as it is."""
    if type(value) is int and value in (0, 1):
        return value == 1
    return _SWITCHES.get(value.strip().casefold(), value) if isinstance(value, str) else value


def _whole(number: float) -> float:
    return int(number) if number.is_integer() else number


def as_list(text: str) -> list[str]:
    """The words of `a, b; c`, without empty ones."""
    return [word for part in _BETWEEN.split(text) if (word := part.strip())]
