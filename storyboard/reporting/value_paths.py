"""Paths to values, and values, as messages write them: `shots[2].duration`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, TypeAlias

ValuePath: TypeAlias = tuple[str | int, ...]
"""The keys and indexes that lead to a value."""

_NAME = re.compile(r"[^\W\d][\w-]*")
_MAX_KEY = 60
_MAX_RENDERED = 60


def format_path(parts: Iterable[str | int]) -> str:
    """Keys and indexes as one path; keys that are not names are quoted in brackets."""
    path = ""
    for part in parts:
        if isinstance(part, int):
            path += f"[{part}]"
        elif _NAME.fullmatch(part) and len(part) <= _MAX_KEY:
            path += f".{part}" if path else part
        else:
            path += f"[{json.dumps(shorten(part, _MAX_KEY), ensure_ascii=False)}]"
    return path


def cell_path(column: str) -> str:
    """How a template writes a cell of its row: `row.seconds`, `row['Shot Size']`."""
    if column.isidentifier() and column.isascii() and len(column) <= _MAX_KEY:
        return f"row.{column}"
    return f"row[{shorten(column, _MAX_KEY)!r}]"


def shorten(text: str, most: int) -> str:
    """At most `most` characters of a text, ending in an ellipsis if it was cut."""
    return text if len(text) <= most else text[: most - 3] + "..."


def format_value(value: Any) -> str:
    """A value in a message: text is quoted and shortened, with control characters escaped."""
    if isinstance(value, str):
        return repr(shorten(value, _MAX_RENDERED))
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "a mapping"
    return json.dumps(value)
