"""Reads rows of JSON and JSON lines, item by item, so that a mistake is reported with its line.

The standard library accepts NaN, numbers of any length, unpaired surrogates, and the last of two
equal keys. Hooks of its decoder put an `_Unusable` in place of such a value; a row that holds one
is a problem with the path to it.
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
from storyboard.language.rows.shapes import (
    cells_of,
    is_keyed,
    no_key_problem,
    no_rows_problem,
    row_problem,
    steps_of,
)
from storyboard.language.yaml.parse_state import MAX_LEVELS
from storyboard.language.yaml.scalars import MAX_DIGITS
from storyboard.records import Position, Problem
from storyboard.reporting.lines import position_at, split_lines
from storyboard.reporting.value_paths import format_path

_BLANK = re.compile(r"[ \t\r\n]*")
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")


class _Unusable(NamedTuple):
    """Stands for a value that no row may hold."""

    message: str
    code: str = "json-syntax"


_HALF = _Unusable("an escape in this text is only half a character", "half-a-character")
_TOO_DEEP = _Unusable(f"nested more than {MAX_LEVELS} levels deep", "nested-too-deep")
_REPEATED = _Unusable("repeated key", "repeated-key")

_SYNTAX: Mapping[str, tuple[str, str | None]] = {
    "Expecting value": ("a JSON value is expected here", "text needs double quotes"),
    "Expecting property name": ("a key in double quotes is expected here", None),
    "Expecting ',' delimiter": ("a comma or a closing bracket is expected here", None),
    "Expecting ':' delimiter": ("a ':' is expected here", None),
    "Illegal trailing comma": ("a trailing comma before a closing bracket", None),
    "Unterminated string": ("this text is never closed", None),
    "Invalid control character": (
        "this text is not closed on its line, or contains a tab",
        "a line break is written \\n, a tab \\t",
    ),
    "Invalid \\": ("this backslash has no meaning in JSON", "write \\\\ for a backslash"),
    "Extra data": ("there is more text after the end of the value", None),
}
"""The beginnings of the decoder's messages, with what they mean and a hint."""


def read_json(text: str, display_name: str, *, key: str | None = None) -> Iterator[Row | Problem]:
    """Read the rows of a JSON list, or of a mapping by name; `key` is the key they are under."""
    document = _Document(text, display_name)
    try:
        yield from document.rows(key)
    except (json.JSONDecodeError, RecursionError) as error:
        yield _problem_of(error, display_name)


def read_json_lines(text: str, display_name: str) -> Iterator[Row | Problem]:
    """Read one row from each line that is not blank; a bad line hides no other."""
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


class _Part(NamedTuple):
    """A value in a document: where it begins and ends, and its key or number in its container."""

    name: str | int
    begin: int
    end: int
    value: Any


class _Document:
    """A JSON text that is read part by part, so that each row has a position."""

    def __init__(self, text: str, display_name: str) -> None:
        lines = split_lines(text)
        self._text = "\n".join(lines)
        self._line_starts = array("q", accumulate((len(line) + 1 for line in lines), initial=0))
        self._display_name = display_name

    def rows(self, key: str | None) -> Iterator[Row | Problem]:
        """Yield the rows under a key, or at the top. Raises JSONDecodeError, RecursionError."""
        start = _skip_blanks(self._text, 0)
        if key is None and self._text.startswith("[", start):
            yield from self._items(start, is_whole=True)
            return
        value, end = _DECODER.raw_decode(self._text, start)
        self._check_end(end)
        steps = steps_of(key, value if isinstance(value, dict) else ())
        for number, step in enumerate(steps):
            position = self._position(start, start + 1)
            parts = self._parts(start) if isinstance(value, dict) else ()
            found = next((part for part in parts if part.name == step), None)
            if found is None:
                yield no_key_problem(str(key), steps[:number], value, position)
                return
            if value[step] is _REPEATED:
                yield Problem(position, _REPEATED.code, f"{step}: repeated key")
                return
            start, value = found.begin, found.value
        if isinstance(value, dict) and _REPEATED in value.values():
            name = next(name for name, row in value.items() if row is _REPEATED)
            message = f"{format_path([name])}: repeated key"
            yield Problem(self._position(start, start + 1), _REPEATED.code, message)
        elif isinstance(value, list):
            yield from self._items(start)
        elif is_keyed(value):
            for part in self._parts(start):
                yield self._row(part, str(part.name))
        else:
            yield no_rows_problem(value, position_at(self._text, start, self._display_name), key)

    def _items(self, start: int, *, is_whole: bool = False) -> Iterator[Row | Problem]:
        end = start
        for part in self._parts(start):
            end = part.end
            yield self._row(part)
        if is_whole:
            self._check_end(self._text.index("]", end) + 1)

    def _row(self, part: _Part, name: str | None = None) -> Row | Problem:
        return _to_row(part.value, part.name, self._position(part.begin, part.end), name)

    def _parts(self, start: int) -> Iterator[_Part]:
        """Yield the items of the list, or the values of the mapping, that begins at `start`."""
        text, is_list = self._text, self._text[start] == "["
        closing = "]" if is_list else "}"
        index, number = _skip_blanks(text, start + 1), 0
        has_more = not text.startswith(closing, index)
        while has_more:
            name: str | int = number
            if not is_list:
                name, index = _DECODER.raw_decode(text, index)
                index = _skip_blanks(text, _skip_blanks(text, index) + 1)  # after the colon
            value, end = _DECODER.raw_decode(text, index)
            yield _Part(name, index, end, value)
            number, index = number + 1, _skip_blanks(text, end)
            if has_more := text.startswith(",", index):
                index = _skip_blanks(text, index + 1)
        if not text.startswith(closing, index):
            raise json.JSONDecodeError("Expecting ',' delimiter", text, index)

    def _check_end(self, end: int) -> None:
        if (index := _skip_blanks(self._text, end)) < len(self._text):
            raise json.JSONDecodeError("Extra data", self._text, index)

    def _position(self, index: int, end: int) -> Position:
        line = bisect_right(self._line_starts, index)
        width = min(end, self._line_starts[line] - 1) - index
        return Position(self._display_name, line, index - self._line_starts[line - 1] + 1, width)


def _skip_blanks(text: str, index: int) -> int:
    found = _BLANK.match(text, index)
    return found.end() if found else index


def _to_row(
    item: Any, number: int | str, position: Position, name: str | None = None
) -> Row | Problem:
    if found := _find_unusable(item, 1):
        path, unusable = found
        where = format_path([number, *reversed(path)])
        return Problem(position, unusable.code, f"{where}: {unusable.message}")
    cells = cells_of(item, name)
    if cells is None:
        return row_problem(item, format_path([number]), position)
    return Row(position, cells)


def _find_unusable(value: Any, level: int) -> tuple[list[str | int], _Unusable] | None:
    """Return the first unusable value and its path from the inside out, or None."""
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
    # Rows share one object for equal keys, which saves memory.
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
    parse_constant=lambda token: _Unusable(f"{token} is not a JSON value"),
)


def _problem_of(
    error: json.JSONDecodeError | RecursionError, display_name: str, *, line: int = 1
) -> Problem:
    """Describe an error in the same words on every Python; `line` is where its text begins."""
    if isinstance(error, RecursionError):
        return Problem(Position(display_name, line, 1), _TOO_DEEP.code, _TOO_DEEP.message)
    text, index, reason = error.doc, error.pos, error.msg
    before = text[:index].rstrip()
    if text[index : index + 1] in ("}", "]") and before.endswith(","):
        index, reason = len(before) - 1, "Illegal trailing comma"  # in the words of Python 3.13
    elif reason.startswith("Invalid \\"):
        index = text.rfind("\\", 0, index + 1)  # the position within the escape varies
    known = (words for start, words in _SYNTAX.items() if reason.startswith(start))
    message, hint = next(known, (f"this is not valid JSON: {reason}", None))
    if reason == "Extra data" and before.endswith(("}", "]")) and "\n" in text[len(before) : index]:
        hint = "if each line is a value of its own, rename the file so that it ends in .jsonl"
    position = position_at(text, index, display_name, width=1)
    position = position._replace(line=position.line + line - 1)
    return Problem(position, "json-syntax", message, hint)
