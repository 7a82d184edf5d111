"""Fast validation with jsonschema-rs, a hundred times as fast as jsonschema. Pure.

A valid result is final. On an invalid one, ask jsonschema: it explains the
error, or finds none, because jsonschema-rs cannot represent every Python value
(numbers beyond 64 bits, unpaired surrogates).

A model card may come from outside, so its patterns are matched by an engine
whose time grows with the text alone; `re` can take hours for one line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeAlias

import jsonschema_rs

_DIALECT = "https://json-schema.org/draft/2020-12/schema"

TEMPLATE_MARK = r"\{[{%#]"
"""What every template contains, as a pattern."""

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
    """Whether a schema is certainly valid in its dialect, with patterns that can be matched."""
    try:
        return jsonschema_rs.meta.is_valid(dict(schema)) and bool(_validator_for(schema))
    except Exception:
        return False


def is_bounded(pattern: str) -> bool:
    """Whether a pattern is matched in time that grows with the text alone.

    Such a pattern does not look ahead or back and does not refer to its groups.
    """
    try:
        return bool(_linear_matcher(pattern))
    except ValueError:
        return False


@lru_cache(maxsize=256)
def matcher(pattern: str) -> Callable[[str], object]:
    """What tells whether a text matches; only patterns of our own schemas are left to `re`."""
    if pattern == TEMPLATE_MARK:  # asked about every value of a storyboard
        return re.compile(pattern).search
    return _linear_matcher(pattern) if is_bounded(pattern) else re.compile(pattern).search


def _linear_matcher(pattern: str) -> Callable[[str], bool]:
    schema = {"$schema": _DIALECT, "pattern": pattern}
    linear = jsonschema_rs.RegexOptions()
    is_valid = jsonschema_rs.validator_for(schema, pattern_options=linear).is_valid
    return lambda text: is_valid(text.encode("utf-8", "replace").decode())


def _never(value: Any) -> bool:
    return False


class _Pattern:
    """The keyword `pattern` for jsonschema-rs."""

    def __init__(self, parent_schema: object, value: str, schema_path: object) -> None:
        self._matches = matcher(value)

    def validate(self, instance: object) -> None:
        """Raises ValueError for a string that does not match."""
        if isinstance(instance, str) and not self._matches(instance):
            raise ValueError(instance)


class _LeftToJsonschema(_Pattern):
    """A keyword that jsonschema-rs does not apply as jsonschema does."""

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
