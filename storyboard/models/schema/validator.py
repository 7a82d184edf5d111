"""Fast validation with jsonschema-rs, a hundred times as fast as jsonschema. Pure.

A valid result is final. On an invalid one, ask jsonschema: it explains the
error, or finds none, because jsonschema-rs cannot represent every Python value
(numbers beyond 64 bits, unpaired surrogates).

Patterns are matched by Python's `re`, as jsonschema does, and not as the
ECMAScript patterns that jsonschema-rs has of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import jsonschema_rs

Check: TypeAlias = Callable[[Any], bool]
"""Whether a value is certainly valid; False may also mean that jsonschema has to decide."""


def compile_check(schema: Mapping[str, Any]) -> Check:
    """A check against a schema, whose `$schema` names its dialect. Nothing here raises."""
    try:
        is_valid = _validator_for(schema).is_valid
    except Exception:
        return _never

    def check(value: Any) -> bool:
        try:
            return bool(is_valid(value))
        except Exception:  # not JSON, such as an unpaired surrogate
            return False

    return check


def find_suspects(schema: Mapping[str, Any], value: Any) -> list[tuple[str | int, ...]] | None:
    """The paths of all values that may be invalid; None if jsonschema-rs cannot tell."""
    try:
        errors = _validator_for(schema).iter_errors(value)
        return [tuple(error.instance_path) for error in errors]
    except Exception:
        return None


def is_schema(schema: Mapping[str, Any]) -> bool:
    """Whether a schema is certainly valid in its dialect, with patterns that `re` compiles."""
    try:
        return jsonschema_rs.meta.is_valid(dict(schema)) and bool(_validator_for(schema))
    except Exception:
        return False


def _never(value: Any) -> bool:
    return False


class _Pattern:
    """The keyword `pattern` for jsonschema-rs."""

    def __init__(self, parent_schema: object, value: str, schema_path: object) -> None:
        self._search = re.compile(value).search

    def validate(self, instance: object) -> None:
        """Raises ValueError for a string that does not match."""
        if isinstance(instance, str) and self._search(instance) is None:
            raise ValueError(instance)


class _LeftToJsonschema(_Pattern):
    """A keyword whose patterns jsonschema-rs would read as ECMAScript."""

    def __init__(self, parent_schema: object, value: object, schema_path: object) -> None:
        raise ValueError(value)


def _validator_for(schema: Mapping[str, Any]) -> Any:
    """Raises ValueError for a schema that is invalid, or that only jsonschema can apply."""
    return jsonschema_rs.validator_for(
        dict(schema),
        offline=True,  # a reference to another document must not become a request
        validate_formats=False,  # as in jsonschema
        keywords={"pattern": _Pattern, "patternProperties": _LeftToJsonschema},
    )
