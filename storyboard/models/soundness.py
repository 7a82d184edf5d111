"""Whether a card's request schema is a schema at all, before anything is checked against it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storyboard.errors import UsageError

if TYPE_CHECKING:
    from storyboard.models.card import ModelCard


def ensure_sound(card: ModelCard) -> None:
    """Raises UsageError, naming the place, where the card's request schema is no JSON Schema."""
    # jsonschema takes a tenth of a second to import; most commands never come here.
    from jsonschema import Draft202012Validator, SchemaError

    try:
        Draft202012Validator.check_schema(
            dict(card.request_schema), format_checker=Draft202012Validator.FORMAT_CHECKER
        )
    except SchemaError as error:
        where = ".".join(str(part) for part in error.absolute_path) or "the request schema"
        raise UsageError(
            f"model card {card.name}: {where}: {error.message}",
            next_step="correct the card; its request body is a JSON Schema",
        ) from error
