"""Checks a submission's body against the model card and writes the API's message for a 400.

Messages are "Category: detail", with the categories and wording of the API's
documentation.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from storyboard.api.http.addresses import is_public_address
from storyboard.json_values import MAX_PAYLOAD_LEVELS, is_shallow
from storyboard.models.card import ModelCard
from storyboard.models.schema.card_check import request_check
from storyboard.models.schema.errors import MISSING, UNKNOWN, SchemaError, find_errors
from storyboard.models.schema.words import whole_range
from storyboard.records import Json

INVALID_JSON = "Invalid format: invalid JSON format"
_MAX_VALUE_LENGTH = 100  # in a message
_MAX_URL_LENGTH = 2048
_HOST_NAME = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})+")  # urlsplit makes it lower case
_ENDS_IN_NUMBER = re.compile(r"(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)$", re.ASCII)
_MAX_LEVELS = MAX_PAYLOAD_LEVELS + 1  # the tasks of the journal hold a payload
_PRIVATE_NAMES = frozenset({"localhost", "local", "internal", "test", "invalid"})


def read_body(body: bytes) -> dict[str, Json]:
    """The JSON object in a request's body.

    Raises:
        ValueError: the body is not a JSON object; the message is the API's.
    """
    data = parse_json(body)
    if not isinstance(data, dict):
        raise ValueError("Invalid format: the request body must be a JSON object")
    return data


def parse_json(text: bytes) -> Json:
    """The JSON value in `text`, which must have finite numbers and limited nesting.

    Raises:
        ValueError: `text` is not such JSON; the message is the API's.
    """
    try:
        data: Json = json.loads(text, parse_constant=_finite, parse_float=_finite)
    except (ValueError, RecursionError):
        raise ValueError(INVALID_JSON) from None
    if not is_shallow(data, _MAX_LEVELS):
        raise ValueError(INVALID_JSON)
    return data


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):  # NaN and Infinity are not JSON; 1e999 is read as infinity
        raise ValueError(text)
    return number


def is_public_https(url: str) -> bool:
    """Whether a webhook may be sent to `url`, as far as can be told without connecting."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port  # an invalid port raises
    except ValueError:
        return False
    if parts.scheme != "https" or "@" in parts.netloc or len(url) > _MAX_URL_LENGTH:
        return False
    host = host.removesuffix(".")
    if ":" in host or _ENDS_IN_NUMBER.search(host):  # browsers read 127.1 and 0x7f000001 as IPv4
        return is_public_address(host)
    return _HOST_NAME.fullmatch(host) is not None and host.rpartition(".")[2] not in _PRIVATE_NAMES


def payload_error(payload: Mapping[str, Json], card: ModelCard) -> str | None:
    """The API's message for a payload that the model refuses, or None.

    Names one parameter: a missing one first, then an invalid one, then an unknown one.
    """
    unknown = [name for name in payload if name not in card.parameters]
    if not request_check(card)(payload):
        found = find_errors(payload, card.request_schema)
        errors = [error for error in found if error.keyword != UNKNOWN]
        missing = [error for error in errors if error.keyword == MISSING]
        if errors:
            return _message(missing[0] if missing else min(errors, key=lambda error: error.path))
    return f"Invalid parameters: unknown parameter {_shortened(unknown[0])}" if unknown else None


def _message(error: SchemaError) -> str:
    name = f"parameter '{'.'.join(map(str, error.path)) or 'body'}'"
    if error.keyword == MISSING:
        return f"Invalid parameters: {name} is required"
    limit, schema = error.limit, error.schema
    got = _shortened(error.value)
    if error.keyword == "type":
        category, rule = "Invalid parameters", f"must be of type {limit}"
    elif error.keyword == "enum" and (span := whole_range(limit)):
        category, rule = "Value out of range", f"must be {_range(*span)}"
    elif error.keyword == "enum":
        category, rule = "Invalid parameters", f"must be one of {', '.join(map(str, limit))}"
    elif error.keyword in ("minimum", "maximum"):
        bounds = _range(schema.get("minimum"), schema.get("maximum"))
        category, rule = "Value out of range", f"must be {bounds}"
    elif error.keyword in ("minLength", "maxLength"):
        bound = "at least" if error.keyword == "minLength" else "at most"
        category, rule = "Value out of range", f"must have {bound} {limit} characters"
        got = str(len(error.value))
    elif error.keyword in ("pattern", "format"):
        category, name = "Invalid format", f"{name}:"
        rule = error.rule or "it has the wrong format"
    else:
        category, rule = "Invalid parameters", "is not allowed as it is"
    return f"{category}: {name} {rule}, got {got}"


def _range(minimum: Any, maximum: Any) -> str:
    if maximum is None:
        return f"at least {minimum}"
    return f"at most {maximum}" if minimum is None else f"between {minimum} and {maximum}"


def _shortened(value: object) -> str:
    text = f"'{value}'" if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _MAX_VALUE_LENGTH else f"{text[: _MAX_VALUE_LENGTH - 3]}..."
