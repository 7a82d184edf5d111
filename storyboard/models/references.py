"""Replaces the references in a card's request with what they point to. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from storyboard.errors import CardError

_MAX_CHAIN = 4
_MAX_VALUES = 50_000  # a few nested references can stand for billions of values
_OWN_KEYS = ("$ref", "$defs", "$comment")


def expand_references(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema with every `$ref` replaced by the part it points to, and without `$defs`.

    Raises CardError for a reference that leads out of the schema, nowhere or in a circle. Also
    raises it for JSON Schema's other kinds of reference, one of which uses the network.
    """
    expanded = _Expansion(schema).expand(schema)
    return {key: value for key, value in expanded.items() if key != "$defs"}


class _Expansion:
    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema
        self._values = 0

    def expand(self, value: Any, chain: tuple[str, ...] = ()) -> Any:
        self._values += 1
        if self._values > _MAX_VALUES:
            raise CardError(f"request expands to more than {_MAX_VALUES:,} values")
        if isinstance(value, list):
            return [self.expand(item, chain) for item in value]
        if not isinstance(value, Mapping):
            return value
        for key in value:
            if key.startswith("$") and key not in _OWN_KEYS:
                raise CardError(f"request has the key {key!r}; a card refers only by $ref")
        beside = {key: self.expand(item, chain) for key, item in value.items() if key != "$ref"}
        return {**self._follow(value["$ref"], chain), **beside} if "$ref" in value else beside

    def _follow(self, target: Any, chain: tuple[str, ...]) -> dict[str, Any]:
        if not isinstance(target, str) or not target.startswith("#/"):
            raise CardError(
                f"request refers to {target!r}; references stay inside it: #/$defs/NAME"
            )
        if target in chain or len(chain) >= _MAX_CHAIN:
            raise CardError(f"request follows the reference {target!r} in a circle, or too far")
        found: Any = self._schema
        for key in target[2:].split("/"):
            name = key.replace("~1", "/").replace("~0", "~")
            if not isinstance(found, Mapping) or name not in found:
                raise CardError(f"request refers to {target!r}, which is missing")
            found = found[name]
        if not isinstance(found, Mapping):
            raise CardError(f"request refers to {target!r}, which is not a schema")
        expanded: dict[str, Any] = self.expand(found, (*chain, target))
        return expanded
