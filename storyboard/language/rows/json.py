"""Rows of JSON and JSON lines, item by item, so that a mistake is found with its line.

The standard library reads NaN, numbers of any length, halves of characters
and the last of two equal keys. Hooks of its decoder put an `_Unusable` where
such a value stands; a row that holds one is a problem with the path to it.
"""

from __future__ import annotations

import json
import math
import re
import sys
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Any, NamedTuple

from storyboard.language.nodes import Row, ScalarValue, as_written
from storyboard.language.yaml.scalars import MAX_DIGITS
from storyboard.records import Position, Problem
from storyboard.reporting.lines import position_at, split_lines
from storyboard.reporting.value_paths import format_path

MAX_LEVELS = 64

_BLANK = re.compile(r"[ \t\r\n]*")
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")


class _Unusable(NamedTuple):
    """Stands for a value that no row may hold."""

    message: str
    code: str = "json-syntax"


_HALF = _Unusable("an escape in this text is only half a character")
_TOO_DEEP = _Unusable(f"nested more than {MAX_LEVELS} levels deep", "nested-too-deep")
_REPEATED = _Unusable("repeated key", "repeated-key")

_SYNTAX: Mapping[str, tuple[str, str | None]] = {
    "Expecting value": ("a value of JSON is expected here", "text needs double quotes"),
    "Expecting property name": ("a key in double quotes is expected here", None),
    "Expecting ',' delimiter": ("a comma or a closing bracket is expected here", None),
    "Expecting ':' delimiter": ("a ':' is expected here", None),
    "Illegal trailing comma": ("a comma before a closing bracket, with nothing between them", None),
    "Unterminated string": ("this text is never closed", None),
    "Invalid control character": (
        "this text is not closed on its line, or holds a tab",
        "a line break is written \\n, a tab \\t",
    ),
    "Invalid \\": ("this backslash means nothing in JSON", "write \\\\ for a backslash"),
    "Extra data": ("more follows after the end of the value", None),
}
"""What the beginnings of the decoder's messages mean, and a hint."""


def read_json(text: str, display_name: str) -> Iterator[Row | Problem]:
    """The rows of a JSON list."""
    lines = split_lines(text)
    text = "\n".join(lines)
    line_starts = array("q", accumulate((len(line) + 1 for line in lines), initial=0))
    start = _skip_blanks(text, 0)
    try:
        if not text.startswith("[", start):
            position = position_at(text, start, display_name)
            yield row_problem(_DECODER.decode(text), None, position)
            return
        for number, (index, end, item) in enumerate(_list_items(text, start)):
            line = bisect_right(line_starts, index)
            width = min(end, line_starts[line] - 1) - index
            column = index - line_starts[line - 1] + 1
            yield _to_row(item, number, Position(display_name, line, column, width))
    except (json.JSONDecodeError, RecursionError) as error:
        yield _problem_of(error, display_name)


def read_json_lines(text: str, display_name: str) -> Iterator[Row | Problem]:
    """The row of each line that is not blank; a bad line hides no other."""
    number = 0
    for line_number, line in enumerate(split_lines(text), start=1):
        if not (content := line.strip()):
            continue
        column = line.index(content) + 1
        try:
            position = Position(display_name, line_number, column, len(content))
            yield _to_row(_DECODER.decode(line), number, position)
            number += 1
        except (json.JSONDecodeError, RecursionError) as error:
            yield _problem_of(error, display_name, line=line_number)


def _list_items(text: str, start: int) -> Iterator[tuple[int, int, Any]]:
    """Where each item of the list at `start` begins and ends, and the item.

    Raises JSONDecodeError, as the decoder does that reads the items.
    """
    index = _skip_blanks(text, start + 1)
    has_more = not text.startswith("]", index)
    while has_more:
        item, end = _DECODER.raw_decode(text, index)
        yield index, end, item
        index = _skip_blanks(text, end)
        if has_more := text.startswith(",", index):
            index = _skip_blanks(text, index + 1)
    if not text.startswith("]", index):
        raise json.JSONDecodeError("Expecting ',' delimiter", text, index)
    if (index := _skip_blanks(text, index + 1)) < len(text):
        raise json.JSONDecodeError("Extra data", text, index)


def _skip_blanks(text: str, index: int) -> int:
    found = _BLANK.match(text, index)
    return found.end() if found else index


def _to_row(item: Any, number: int, position: Position) -> Row | Problem:
    if found := _find_unusable(item, 1):
        path, unusable = found
        where = format_path([number, *reversed(path)])
        return Problem(position, unusable.code, f"{where}: {unusable.message}")
    return Row(position, item) if isinstance(item, dict) else row_problem(item, number, position)


def _find_unusable(value: Any, level: int) -> tuple[list[str | int], _Unusable] | None:
    """The first unusable value, and the way to it from the inside out; None for a sound value."""
    if isinstance(value, _Unusable):
        return [], value
    if isinstance(value, str):
        is_half = not value.isascii() and _HALF_CHARACTER.search(value)
        return ([], _HALF) if is_half else None
    if not isinstance(value, dict | list):
        return None
    if level >= MAX_LEVELS:
        return [], _TOO_DEEP
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if found := _find_unusable(inner, level + 1) or _find_unusable(key, level + 1):
            found[0].append(key)
            return found
    return None


def _read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Equal keys of all rows become one object, which saves their memory.
    made = {sys.intern(key): value for key, value in pairs}
    if len(made) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        made.update((key, _REPEATED) for key, count in counts.items() if count > 1)
    return made


def _read_number(token: str) -> ScalarValue | _Unusable:
    if len(token) > MAX_DIGITS:
        return _Unusable(f"a number of {len(token):,} characters, more than {MAX_DIGITS}")
    if token.lstrip("-").isdigit():
        return as_written(int(token), token)
    value = float(token)
    if not math.isfinite(value):
        return _Unusable(f"{token} is too large for a number")
    return as_written(value, token)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_read_object,
    parse_int=_read_number,
    parse_float=_read_number,
    parse_constant=lambda token: _Unusable(f"{token} is no value of JSON"),
)


def _problem_of(
    error: json.JSONDecodeError | RecursionError, display_name: str, *, line: int = 1
) -> Problem:
    """The error in words that are the same with every Python; `line` is where its text begins."""
    if isinstance(error, RecursionError):
        return Problem(Position(display_name, line, 1), _TOO_DEEP.code, _TOO_DEEP.message)
    text, index, reason = error.doc, error.pos, error.msg
    before = text[:index].rstrip()
    if text[index : index + 1] in ("}", "]") and before.endswith(","):
        index, reason = len(before) - 1, "Illegal trailing comma"  # as Python 3.13 says
    elif reason.startswith("Invalid \\"):
        index = text.rfind("\\", 0, index + 1)  # the position within the escape varies
    known = (words for start, words in _SYNTAX.items() if reason.startswith(start))
    message, hint = next(known, (f"this is no JSON: {reason}", None))
    position = position_at(text, index, display_name, width=1)
    position = position._replace(line=position.line + line - 1)
    return Problem(position, "json-syntax", message, hint)


def row_problem(value: Any, number: int | None, position: Position) -> Problem:
    """That the item `number` of a list is no row, or for None that the file is no list."""
    kinds = {dict: "a mapping", list: "a list", bool: "true or false", str: "text"}
    kind = "null" if value is None else kinds.get(type(value), "a number")
    where = (
        "rows are a list of mappings"
        if number is None
        else f"[{number}]: a row is a mapping of column to value"
    )
    return Problem(position, "not-rows", f"{where}, not {kind}")
