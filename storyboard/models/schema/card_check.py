"""Checks a card's request schema, and compiles it into a check of payloads."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from storyboard.errors import UsageError
from storyboard.models.schema.validator import Check, compile_check, is_schema

if TYPE_CHECKING:
    from storyboard.models.card import ModelCard


@lru_cache(maxsize=64)
def request_check(card: ModelCard) -> Check:
    """The fast check of payloads for this model. Raises UsageError as `check_card` does."""
    check_card(card)
    return compile_check(card.request_schema)


def check_card(card: ModelCard) -> None:
    """Raise UsageError with the position if the request schema is not a valid JSON Schema."""
    schema = card.request_schema
    if is_schema(schema):
        return
    # jsonschema takes a tenth of a second to import; most commands never come here.
    from jsonschema import Draft202012Validator, SchemaError

    try:
        Draft202012Validator.check_schema(
            dict(schema), format_checker=Draft202012Validator.FORMAT_CHECKER
        )
    except SchemaError as error:
        where = ".".join(str(part) for part in error.absolute_path) or "the request schema"
        raise UsageError(
            f"model card {card.name}: {where}: {error.message}",
            next_step="correct the card; its request body is a JSON Schema",
        ) from error
