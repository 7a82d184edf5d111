"""Checks a card's request schema, and compiles it into a check of payloads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from storyboard.errors import UsageError
from storyboard.models.schema.validator import Check, compile_check, is_bounded, is_schema
from storyboard.reporting.value_paths import format_value

if TYPE_CHECKING:
    from storyboard.models.card import ModelCard

_RULE = (
    "is not allowed; a card's patterns do not look ahead or back, and do not refer to their groups"
)


@lru_cache(maxsize=64)
def request_check(card: ModelCard) -> Check:
    """The fast check of payloads for this model. Raises UsageError as `check_card` does."""
    check_card(card)
    return compile_check(card.request_schema)


def check_card(card: ModelCard) -> None:
    """Raises UsageError, with the path, where the request schema is no valid JSON Schema.

    Its patterns are checked too: matching them takes bounded time.
    """
    schema = card.request_schema
    if not is_schema(schema):
        _check_schema(card)
    for where, what in _unbounded(schema):
        raise _broken(card, where, what)


def _check_schema(card: ModelCard) -> None:
    # jsonschema takes a tenth of a second to import; most commands never come here.
    from jsonschema import Draft202012Validator, SchemaError

    try:
        Draft202012Validator.check_schema(
            dict(card.request_schema), format_checker=Draft202012Validator.FORMAT_CHECKER
        )
    except SchemaError as error:
        where = ".".join(str(part) for part in error.absolute_path) or "the request schema"
        raise _broken(card, where, error.message) from error


def _broken(card: ModelCard, where: str, what: str) -> UsageError:
    return UsageError(
        f"model card {card.name}: {where}: {what}",
        next_step="correct the card; its request body is a JSON Schema",
    )


def _unbounded(schema: object, where: str = "") -> Iterator[tuple[str, str]]:
    """The paths of patterns whose matching may take any time, with what is wrong."""
    if isinstance(schema, list):
        for number, item in enumerate(schema):
            yield from _unbounded(item, f"{where}.{number}")
    elif isinstance(schema, Mapping):
        for key, item in schema.items():
            path = f"{where}.{key}".lstrip(".")
            if key == "patternProperties":
                yield path, "is not allowed; a card names each parameter"
            elif key == "pattern" and isinstance(item, str) and not is_bounded(item):
                yield path, f"{format_value(item)} {_RULE}"
            yield from _unbounded(item, path)
