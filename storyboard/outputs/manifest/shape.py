"""Whether a manifest has the shape that `schemas/manifest.schema.json` describes. Pure."""

from __future__ import annotations

import json

from storyboard.models.folder import read_schema
from storyboard.models.schema.errors import MISSING, UNKNOWN, SchemaError, find_errors
from storyboard.models.schema.validator import compile_check
from storyboard.records import Json
from storyboard.reporting.value_paths import format_path


def shape_problem(document: Json) -> str | None:
    """The first way in which the document departs from the schema, or None."""
    schema = read_schema("manifest")
    if compile_check(schema)(document):
        return None
    return next(map(_message, find_errors(document, schema)), None)


def short(value: object) -> str:
    """A value for a message: control characters escaped, cut at 60 characters."""
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else "a list"
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _message(error: SchemaError) -> str:
    """The path, the value and the rule, in JSON Schema's words: programs write manifests."""
    is_about_key = error.keyword in (MISSING, UNKNOWN)
    where = format_path(error.path[:-1] if is_about_key else error.path)
    return f"{where}: {_words(error)}" if where else _words(error)


def _words(error: SchemaError) -> str:
    value = short(error.value)
    match error.keyword:
        case "required":
            return f"{error.value!r} is missing"
        case "additionalProperties":
            return f"unknown key {value}"
        case "type":
            types = [error.limit] if isinstance(error.limit, str) else error.limit
            return f"{value} is not {' or '.join(types)}"
        case "enum":
            return f"{value} is not one of {', '.join(map(str, error.limit))}"
        case "pattern":
            return f"{value} does not have the right form"
        case keyword:
            return f"{value} does not keep to {keyword} {error.limit}"
