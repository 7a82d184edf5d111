"""Checks a model card against the shape that `schemas/card.schema.json` describes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from storyboard.models.folder import schemas_folder
from storyboard.models.schema.errors import MISSING, UNKNOWN, SchemaError, find_errors
from storyboard.models.schema.messages import describe_error
from storyboard.models.schema.validator import Check, compile_check
from storyboard.records import Json
from storyboard.reporting.suggest import did_you_mean
from storyboard.reporting.value_paths import format_path


def card_problem(document: Mapping[str, Json]) -> str | None:
    """Return the first place where the card violates the schema, with what is wrong, or None."""
    if _quick_check()(document):
        return None
    return next(map(_message, find_errors(document, _schema())), None)


@lru_cache(maxsize=1)
def _schema() -> Any:
    return json.loads((schemas_folder() / "card.schema.json").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def _quick_check() -> Check:
    return compile_check(_schema())


def _message(error: SchemaError) -> str:
    where = format_path(error.path)
    if error.keyword == MISSING:
        return f"{where} is missing"
    if error.keyword == UNKNOWN:
        hint = did_you_mean(str(error.value), error.schema.get("properties", ()))
        return f"{where} is not a key of a model card" + (f"; {hint}" if hint else "")
    return f"{where}: {describe_error(error).words}"
