"""Files and payloads against their schemas: problems with their positions. Pure.

Validation happens twice: `check_file` before templates are rendered, against
the storyboard's schema, and `check_payload` after it, against the model's.
jsonschema-rs says yes to nearly all; `explain` takes what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from storyboard.language.nodes import MappingNode, Node, SequenceNode
from storyboard.language.validation.explain import explain_file, explain_payload
from storyboard.models.schema.card_check import request_check
from storyboard.models.schema.validator import compile_check
from storyboard.records import Payload, Position, Problem

if TYPE_CHECKING:
    from storyboard.models.card import ModelCard


def check_file(
    source_root: Node, schema: Mapping[str, Any], *, display_name: str
) -> tuple[Problem, ...]:
    """All that is wrong with a file's shape and its literal values, sorted by position.

    `schema` is the storyboard's or the included file's, from
    `models.schema.storyboard`. `display_name` names the file where it is no
    mapping at all.
    """
    if not isinstance(source_root, MappingNode):
        found = "a list" if isinstance(source_root, SequenceNode) else "a single value"
        words = f"{display_name} holds {found}; keys with values are needed, such as version: 1"
        return (Problem(source_root.position, "wrong-type", words),)
    data = source_root.data
    if compile_check(schema)(data):
        return ()
    return explain_file(source_root, data, schema)


def check_payload(
    payload: Payload,
    card: ModelCard,
    position_of: Callable[[str], Position],
    rendered_of: Callable[[str], str | None],
    take_id: str,
) -> tuple[Problem, ...]:
    """All that is wrong with one take's request, one problem a parameter.

    `position_of` says where a parameter was written and `rendered_of` which text
    a template made for it; both must answer for missing parameters too.

    Raises UsageError where the card's request schema is not a valid schema.
    """
    if request_check(card)(payload):
        return ()
    return explain_payload(payload, card, position_of, rendered_of, take_id)
