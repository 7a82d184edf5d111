"""Rows of JSON and JSON lines, item by item, so that a mistake is found with its line.

The standard library reads NaN, numbers of any length, halves of characters
and the last of two equal keys. Hooks of its decoder put an `_Unusable` where
such a value stands; a row that holds one is a problem with the path to it.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from storyboard.language.nodes import Row
from storyboard.language.yaml.scalars import MAX_DIGITS
from storyboard.records import Position, Problem
from storyboard.reporting.lines import position_at, split_lines
from storyboard.reporting.value_paths import format_path, shorten

MAX_LEVELS = 64

_BLANK = re.compile(r"[ \t\r\n]*")
_WORD = re.compile(r"[\w.+-]+")
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")


class _Unusable(NamedTuple):
    """Stands for a value that no row may hold."""

    message: str
    code: str = "json-syntax"


_HALF = _Unusable("an escape in this text is only half a character")
_TOO_DEEP = _Unusable(f"nested more than {MAX_LEVELS} levels deep", "nested-too-deep")


def read_json(text: str, display_name: str) -> Iterator[Row | Problem]:
    """The rows of a JSON list."""
    text = "\n".join(split_lines(text))
    decoder = _new_decoder()
    try:
        start = _skip_blanks(text, 0)
        if text.startswith("[", start):
            items = _locate(_list_items(text, start, decoder), text, display_name)
            for number, (position, item) in enumerate(items):
                yield _to_row(item, number, position)
        else:
            position = position_at(text, start, display_name)
            yield row_problem(decoder.decode(text), None, position)
    except json.JSONDecodeError as error:
        yield _syntax_problem(error, display_name)
    except RecursionError:
        yield Problem(Position(display_name, 1, 1), _TOO_DEEP.code, _TOO_DEEP.message)


def read_json_lines(text: str, display_name: str) -> Iterator[Row | Problem]:
    """The row of each line that is not blank; a bad line hides no other."""
    decoder = _new_decoder()
    number = 0
    for line_number, line in enumerate(split_lines(text), start=1):
        if not line.strip():
            continue
        start = _skip_blanks(line, 0)
        position = Position(display_name, line_number, start + 1, len(line.rstrip()) - start)
        try:
            yield _to_row(decoder.decode(line), number, position)
            number += 1
        except json.JSONDecodeError as error:
            found = _syntax_problem(error, display_name)
            yield replace(found, position=found.position._replace(line=line_number))
        except RecursionError:
            yield Problem(position, _TOO_DEEP.code, _TOO_DEEP.message)


def _list_items(text: str, start: int, decoder: json.JSONDecoder) -> Iterator[tuple[int, int, Any]]:
    """Where each item of the list at `start` begins and ends, and the item.

    Raises JSONDecodeError, as the decoder does that reads the items.
    """
    index = _skip_blanks(text, start + 1)
    is_open = not text.startswith("]", index)
    while is_open:
        item, end = decoder.raw_decode(text, index)
        yield index, end, item
        index = _skip_blanks(text, end)
        is_open = text.startswith(",", index)
        if is_open:
            index = _skip_blanks(text, index + 1)
    if not text.startswith("]", index):
        raise json.JSONDecodeError("Expecting ',' delimiter", text, index)
    index = _skip_blanks(text, index + 1)
    if index < len(text):
        raise json.JSONDecodeError("Extra data", text, index)


def _locate(
    items: Iterable[tuple[int, int, Any]], text: str, display_name: str
) -> Iterator[tuple[Position, Any]]:
    """The items with their positions; counts each line once, however many items there are."""
    line, line_start, counted = 1, 0, 0
    for start, end, item in items:
        line += text.count("\n", counted, start)
        line_start = text.rfind("\n", counted, start) + 1 or line_start
        counted = start
        first_break = text.find("\n", start, end)
        width = (end if first_break < 0 else first_break) - start
        yield Position(display_name, line, start - line_start + 1, width), item


def _to_row(item: Any, number: int, position: Position) -> Row | Problem:
    if found := _find_unusable(item, 1):
        path, unusable = found
        where = format_path([number, *reversed(path)])
        return Problem(position, unusable.code, f"{where}: {unusable.message}")
    if isinstance(item, dict):
        return Row(position, item)
    return row_problem(item, number, position)


def _find_unusable(value: Any, level: int) -> tuple[list[str | int], _Unusable] | None:
    """The first unusable value, and the way to it from the inside out; None for a sound value."""
    if isinstance(value, str):
        is_half = not value.isascii() and _HALF_CHARACTER.search(value)
        return ([], _HALF) if is_half else None
    if isinstance(value, _Unusable):
        return [], value
    if isinstance(value, dict | list):
        if level >= MAX_LEVELS:
            return [], _TOO_DEEP
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            found = _find_unusable(inner, level + 1) or _find_unusable(key, level + 1)
            if found:
                found[0].append(key)
                return found
    return None


def _read_object(keys: dict[str, str], pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A mapping; `keys` makes equal keys of all rows one object, which saves their memory."""
    made = {keys.setdefault(key, key): value for key, value in pairs}
    if len(made) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        repeated = (key for key, count in counts.items() if count > 1)
        made.update(dict.fromkeys(repeated, _Unusable("repeated key", "repeated-key")))
    return made


def _read_number(token: str) -> int | float | _Unusable:
    if len(token) > MAX_DIGITS:
        return _Unusable(f"a number of {len(token):,} characters, more than {MAX_DIGITS}")
    if token.lstrip("-").isdigit():
        return int(token)
    value = float(token)
    return value if math.isfinite(value) else _Unusable(f"{token} is too large for a number")


def _no_value(token: str) -> _Unusable:
    return _Unusable(f"{token} is no value of JSON")


def _new_decoder() -> json.JSONDecoder:
    return json.JSONDecoder(
        object_pairs_hook=partial(_read_object, {}),
        parse_int=_read_number,
        parse_float=_read_number,
        parse_constant=_no_value,
    )


_SYNTAX: Mapping[str, tuple[str, str | None]] = {
    "Expecting ',' delimiter": ("a comma or a closing bracket is expected here", None),
    "Expecting ':' delimiter": ("a ':' is expected here", None),
    "Expecting property name": ("a key in double quotes is expected here", None),
    "Unterminated string": ("this text is never closed", None),
    "Invalid control character": (
        "this text is not closed on its line, or holds a tab",
        "a line break is written \\n, a tab \\t",
    ),
    "Invalid \\": ("this backslash means nothing in JSON", "write \\\\ for a backslash"),
    "Extra data": ("more follows after the end of the value", None),
}
"""What the beginnings of the decoder's messages mean."""


def _syntax_problem(error: json.JSONDecodeError, display_name: str) -> Problem:
    """The decoder's error in words that are the same with every version of Python."""
    text, index = error.doc, error.pos
    before = len(text[:index].rstrip())
    hint: str | None
    if error.msg.startswith("Illegal trailing comma"):  # Python 3.13 and later
        message, hint = _trailing_comma(text, index)
    elif text[index : index + 1] in ("}", "]") and text.endswith(",", 0, before):
        index = before - 1
        message, hint = _trailing_comma(text, index)
    elif error.msg.startswith("Expecting value"):
        message, hint = _wrong_value(text, index)
    else:
        if error.msg.startswith("Invalid \\"):  # the place within the escape varies
            index = text.rfind("\\", 0, index + 1)
        known = (words for start, words in _SYNTAX.items() if error.msg.startswith(start))
        message, hint = next(known, (f"this is no JSON: {error.msg}", None))
    return Problem(position_at(text, index, display_name, width=1), "json-syntax", message, hint)


def _trailing_comma(text: str, index: int) -> tuple[str, None]:
    closing = text[_skip_blanks(text, index + 1)]
    return f"a comma before {closing}, with nothing between them", None


def _wrong_value(text: str, index: int) -> tuple[str, str | None]:
    if word := _WORD.match(text, index):
        return f"{shorten(word.group(), 40)} is no value of JSON", "text needs double quotes"
    sign = text[index : index + 1]
    hint = "JSON wants double quotes" if sign == "'" else None
    return f"{sign} means nothing here" if sign else "a value is missing here", hint


def _skip_blanks(text: str, index: int) -> int:
    found = _BLANK.match(text, index)
    return found.end() if found else index


def row_problem(value: Any, number: int | None, position: Position) -> Problem:
    """That the item `number` of a list is no row, or for None that the file is no list."""
    if number is None:
        message = f"rows are a list of mappings, not {_kind(value)}"
    else:
        message = f"[{number}]: a row is a mapping of column to value, not {_kind(value)}"
    return Problem(position, "not-rows", message)


def _kind(value: Any) -> str:
    kinds = {dict: "a mapping", list: "a list", bool: "true or false", str: "text"}
    return "null" if value is None else kinds.get(type(value), "a number")
