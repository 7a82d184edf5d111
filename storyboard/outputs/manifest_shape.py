"""Whether a manifest has the shape that `schemas/manifest.schema.json` describes. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema_rs
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from storyboard.records import Json

_SPACES = (
    r"\\x09-\\x0d\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000"
)
"""What `\\s` is to Python, as a text of JSON."""


def is_surely_right(document: Json) -> bool:
    """Whether the document keeps to the schema; False is no verdict.

    jsonschema-rs takes a hundredth of jsonschema's time, and gives up on what
    it cannot take over from Python, such as halves of surrogate pairs.
    """
    try:
        return bool(_quick_validator().is_valid(document))
    except ValueError:
        return False


def shape_problem(document: Json) -> str | None:
    """The first place where the document departs from the schema, or None."""
    if is_surely_right(document):
        return None
    return next((_said(error) for error in _validator().iter_errors(document)), None)


def short(value: object) -> str:
    """A value for a message: control characters escaped, cut at 60 characters."""
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else "a list"
    shown = json.dumps(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


@lru_cache(maxsize=1)
def _schema() -> Any:
    return json.loads(_schema_path().read_text(encoding="utf-8"))


def _schema_path() -> Path:
    """In a wheel the schemas lie inside the package, in a checkout beside it."""
    package = Path(__file__).parent.parent
    inside = package / "schemas" / "manifest.schema.json"
    return inside if inside.exists() else package.parent / "schemas" / "manifest.schema.json"


@lru_cache(maxsize=1)
def _quick_validator() -> Any:
    # What counts as a space differs between Python and ECMAScript, whose patterns these become.
    text = json.dumps(_schema()).replace(r"\\s", _SPACES)
    return jsonschema_rs.Draft202012Validator(json.loads(text))


def _validator() -> Any:
    strict: Any = extend(Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call] # as typed there
    return strict(_schema())


def _pattern(_: Any, pattern: str, value: object, schema: object) -> Iterator[ValidationError]:
    # Python's own $ also matches before a line break at the end.
    if isinstance(value, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), value):
        yield ValidationError("does not have the right form")


def _said(error: Any) -> str:
    """A schema error in our words: the path, the value seen, what is wrong with it."""
    where = "".join(
        f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path
    ).lstrip(".")
    start = f"{where}: " if where else ""
    expected = error.validator_value
    match error.validator:
        case "required":
            missing = next(key for key in expected if key not in error.instance)
            return f"{start}{missing!r} is missing"
        case "additionalProperties":
            extra = next(key for key in error.instance if key not in error.schema["properties"])
            return f"{start}unknown key {short(extra)}"
        case "type":
            names = " or ".join([expected] if isinstance(expected, str) else expected)
            return f"{start}{short(error.instance)} is not {names}"
        case "enum":
            return f"{start}{short(error.instance)} is not one of {', '.join(map(str, expected))}"
        case "pattern":
            return f"{start}{short(error.instance)} does not have the right form"
        case name:
            return f"{start}{short(error.instance)} does not keep to {name} {expected}"
