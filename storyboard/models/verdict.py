"""Whether values keep to a JSON Schema, a hundred times as fast as jsonschema says it. Pure.

A yes is final. Where the answer is no, jsonschema has the last word: it says
what is wrong, and where the two read a schema differently (the dialects of
patterns, numbers beyond 64 bits) it may find nothing wrong at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import jsonschema_rs

Check: TypeAlias = Callable[[Any], bool]
"""Whether a value surely keeps to a schema."""


def compile_check(schema: Mapping[str, Any]) -> Check:
    """The check for a schema, whose `$schema` names its dialect; it never raises."""
    try:
        # offline: a reference out of the schema must not become a request.
        is_valid = jsonschema_rs.validator_for(dict(schema), offline=True).is_valid
    except Exception:
        return _never

    def check(value: Any) -> bool:
        try:
            return is_valid(value)
        except Exception:  # what is no JSON, such as half a character
            return False

    return check


def find_suspects(schema: Mapping[str, Any], value: Any) -> list[tuple[str | int, ...]] | None:
    """The ways to what may be wrong in a value, which is all that is; None where it cannot say."""
    try:
        validator = jsonschema_rs.validator_for(dict(schema), offline=True)
        return [tuple(error.instance_path) for error in validator.iter_errors(value)]
    except Exception:
        return None


def is_schema(schema: Mapping[str, Any]) -> bool:
    """Whether a schema surely keeps to the rules of its dialect."""
    try:
        return jsonschema_rs.meta.is_valid(dict(schema))
    except Exception:
        return False


def _never(value: Any) -> bool:
    return False
