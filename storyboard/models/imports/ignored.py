"""Lists the parts of a document that a card has no use for, so that the user sees them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from storyboard.models.imports.document import Pointer
from storyboard.models.imports.operations import Operation
from storyboard.reporting.quoting import bounded

_MAX_NAMED = 20


def ignored_parts(operation: Operation) -> list[str]:
    """Describe each part briefly: "header Authorization", "examples", "responses 200, 400"."""
    post = operation.post
    unused = ("security", "callbacks", "externalDocs", "servers")
    parts = [*_parameters(post), *(key for key in unused if key in post.mapping())]
    responses = post.mapping().get("responses")
    if isinstance(responses, dict) and responses:
        parts.append(f"responses {', '.join(map(_name, [*responses][:_MAX_NAMED]))}")
    if _holds_examples(post):
        parts.append("examples")
    return parts[:_MAX_NAMED]


def _parameters(post: Pointer) -> Iterator[str]:
    """Yield the parameters of the operation, following references."""
    found = post.get("parameters")
    for one in found.items() if found and isinstance(found.value, list) else ():
        if isinstance(one.value, dict):
            known = one.resolved().mapping()
            yield f"{_name(known.get('in', 'parameter'))} {_name(known.get('name', ''))}".strip()


def _holds_examples(post: Pointer) -> bool:
    body = post.get("requestBody")
    return body is not None and _mentions(body.value, ("example", "examples"), 12)


def _mentions(value: Any, keys: tuple[str, ...], levels: int) -> bool:
    if levels == 0 or not isinstance(value, dict | list):
        return False
    if isinstance(value, dict) and any(key in value for key in keys):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return any(_mentions(one, keys, levels - 1) for one in inner)


def _name(value: Any) -> str:
    return bounded(str(value), 60)
