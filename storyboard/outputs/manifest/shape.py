"""Whether a manifest has the shape that `schemas/manifest.schema.json` describes. Pure."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storyboard.models.schema.validator import Check, compile_check
from storyboard.records import Json

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator


def shape_problem(document: Json) -> str | None:
    """The first place where the document departs from the schema, or None."""
    if _quick_check()(document):
        return None
    return next((_said(error) for error in _validator().iter_errors(document)), None)


def short(value: object) -> str:
    """A value for a message: control characters escaped, cut at 60 characters."""
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else "a list"
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


@lru_cache(maxsize=1)
def _schema() -> Any:
    return json.loads(_schema_path().read_text(encoding="utf-8"))


def _schema_path() -> Path:
    """In a wheel the schemas lie inside the package, in a checkout beside it."""
    package = Path(__file__).parents[2]
    inside = package / "schemas" / "manifest.schema.json"
    return inside if inside.exists() else package.parent / "schemas" / "manifest.schema.json"


@lru_cache(maxsize=1)
def _quick_check() -> Check:
    return compile_check(_schema())


def _validator() -> Draft202012Validator:
    # It takes a tenth of a second to import; most manifests are sound.
    from jsonschema import Draft202012Validator

    return Draft202012Validator(_schema())


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
