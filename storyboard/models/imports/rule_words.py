"""Puts rules across fields into words: "where resolution is '4k', durationSeconds is '8'". Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from storyboard.models.schema.words import allowed_words, joined, spelled
from storyboard.reporting.amounts import and_text
from storyboard.reporting.quoting import bounded

MAX_WORDS = 300  # characters

_COUNTS = {"oneOf": "exactly one of these", "anyOf": "at least one of these"}


def rule_words(schema: Mapping[str, Any]) -> str:
    """Return what a rule requires, as a sentence without a full stop."""
    return bounded(_requirements(schema), MAX_WORDS)


def choice_words(keyword: str, branches: Sequence[Mapping[str, Any]], titles: Sequence[str]) -> str:
    """Describe a choice between ways to fill a request; titles of ways may be empty."""
    ways = [
        f"{title} ({_requirements(branch)})" if title else _requirements(branch)
        for branch, title in zip(branches, titles, strict=True)
    ]
    names = [branch["required"] for branch in branches if set(branch) == {"required"}]
    if len(names) == len(branches) and all(map(len, names)) and not any(titles):
        count = "exactly one" if keyword == "oneOf" else "at least one"
        return bounded(
            f"{count} of {joined([' with '.join(one) for one in names])} is set", MAX_WORDS
        )
    return bounded(f"{_COUNTS[keyword]} holds: {'; or '.join(ways)}", MAX_WORDS)


def _requirements(schema: Mapping[str, Any]) -> str:
    """Return the requirements of a schema, joined."""
    limited = schema.get("properties", {})
    parts = [f"{name} {_limit_words(limits)}" for name, limits in limited.items()]
    # A condition on a value already says that there is one.
    unset = [name for name in schema.get("required", ()) if name not in limited]
    if unset:
        parts.append(f"{and_text(unset)} {'is' if len(unset) == 1 else 'are'} set")
    if "if" in schema:
        then = f"where {_requirements(schema['if'])}, {_requirements(schema.get('then', {}))}"
        other = f"; else {_requirements(schema['else'])}" if schema.get("else") else ""
        parts.append(then + other)
    if "not" in schema:
        parts.append(_negation(schema["not"]))
    for name, needed in schema.get("dependentRequired", {}).items():
        parts.append(f"{name} needs {and_text(needed)}")
    parts += [_requirements(one) for one in schema.get("allOf", ())]
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            parts.append(" or ".join(_requirements(one) for one in schema[keyword]))
    return and_text(parts) if parts else "nothing more is demanded"


def _negation(schema: Mapping[str, Any]) -> str:
    names = schema.get("required", ())
    if set(schema) == {"required"} and len(names) > 1:
        return f"{and_text(names)} do not go together"
    if set(schema) == {"required"}:
        return f"{names[0]} is not set"
    return f"it is not so that {_requirements(schema)}"


def _limit_words(limits: Mapping[str, Any]) -> str:
    if limits == {"not": {}}:
        return "is not set"
    if "not" in limits:
        return f"is not {_limit_words(limits['not']).removeprefix('is ')}"
    values = limits.get("enum")
    if values:
        return f"is {joined([spelled(value) for value in values])}"
    words = allowed_words(limits).lstrip(", ").removeprefix("from ")
    return f"is {words}" if words else "is of another form"
