"""Puts JSON Schema limits into words, for messages and for what editors show. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MODELS = "x-models"
"""Annotation: the names of the models whose limits a schema states."""

ALSO = "x-also"
"""Annotation: what a key accepts besides the values that its limits describe, in words."""

CARD_RULE = "x-error-message"
"""Annotation of a card: a rule in words. OpenAPI's tools reject the name without the x."""

EDITORS_RULE = "errorMessage"
"""The same in the schemas for editors, which show it instead of their own message."""

_TYPE_WORDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
}

_MORE_BOUNDS = {
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
    "multipleOf": "a multiple of",
}

_MAX_LISTED = 24


def allowed_words(limits: Mapping[str, Any]) -> str:
    """Describe what a schema allows: "a whole number from 2 to 15"."""
    allowed = _own_words(limits)
    return f"{allowed}, {limits[ALSO]}" if ALSO in limits else allowed


def _own_words(limits: Mapping[str, Any]) -> str:
    if "anyOf" in limits:
        return "; ".join(
            f"{' and '.join(known.get(MODELS, ()))}: {allowed_words(known)}"
            for known in limits["anyOf"]
        )
    types = limits.get("type", [])
    names = [types] if isinstance(types, str) else [name for name in types if name != "null"]
    enum = [value for value in limits.get("enum", []) if value is not None]
    if span := whole_range(enum):
        return f"a whole number from {span[0]} to {span[1]}"
    if enum:
        return joined([spelled(value) for value in enum])
    more = [f", {text} {limits[key]}" for key, text in _MORE_BOUNDS.items() if key in limits]
    types_words = joined([_TYPE_WORDS.get(name, name) for name in names])
    return f"{types_words}{_bounds(limits)}{''.join(more)}"


def whole_range(values: list[Any]) -> tuple[int, int] | None:
    """Return the first and last of several whole numbers without a gap, else None."""
    if len(values) < 2 or any(type(value) is not int for value in values):
        return None
    least, most = min(values), max(values)
    return (least, most) if len(set(values)) == most - least + 1 else None


def _bounds(limits: Mapping[str, Any]) -> str:
    for least_key, most_key, unit in (
        ("minimum", "maximum", ""),
        ("minLength", "maxLength", " characters"),
        ("minItems", "maxItems", " entries"),
    ):
        least, most = limits.get(least_key), limits.get(most_key)
        if unit and most is None and least == 1:
            return ""  # "text" already says so
        if least is not None and most is not None:
            between = f"{least} to {most}" if not unit else f"{least:,} to {most:,}"
            return f" {'of' if unit else 'from'} {between}{unit}"
        if most is not None:
            return f" of at most {most:,}{unit}" if unit else f", at most {most}"
        if least is not None:
            return f" of at least {least:,}{unit}" if unit else f", at least {least}"
    return ""


def spelled(value: Any) -> str:
    """Return a value as messages write it: text in quotes, true and false as in YAML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"'{value}'" if isinstance(value, str) else str(value)


def joined(words: list[str]) -> str:
    """Join words into one list, "a, b or c"; the end of a long list is only counted."""
    listed = words[:_MAX_LISTED]
    if len(words) > len(listed):
        return f"{', '.join(listed)} or one of {len(words) - len(listed)} more"
    return " or ".join([", ".join(listed[:-1]), listed[-1]]) if len(listed) > 1 else "".join(listed)
