"""Whether a request body is one that the model takes: its card decides, this says it in words."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from storyboard.models.card import ModelCard
from storyboard.records import Json

INVALID_JSON = "Invalid format: invalid JSON format"


def read_body(body: bytes) -> dict[str, Json]:
    """The JSON object that a request carries.

    Raises:
        ValueError: it carries none; the message is the API's.
    """
    try:
        data = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise ValueError(INVALID_JSON) from None
    if not isinstance(data, dict):
        raise ValueError("Invalid format: the request body must be a JSON object")
    return data


def _refuse_constant(name: str) -> Json:
    raise ValueError(name)  # NaN and Infinity are not JSON


def complaint_about(payload: Mapping[str, Json], card: ModelCard) -> str | None:
    """What the model refuses in a payload, as "Category: detail", or None."""
    unknown = [name for name in payload if name not in card.parameters]
    errors = sorted(_validator(card).iter_errors(dict(payload)), key=lambda e: list(e.path))
    # A missing parameter is told before a wrong one, a wrong one before an unknown one.
    errors.sort(key=lambda error: error.validator != "required")
    known = [error for error in errors if error.validator != "additionalProperties"]
    if known:
        return _in_words(known[0])
    if unknown or errors:
        return f"Invalid parameters: unknown parameter {_show(unknown[0] if unknown else '?')}"
    return None


@lru_cache(maxsize=64)
def _validator(card: ModelCard) -> Draft202012Validator:
    return Draft202012Validator(dict(card.request_schema))


def _rule(error: ValidationError) -> Any:
    """What the schema asks for at this place."""
    return error.validator_value


def _seen(error: ValidationError) -> Any:
    """What the payload has at this place."""
    return error.instance


def _in_words(error: ValidationError) -> str:
    kind = str(error.validator)
    if kind == "required":
        missing = next(name for name in _rule(error) if name not in _seen(error))
        return f"Invalid parameters: parameter '{missing}' is required"
    name = ".".join(str(part) for part in error.path) or "body"
    say = _SENTENCES.get(kind, _say_otherwise)
    return say(f"parameter '{name}'", error)


def _say_type(name: str, error: ValidationError) -> str:
    return f"Invalid parameters: {name} must be of type {_rule(error)}, got {_show(_seen(error))}"


def _say_enum(name: str, error: ValidationError) -> str:
    allowed = list(_rule(error))
    if _is_run(allowed):
        return _say_range(name, error, allowed[0], allowed[-1])
    text = ", ".join(str(value) for value in allowed)
    return f"Invalid parameters: {name} must be one of {text}, got {_show(_seen(error))}"


def _is_run(values: list[Any]) -> bool:
    """Whether `values` are whole numbers without a gap."""
    if not values or not all(isinstance(v, int) and not isinstance(v, bool) for v in values):
        return False
    return values == list(range(values[0], values[-1] + 1))


def _say_bound(name: str, error: ValidationError) -> str:
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    return _say_range(name, error, schema.get("minimum"), schema.get("maximum"))


def _say_range(name: str, error: ValidationError, least: Any, most: Any) -> str:
    if least is None or most is None:
        bound = f"at least {least}" if most is None else f"at most {most}"
    else:
        bound = f"between {least} and {most}"
    return f"Value out of range: {name} must be {bound}, got {_show(_seen(error))}"


def _say_length(name: str, error: ValidationError) -> str:
    bound = "at least" if error.validator == "minLength" else "at most"
    return (
        f"Value out of range: {name} must have {bound} {_rule(error)} characters, "
        f"got {len(_seen(error))}"
    )


def _say_format(name: str, error: ValidationError) -> str:
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    allowed = schema.get("errorMessage") or "it has the wrong format"
    return f"Invalid format: {name}: {allowed}, got {_show(_seen(error))}"


def _say_otherwise(name: str, error: ValidationError) -> str:
    return f"Invalid parameters: {name} is not allowed as it is, got {_show(_seen(error))}"


_SENTENCES: Mapping[str, Callable[[str, ValidationError], str]] = {
    "type": _say_type,
    "enum": _say_enum,
    "minimum": _say_bound,
    "maximum": _say_bound,
    "minLength": _say_length,
    "maxLength": _say_length,
    "pattern": _say_format,
    "format": _say_format,
}


def _show(value: object) -> str:
    text = f"'{value}'" if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 100 else f"{text[:97]}..."
