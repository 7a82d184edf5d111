"""Keeps it cheap to apply a card's request schema, whoever wrote the card. Pure.

A card may use only the JSON Schema keywords listed below. Some of the others look at every branch
again on each level, some compare all entries of a list with one another, and some ask for other
documents. Real cards stay far below each limit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from storyboard.models.schema.validator import is_bounded
from storyboard.reporting.suggest import did_you_mean
from storyboard.reporting.value_paths import ValuePath, format_value, shorten

MAX_TEXT = 2_000
"""Characters in a description, a pattern, or a value of an enum."""

MAX_ENTRIES = 1_000
"""Values in an enum, parameters in a request."""

MAX_SCHEMAS = 1_000
"""Schemas inside the request, with references followed."""

MAX_PATTERNS = 40

MAX_NUMBER = 2**63 - 1

_ONE = ("not", "if", "then", "else", "items", "additionalProperties")
_LISTS = ("allOf", "anyOf", "oneOf")
_LIMITS = (
    *("type", "enum", "const", "pattern", "format", "required", "dependentRequired"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"),
)
_NOTES = ("title", "description", "default", "example", "examples", "deprecated")
_OWN = ("$schema", "$comment")
_KEYWORDS = frozenset((*_ONE, *_LISTS, "properties", *_LIMITS, *_NOTES, *_OWN))

_NO_PATTERN = "is not a 'regex'"
_NOT_LINEAR = (
    "is not allowed; a card's patterns do not look ahead or back, and do not refer to their groups"
)


def unbounded(schema: Mapping[str, Any]) -> Iterator[tuple[ValuePath, str]]:
    """Yield the path of each keyword or value of a request schema that is not allowed, and why."""
    counts = {"schemas": 0, "patterns": 0}
    for path, inner in _schemas(schema, ()):
        counts["schemas"] += 1
        if counts["schemas"] > MAX_SCHEMAS:
            yield (), f"stands for more than {MAX_SCHEMAS:,} schemas"
            return
        if isinstance(inner, Mapping):
            counts["patterns"] += "pattern" in inner
            if counts["patterns"] > MAX_PATTERNS:
                yield (), f"has more than {MAX_PATTERNS} patterns"
                return
            yield from _own(path, inner)


def _own(path: ValuePath, schema: Mapping[str, Any]) -> Iterator[tuple[ValuePath, str]]:
    """Yield what is wrong with one schema, apart from those inside it."""
    for key, value in schema.items():
        where = (*path, key)
        if key not in _KEYWORDS and not key.startswith("x-"):
            hint = did_you_mean(shorten(key, MAX_TEXT), _KEYWORDS)
            yield where, "is no keyword that a card can use" + (f"; {hint}" if hint else "")
        elif key == "pattern" and isinstance(value, str) and not _is_cheap(value):
            rule = _NOT_LINEAR if _is_pattern(value) else _NO_PATTERN
            yield where, f"{format_value(value)} {rule}"
        elif key not in (*_ONE, *_LISTS, "properties"):
            yield from _too_large(where, value)


def _is_cheap(pattern: str) -> bool:
    return len(pattern) > MAX_TEXT or is_bounded(pattern)  # a longer one is rejected for its length


def _is_pattern(text: str) -> bool:
    try:
        return bool(re.compile(text))
    except (re.error, ValueError, RecursionError, OverflowError):
        return False


def _too_large(path: ValuePath, value: Any) -> Iterator[tuple[ValuePath, str]]:
    """Yield the texts, lists and numbers in a value that are larger than anyone needs."""
    if isinstance(value, str) and len(value) > MAX_TEXT:
        yield path, f"is longer than {MAX_TEXT:,} characters"
    elif isinstance(value, list | dict):
        if len(value) > MAX_ENTRIES:
            yield path, f"has more than {MAX_ENTRIES:,} entries"
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _too_large((*path, key), item)
    elif isinstance(value, int) and abs(value) > MAX_NUMBER:
        yield path, f"is a number beyond {MAX_NUMBER:,}"


def _schemas(schema: Any, path: ValuePath) -> Iterator[tuple[ValuePath, Any]]:
    """Yield a schema and those inside it, with their paths."""
    yield path, schema
    if not isinstance(schema, Mapping):
        return
    for key, value in schema.items():
        if key in _ONE:
            yield from _schemas(value, (*path, key))
        elif key in _LISTS and isinstance(value, list):
            for number, item in enumerate(value):
                yield from _schemas(item, (*path, key, number))
        elif key == "properties" and isinstance(value, Mapping):
            for name, item in value.items():
                yield from _schemas(item, (*path, key, name))
