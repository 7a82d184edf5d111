"""Checks a card's request schema, and compiles it into a check of payloads."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from storyboard.errors import UsageError
from storyboard.models.schema.card_bounds import unbounded
from storyboard.models.schema.keys import OWN_KEYS
from storyboard.models.schema.validator import Check, compile_check, is_schema
from storyboard.reporting.value_paths import ValuePath, format_path

if TYPE_CHECKING:
    from storyboard.models.card import ModelCard


@lru_cache(maxsize=64)
def request_check(card: ModelCard) -> Check:
    """Return this model's fast check of payloads. Raises UsageError as `check_card` does."""
    check_card(card)
    return compile_check(card.request_schema)


def check_card(card: ModelCard) -> None:
    """Raise UsageError if the card's request has a problem."""
    if problem := request_problem(card):
        raise UsageError(
            f"model card {card.name}: {problem}",
            next_step="correct the card; its request body is a JSON Schema",
        )


def request_problem(card: ModelCard) -> str | None:
    """Return why the card's request cannot be used, starting with the path; None if it can.

    The request must be valid JSON Schema that takes bounded time to apply, because a card may
    come from outside.
    """
    schema = card.request_schema
    found = next(unbounded(schema), None)
    if found is None and not is_schema(schema):
        found = _invalid(card)
    return None if found is None else f"{format_path(('request', *found[0]))}: {found[1]}"


def taken_name(card: ModelCard) -> str | None:
    """Return a parameter of the model that has the name of a storyboard key, or None."""
    return min(card.parameters.keys() & OWN_KEYS, default=None)


def _invalid(card: ModelCard) -> tuple[ValuePath, str] | None:
    # jsonschema takes a tenth of a second to import; most commands never need it.
    from jsonschema import Draft202012Validator, SchemaError

    try:
        Draft202012Validator.check_schema(
            dict(card.request_schema), format_checker=Draft202012Validator.FORMAT_CHECKER
        )
    except SchemaError as error:
        return tuple(error.absolute_path), error.message
    return None
