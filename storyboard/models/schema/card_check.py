"""Whether a card's request schema is a valid schema, and the check that it makes of payloads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from storyboard.errors import UsageError
from storyboard.models.schema.validator import Check, compile_check, is_schema

if TYPE_CHECKING:
    from storyboard.models.card import ModelCard


@lru_cache(maxsize=64)
def request_check(card: ModelCard) -> Check:
    """The quick check of payloads for this model. Raises UsageError as `check_card` does."""
    check_card(card)
    return compile_check(card.request_schema)


def check_card(card: ModelCard) -> None:
    """Raises UsageError, naming the place, where the card's request schema is no JSON Schema."""
    schema = card.request_schema
    if is_schema(schema) and all(map(_is_pattern, _patterns(schema))):
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


def _patterns(schema: Any) -> Iterator[Any]:
    """Every pattern in a schema, and values of other kinds that stand under the key `pattern`."""
    if isinstance(schema, list):
        for item in schema:
            yield from _patterns(item)
    elif isinstance(schema, dict):
        if "pattern" in schema:
            yield schema["pattern"]
        named = schema.get("patternProperties")
        yield from named if isinstance(named, dict) else ()
        for item in schema.values():
            yield from _patterns(item)


def _is_pattern(pattern: Any) -> bool:
    """Whether Python, and with it jsonschema, can compile it."""
    try:
        return isinstance(pattern, str) and bool(re.compile(pattern))
    except re.error:
        return False
