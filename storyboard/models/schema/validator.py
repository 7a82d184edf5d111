"""Validates quickly with jsonschema-rs, a hundred times as fast as jsonschema. Pure.

A valid result is final. After an invalid one, ask jsonschema: it explains the error, or finds
none, because jsonschema-rs cannot represent every Python value (numbers beyond 64 bits, unpaired
surrogates).

A model card may come from outside, so its patterns are matched by an engine that takes linear
time; `re` can take hours for one line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeAlias

import jsonschema_rs

from storyboard.names import valid_unicode
from storyboard.reporting.value_paths import ValuePath

DIALECT = "https://json-schema.org/draft/2020-12/schema"
"""The version of JSON Schema of cards."""

TEMPLATE_MARK = r"\{[{%#]"
"""What every template contains, as a pattern."""

Check: TypeAlias = Callable[[Any], bool]
"""Whether a value is certainly valid; False may also mean that jsonschema must decide."""


def compile_check(schema: Mapping[str, Any]) -> Check:
    """Return a check against a schema, whose `$schema` names its dialect. Raises nothing."""
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


def find_suspects(schema: Mapping[str, Any], value: Any) -> list[ValuePath] | None:
    """Return the paths of all values that may be invalid; None if jsonschema-rs cannot tell."""
    try:
        errors = _validator_for(schema).iter_errors(value)
        return [tuple(error.instance_path) for error in errors]
    except Exception:
        return None


def is_schema(schema: Mapping[str, Any]) -> bool:
    """Whether a schema is certainly valid in its dialect, and its patterns can be matched."""
    try:
        return jsonschema_rs.meta.is_valid(dict(schema)) and bool(_validator_for(schema))
    except Exception:
        return False


def is_bounded(pattern: str) -> bool:
    """Whether the time to match a pattern grows only with the text.

    Such a pattern does not look ahead or back, and does not refer to its groups.
    """
    try:
        return bool(_linear_matcher(pattern))
    except ValueError:
        return False


@lru_cache(maxsize=256)
def matcher(pattern: str) -> Callable[[str], object]:
    """Return a function that matches texts; only patterns of our own schemas are left to `re`."""
    if pattern == TEMPLATE_MARK:  # asked about every value of a storyboard
        return re.compile(pattern).search
    return _linear_matcher(pattern) if is_bounded(pattern) else re.compile(pattern).search


def _linear_matcher(pattern: str) -> Callable[[str], bool]:
    schema = {"$schema": DIALECT, "pattern": pattern}
    linear = jsonschema_rs.RegexOptions()
    is_valid = jsonschema_rs.validator_for(schema, pattern_options=linear).is_valid
    return lambda text: is_valid(valid_unicode(text))


def _never(value: Any) -> bool:
    return False


class _Pattern:
    """The keyword `pattern` for jsonschema-rs."""

    def __init__(self, parent_schema: object, value: str, schema_path: object) -> None:
        self._matches = matcher(value)

    def validate(self, instance: object) -> None:
        """Raise ValueError for a string that does not match."""
        if isinstance(instance, str) and not self._matches(instance):
            raise ValueError(instance)


class _LeftToJsonschema(_Pattern):
    """A keyword that jsonschema-rs does not apply as jsonschema does."""

    def __init__(self, parent_schema: object, value: object, schema_path: object) -> None:
        raise ValueError(value)


class _Identity:
    """A schema as a cache key; it must not change."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.schema = schema

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and self.schema is other.schema

    def __hash__(self) -> int:
        return id(self.schema)


def _validator_for(schema: Mapping[str, Any]) -> Any:
    """Return a validator. Raises ValueError if the schema is invalid or needs jsonschema."""
    return _compile(_Identity(schema))


# A file with a mistake is checked twice, and read again for each repair that is tried; compiling
# the schema of all models takes 15 ms.
@lru_cache(maxsize=16)
def _compile(key: _Identity) -> Any:
    return jsonschema_rs.validator_for(
        dict(key.schema),
        offline=True,  # a reference to another document must not become a request
        validate_formats=False,  # as in jsonschema
        keywords={"pattern": _Pattern, "patternProperties": _LeftToJsonschema},
    )
