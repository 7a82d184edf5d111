"""Checks a model card against the shape that `schemas/card.schema.json` describes."""

from __future__ import annotations

from collections.abc import Mapping

from storyboard.models.folder import read_schema
from storyboard.models.schema.errors import MISSING, UNKNOWN, SchemaError, find_errors
from storyboard.models.schema.messages import describe_error
from storyboard.models.schema.validator import compile_check
from storyboard.records import Json
from storyboard.reporting.suggest import did_you_mean
from storyboard.reporting.value_paths import format_path


def card_problem(document: Mapping[str, Json]) -> str | None:
    """Return the path of the first mistake in the shape of a card, and what it is, or None."""
    schema = read_schema("card")
    if compile_check(schema)(document):
        return None
    return next(map(_message, find_errors(document, schema)), None)


def _message(error: SchemaError) -> str:
    where = format_path(error.path)
    if error.keyword == MISSING:
        return f"{where} is missing"
    if error.keyword == UNKNOWN:
        hint = did_you_mean(str(error.value), error.schema.get("properties", ()))
        return f"{where} is not a key of a model card" + (f"; {hint}" if hint else "")
    return f"{where}: {describe_error(error).words}"
