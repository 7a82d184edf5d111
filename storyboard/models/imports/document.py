"""Reads a published document as JSON values whose positions can be named. Pure.

The document comes from outside. Its size, its depth and the expansion of its references are
limited, and no reference may lead out of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import yaml

from storyboard.errors import CardError
from storyboard.json_values import is_shallow, is_unicode
from storyboard.models.yamltext import (
    LOADER,
    MAX_CHARACTERS,
    MAX_LEVELS,
    check_json,
    line_at,
    parse_document,
)
from storyboard.records import Json
from storyboard.reporting.quoting import bounded
from storyboard.reporting.value_paths import ValuePath, format_path

MAX_VISITS = 20_000  # values; the largest real document has a few hundred
_MAX_CHAIN = 20  # references in a row
_MAX_DEPTH = 40  # with references followed; this stops a schema that contains itself


class _CoreLoader(LOADER):  # type: ignore[misc] # its base is chosen where the program runs
    """Reads YAML 1.2, which OpenAPI documents use: `16:9`, `on` and dates are text.

    Source: OpenAPI 3.1.1, section 4.3, "Format"; YAML 1.2.2, section 10.3, "Core Schema".
    """

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 (the base class has it so)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        """Return the mapping; all its keys are text, even 200 under `responses`."""
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                key.tag = f"{_TAGS}str"
        return super().construct_mapping(node, deep)


_TAGS = "tag:yaml.org,2002:"
for _type, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", list("-+0123456789")),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", list("-+.0123456789")),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
):
    _CoreLoader.add_implicit_resolver(f"{_TAGS}{_type}", re.compile(rf"(?:{_pattern})\Z"), _first)


class NotUnderstood(Exception):
    """A part of a document that cannot become part of a card; reading stops there."""

    def __init__(self, pointer: Pointer, what: str) -> None:
        super().__init__(what)
        self.pointer = pointer


@dataclass(frozen=True, eq=False)
class Document:
    """One document, or one block of a page; `name` is the file's or the page's.

    `text` has empty lines in place of the lines before a block, so that line numbers stay right.
    """

    name: str
    value: Mapping[str, Json]
    text: str
    visits: list[int] = field(default_factory=lambda: [0])

    @property
    def top(self) -> Pointer:
        """The whole document."""
        return Pointer(self, (), self.value)


@dataclass(frozen=True)
class Pointer:
    """A value and its path in the document; prints as "page.md:12: paths.x.post"."""

    document: Document
    path: ValuePath
    value: Any
    depth: int = 0

    def __str__(self) -> str:
        line = line_at(self.document.text, self.path)
        name = f"{self.document.name}:{line}" if line else self.document.name
        return f"{name}: {bounded(format_path(self.path), 300)}" if self.path else name

    def get(self, key: str) -> Pointer | None:
        """Return the value under a key; None if there is no such key, or this is no mapping."""
        return self._child(key) if isinstance(self.value, dict) and key in self.value else None

    def entries(self) -> list[tuple[str, Pointer]]:
        """Return a mapping's keys with their values. Raises NotUnderstood for anything else."""
        return [(name, self._child(name)) for name in self.mapping()]

    def items(self) -> list[Pointer]:
        """Return a list's items. Raises NotUnderstood for anything else."""
        if not isinstance(self.value, list):
            raise NotUnderstood(self, "is not a list")
        return [self._child(number) for number in range(len(self.value))]

    def entries_of(self, key: str) -> list[tuple[str, Pointer]]:
        """Return the keys and values of the mapping under a key; none if there is no such key."""
        found = self.get(key)
        return found.entries() if found else []

    def items_of(self, key: str) -> list[Pointer]:
        """Return the items of the list under a key; none if there is no such key."""
        found = self.get(key)
        return found.items() if found else []

    def mapping(self) -> dict[str, Any]:
        """Return the mapping. Raises NotUnderstood for anything else."""
        if not isinstance(self.value, dict):
            raise NotUnderstood(self, "is not a mapping")
        return self.value

    def resolved(self) -> Pointer:
        """Return the mapping, or the one it refers to, merged with the keys beside `$ref`."""
        found = self
        beside: dict[str, Any] = {}
        for _ in range(_MAX_CHAIN):
            mapping = found.mapping()
            if "$ref" not in mapping:
                return found._at(found.path, {**mapping, **beside}, self.depth) if beside else found
            beside = {**{key: value for key, value in mapping.items() if key != "$ref"}, **beside}
            found = found._target(mapping["$ref"])
        raise NotUnderstood(self, "refers in a circle, or too far")

    def _target(self, reference: Any) -> Pointer:
        if not isinstance(reference, str) or not reference.startswith("#/"):
            rule = "references stay inside the document: #/..."
            raise NotUnderstood(self, f"refers to {bounded(repr(reference), 100)}; {rule}")
        found: Any = self.document.value
        path: ValuePath = ()
        for step in reference[2:].split("/"):
            key = unquote(step).replace("~1", "/").replace("~0", "~")
            if not isinstance(found, dict) or key not in found:
                raise NotUnderstood(self, f"refers to {bounded(repr(reference), 100)}: not there")
            found, path = found[key], (*path, key)
        return self._at(path, found, self.depth)

    def _child(self, key: str | int) -> Pointer:
        return self._at((*self.path, key), self.value[key], self.depth + 1)

    def _at(self, path: ValuePath, value: Any, depth: int) -> Pointer:
        visits = self.document.visits
        visits[0] += 1
        if visits[0] > MAX_VISITS:
            raise NotUnderstood(self, f"stands for more than {MAX_VISITS:,} values")
        if depth > _MAX_DEPTH:
            raise NotUnderstood(self, f"is nested more than {_MAX_DEPTH} levels deep")
        return Pointer(self.document, path, value, depth)


def parse(name: str, text: str) -> Document:
    """Return the document in a text, JSON or YAML. Raises CardError."""
    if text.lstrip().startswith("{"):
        return Document(name, _parse_json(text), text)
    return Document(name, parse_document(text, loader=_CoreLoader), text)


def _parse_json(text: str) -> dict[str, Json]:
    """Return the value in a text that begins with "{", and so is a mapping."""
    if len(text) > MAX_CHARACTERS:
        raise CardError(f"is longer than {MAX_CHARACTERS:,} characters")
    too_deep = f"is nested more than {MAX_LEVELS} levels deep"
    try:
        value: dict[str, Json] = json.loads(text)
    except RecursionError:
        raise CardError(too_deep) from None
    except json.JSONDecodeError as error:
        raise CardError(f"is not JSON: line {error.lineno}: {error.msg}") from None
    except ValueError as error:  # a number with thousands of digits
        raise CardError(f"is not JSON: {error}") from None
    if not is_shallow(value, MAX_LEVELS):
        raise CardError(too_deep)
    check_json(value, "")
    if not is_unicode(value):
        raise CardError("contains half of a surrogate pair, which is not a character")
    return value
