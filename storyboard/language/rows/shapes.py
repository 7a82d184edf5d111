"""The forms that rows can take: lists of mappings or texts, and mappings by name. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from typing import Any

from storyboard.records import Json, Position, Problem
from storyboard.reporting.suggest import did_you_mean
from storyboard.reporting.value_paths import format_value

FILE = "file: ..."
"""Stands for the file of rows in a hint; the storyboard knows the file's name."""

_MAX_LEVELS = 4
"""How many levels deep to search for lists whose keys a hint can name."""


def cells_of(value: Any, name: str | None) -> dict[str, Json] | None:
    """Return the cells of a row: a mapping, or a text as a prompt; None for anything else.

    `name` is the key that the row is under, if any.
    """
    if isinstance(value, str):
        value = {"prompt": value}
    if not isinstance(value, dict):
        return None
    return value if name is None else {"key": name, **value}


def is_keyed(value: Any) -> bool:
    """Whether a value is a mapping of rows by name.

    It is not if it contains lists of rows and its entries do not look like rows: there is only
    one, or they have no key in common. An example is `{"project": {"clips": [...]}}`.
    """
    rows = list(value.values()) if isinstance(value, dict) else []
    if not rows or not all(isinstance(row, dict) for row in rows):
        return False
    is_alike = len(rows) > 1 and bool(set(rows[0]).intersection(*rows[1:]))
    return is_alike or next(paths_of_lists(value), None) is None


def steps_of(key: str | None, known: Container[str]) -> Sequence[str]:
    """Return the keys to follow: `key` is one of a document's `known` keys, or several by dots."""
    if key is None:
        return ()
    return (key,) if key in known else key.split(".")


def row_problem(value: Any, where: str, position: Position) -> Problem:
    """Return the problem with a list item that is not a row; `where` is the path to it."""
    message = f"{where}: a row must be a mapping of column to value, or text, not {_kind(value)}"
    return Problem(position, "not-rows", message)


def no_rows_problem(value: Any, position: Position, under: str | None) -> Problem:
    """Return the problem with a document that has no rows under the key `under`."""
    lists = _paths_behind([under] if under else [], value)
    hint = None
    if len(lists) == 1:
        hint = f"name the key of the list: rows: {{{FILE}, key: {lists[0]}}}"
    elif lists:
        hint = f"name the key of one: rows: {{{FILE}, key: {lists[0]}}}; there are "
        hint += ", ".join(lists[:10])
    message = f"rows must be a list of mappings, not {_kind(value)}"
    return Problem(position, "not-rows", message, hint)


def no_key_problem(key: str, above: Sequence[str], value: Any, position: Position) -> Problem:
    """Return the problem with a missing step of `key`; `value` is under the keys `above`."""
    lists = _paths_behind(above, value)
    ending = [path for path in lists if path.endswith(f".{key}")]
    hint = f"did you mean '{ending[0]}'?" if len(ending) == 1 else did_you_mean(key, lists)
    if hint is None and lists:
        hint = f"there are lists under: {', '.join(lists[:10])}"
    return Problem(position, "no-such-key", f"there is no key {format_value(key)} here", hint)


def _paths_behind(above: Sequence[str], value: Any) -> list[str]:
    return [".".join([*above, path]) for path in paths_of_lists(value)]


def paths_of_lists(value: Any, level: int = 1) -> Iterator[str]:
    """Yield the keys of lists of rows; keys of inner mappings come after a dot."""
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        if isinstance(inner, list) and inner and all(isinstance(item, dict) for item in inner):
            yield key
        elif level < _MAX_LEVELS:
            yield from (f"{key}.{path}" for path in paths_of_lists(inner, level + 1))


def _kind(value: Any) -> str:
    kinds = {dict: "a mapping", list: "a list", bool: "true or false", str: "text"}
    return "null" if value is None else kinds.get(type(value), "a number")
