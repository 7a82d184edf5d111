"""Values against schemas; what is wrong with them is for `explain` to say. Pure.

Validation happens twice: `check_file` before templates are rendered, against
the storyboard's schema, and `check_payload` after it, against the model's.
What is sound, which is nearly all, is not looked at closely.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from storyboard.language.nodes import MappingNode, Node, SequenceNode
from storyboard.models.schema.card_check import ensure_sound
from storyboard.models.schema.validator import Check, compile_check
from storyboard.records import Payload, Position, Problem

if TYPE_CHECKING:
    from storyboard.models.card import ModelCard


def check_file(
    source_root: Node, schema: Mapping[str, Any], *, display_name: str
) -> tuple[Problem, ...]:
    """All that is wrong with a file's shape and its literal values, sorted by place.

    `schema` is the storyboard's or the included file's, from
    `models.schema.storyboard`. `display_name` is the file's name, for the case that there is
    nothing smaller to name.
    """
    if not isinstance(source_root, MappingNode):
        found = "a list" if isinstance(source_root, SequenceNode) else "a single value"
        words = f"{display_name} holds {found}; keys with values are needed, such as version: 1"
        return (Problem(source_root.position, "wrong-type", words),)
    data = source_root.data
    if compile_check(schema)(data):
        return ()
    from storyboard.language.validation.explain import explain_file

    return explain_file(source_root, data, schema)


def check_payload(
    payload: Payload,
    card: ModelCard,
    position_of: Callable[[str], Position],
    rendered_of: Callable[[str], str | None],
    take_id: str,
) -> tuple[Problem, ...]:
    """All that is wrong with one take's request, one problem a parameter.

    `position_of` and `rendered_of` are asked for any parameter, also for one that is
    missing: where it was written, and its rendered text if a template made it.

    Raises UsageError where the card's own schema is none.
    """
    if _request_check(card)(payload):
        return ()
    from storyboard.language.validation.explain import explain_payload

    return explain_payload(payload, card, position_of, rendered_of, take_id)


@lru_cache(maxsize=64)
def _request_check(card: ModelCard) -> Check:
    ensure_sound(card)
    return compile_check(card.request_schema)
