"""Reads the YAML of a card or a service as JSON values, with limits on size and depth."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from storyboard.errors import CardError
from storyboard.records import Json

MAX_CHARACTERS = 1_000_000
MAX_LEVELS = 50  # the C parser builds values by recursion and crashes near 30,000
MAX_NUMBER = 100
"""Characters in a number; one with many digits, or many parts as in 1:30, takes minutes to read."""

_NUMERIC = re.compile(r"[-+.0-9][-+.:_0-9a-fA-FxXoO]*")
_TOO_DEEP = f"is nested more than {MAX_LEVELS} levels deep"

# The C parser reads a card in 3 ms, the Python one in 40; every start of the program pays for it.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def is_too_deep(error: Exception) -> bool:
    """Whether the parser itself rejected the nesting depth, as newer versions of libyaml do.

    libyaml scans ahead within a line, so its error can come before our own limit is reached.
    Source: libyaml, pull requests 287 and 329, "Enforce nesting limit in scanner".
    """
    problem = getattr(error, "problem", None)
    return isinstance(problem, str) and "maximum nesting depth" in problem


def read_text(path: Path) -> str:
    """Return a file's text; if it is too long, a little more than the limit. Raises CardError."""
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(MAX_CHARACTERS + 1)
    except (OSError, UnicodeDecodeError) as error:
        raise CardError(f"cannot be read: {error}") from error


def parse_document(text: str, *, loader: Any = LOADER) -> dict[str, Json]:
    """Return the document as JSON values, read with a PyYAML loader. Raises CardError."""
    if len(text) > MAX_CHARACTERS:
        raise CardError(f"is longer than {MAX_CHARACTERS:,} characters")
    try:
        check_shape(text)
        document = yaml.load(text, Loader=loader)  # noqa: S506  a safe loader, by another name
    except yaml.MarkedYAMLError as error:
        if is_too_deep(error):
            raise CardError(_TOO_DEEP) from error
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise CardError(f"is not YAML: {line}{error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise CardError(f"is not YAML: {error}") from error
    if not isinstance(document, dict):
        raise CardError("is not a mapping of keys to values")
    check_json(document, "")
    return document


def check_shape(text: str) -> None:
    """Raise CardError for too many levels, an alias, a key that is there twice, a long number.

    Reads events alone, so that nothing is built of them.
    """
    open_: list[_Collection] = [_Collection(is_mapping=False)]
    for event in yaml.parse(text, Loader=LOADER):
        if isinstance(event, yaml.CollectionEndEvent):
            open_.pop()
        elif isinstance(event, yaml.AliasEvent):
            # A few lines of aliases can expand to billions of values.
            raise CardError(f"uses the alias *{event.anchor}; this kind of file refers by $ref")
        elif isinstance(event, yaml.NodeEvent):
            open_[-1].add(event)
            if isinstance(event, yaml.CollectionStartEvent):
                open_.append(_Collection(is_mapping=isinstance(event, yaml.MappingStartEvent)))
                if len(open_) > MAX_LEVELS + 1:
                    raise CardError(_TOO_DEEP)
            elif isinstance(event, yaml.ScalarEvent):
                _check_number(event)


class _Collection:
    """A mapping or a list that is being read, with the keys that it has so far."""

    def __init__(self, *, is_mapping: bool) -> None:
        self._is_mapping = is_mapping
        self._is_key_next = is_mapping
        self._keys: set[str] = set()

    def add(self, event: yaml.NodeEvent) -> None:
        """Count a key or value in. Raises CardError for a key that is already there."""
        is_key, self._is_key_next = self._is_key_next, self._is_mapping and not self._is_key_next
        if is_key and isinstance(event, yaml.ScalarEvent):
            if event.value in self._keys:
                raise CardError(
                    f"has the key {event.value!r} twice; line {_line(event)} repeats it"
                )
            self._keys.add(event.value)


def line_at(text: str, path: Iterable[str | int]) -> int | None:
    """Return the line (from 1) of what is at a path in YAML or JSON, or the nearest above it.

    Returns None if not even the first step is there.
    """
    try:
        node = yaml.compose(text, Loader=LOADER)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    line = None
    for step in path:
        found: tuple[yaml.Node, yaml.Node] | None = None
        if isinstance(node, yaml.MappingNode):
            found = next((pair for pair in node.value if pair[0].value == step), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            found = next(((item, item) for item in node.value[step : step + 1]), None)
        if found is None:
            break
        line, node = found[0].start_mark.line + 1, found[1]
    return line


def _check_number(event: yaml.ScalarEvent) -> None:
    is_long = event.implicit[0] and len(event.value) > MAX_NUMBER
    if is_long and _NUMERIC.fullmatch(event.value):
        raise CardError(f"is not YAML: line {_line(event)}: more than {MAX_NUMBER} digits")


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def check_json(value: Any, where: str) -> None:
    """Raise CardError for what JSON lacks: dates, keys that are not strings, infinities, NaN."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise CardError(f"{where or 'the document'} has the key {key!r}; put it in quotes")
            check_json(item, f"{where}.{key}".lstrip("."))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            check_json(item, f"{where}[{number}]")
    elif not (value is None or isinstance(value, bool | int | float | str)):
        raise CardError(f"{where} is read as a {type(value).__name__}; put it in quotes")
    elif isinstance(value, float) and value - value != 0:
        raise CardError(f"{where} is {value}, which JSON cannot hold")
