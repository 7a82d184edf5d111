"""Whether a request's body is one that the model takes, and the API's message where it is not.

The model card decides. Messages are "Category: detail", in the categories and
the wording of the API's documented errors for status 400.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from storyboard.models.card import ModelCard
from storyboard.models.schema.card_check import request_check
from storyboard.models.schema.errors import MISSING, UNKNOWN, SchemaError, find_errors
from storyboard.models.schema.words import whole_range
from storyboard.records import Json

INVALID_JSON = "Invalid format: invalid JSON format"
_MAX_SHOWN = 100
_MAX_DEPTH = 32  # of lists and objects within one another; no model wants more than a few


def read_body(body: bytes) -> dict[str, Json]:
    """The JSON object that a request carries.

    Raises:
        ValueError: the body is not one; the message is the API's.
    """
    data = parse_json(body)
    if not isinstance(data, dict):
        raise ValueError("Invalid format: the request body must be a JSON object")
    return data


def parse_json(text: bytes) -> Json:
    """The JSON value in `text`, whose numbers are finite and which is not deeply nested.

    Raises:
        ValueError: it is not such JSON; the message is the API's.
    """
    try:
        data: Json = json.loads(text, parse_constant=_finite, parse_float=_finite)
    except (ValueError, RecursionError):
        raise ValueError(INVALID_JSON) from None
    if not _is_shallow(data, _MAX_DEPTH):
        raise ValueError(INVALID_JSON)
    return data


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):  # NaN and Infinity are not JSON, and 1e999 is read as infinite
        raise ValueError(text)
    return number


def _is_shallow(value: Json, levels: int) -> bool:
    """Whether at most `levels` lists and objects stand within one another."""
    if not isinstance(value, dict | list):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return levels > 0 and all(_is_shallow(part, levels - 1) for part in inner)


def payload_error(payload: Mapping[str, Json], card: ModelCard) -> str | None:
    """The API's message for a payload that the model refuses, or None.

    Names one parameter: a missing one before a wrong one, and that before an
    unknown one.
    """
    unknown = [name for name in payload if name not in card.parameters]
    if not request_check(card)(payload):
        found = find_errors(payload, card.request_schema)
        errors = [error for error in found if error.keyword != UNKNOWN]
        missing = [error for error in errors if error.keyword == MISSING]
        if errors:
            return _message(missing[0] if missing else min(errors, key=lambda error: error.path))
    return f"Invalid parameters: unknown parameter {_shown(unknown[0])}" if unknown else None


def _message(error: SchemaError) -> str:
    name = f"parameter '{'.'.join(map(str, error.path)) or 'body'}'"
    if error.keyword == MISSING:
        return f"Invalid parameters: {name} is required"
    return _MESSAGES.get(error.keyword, _other)(name, error)


def _type(name: str, error: SchemaError) -> str:
    return f"Invalid parameters: {name} must be of type {error.limit}, got {_shown(error.value)}"


def _enum(name: str, error: SchemaError) -> str:
    if span := whole_range(error.limit):
        return _out_of_range(name, error, *span)
    allowed = ", ".join(str(value) for value in error.limit)
    return f"Invalid parameters: {name} must be one of {allowed}, got {_shown(error.value)}"


def _bounds(name: str, error: SchemaError) -> str:
    return _out_of_range(name, error, error.schema.get("minimum"), error.schema.get("maximum"))


def _out_of_range(name: str, error: SchemaError, least: Any, most: Any) -> str:
    if least is None or most is None:
        bound = f"at least {least}" if most is None else f"at most {most}"
    else:
        bound = f"between {least} and {most}"
    return f"Value out of range: {name} must be {bound}, got {_shown(error.value)}"


def _length(name: str, error: SchemaError) -> str:
    bound = "at least" if error.keyword == "minLength" else "at most"
    return (
        f"Value out of range: {name} must have {bound} {error.limit} characters, "
        f"got {len(error.value)}"
    )


def _format(name: str, error: SchemaError) -> str:
    rule = error.rule or "it has the wrong format"
    return f"Invalid format: {name}: {rule}, got {_shown(error.value)}"


def _other(name: str, error: SchemaError) -> str:
    return f"Invalid parameters: {name} is not allowed as it is, got {_shown(error.value)}"


_MESSAGES: Mapping[str, Callable[[str, SchemaError], str]] = {
    "type": _type,
    "enum": _enum,
    "minimum": _bounds,
    "maximum": _bounds,
    "minLength": _length,
    "maxLength": _length,
    "pattern": _format,
    "format": _format,
}


def _shown(value: object) -> str:
    text = f"'{value}'" if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 3]}..."
