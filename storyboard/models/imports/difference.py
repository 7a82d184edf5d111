"""Compares a service's current description of a model with its card, field by field. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from storyboard.models.card import ModelCard
from storyboard.models.imports.request import Request
from storyboard.models.schema.words import CARD_RULE, allowed_words, spelled, whole_range
from storyboard.reporting.quoting import bounded

_LIMITS = (
    *("type", "enum", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("minLength", "maxLength", "minItems", "maxItems", "items"),
)
_RULES = ("allOf", "anyOf", "oneOf")
_MAX_WORDS = 300
_IN_OTHER_LIMITS = ", within other limits than the card says"  # such as those of a list's entries


@dataclass(frozen=True, slots=True)
class Move:
    """One difference from the card: the field, and what differs, as the end of a sentence."""

    field: str
    words: str


def moves(card: ModelCard, now: Request) -> Iterator[Move]:
    """Yield what has changed since the card was written, in the service's order of fields.

    A pattern, a format or a description does not count as a change: cards have their own.
    """
    for name, limits in now.fields.items():
        known = card.parameters.get(name)
        if known is None:
            yield Move(name, f"is new: {bounded(allowed_words(limits), _MAX_WORDS)}")
            continue
        both = _comparable(known.limits), _comparable(limits)
        if both[0] != both[1]:
            was_words, now_words = (bounded(allowed_words(one), _MAX_WORDS) for one in both)
            more = _IN_OTHER_LIMITS if was_words == now_words else f"; the card says {was_words}"
            yield Move(name, f"takes {now_words}{more}")
        if known.default != limits.get("default"):
            yield Move(name, _default_words(limits.get("default"), known.default))
        if known.is_required != (name in now.required):
            yield Move(name, "can be left out now" if known.is_required else "is required now")
    for name in card.parameters:
        if name not in now.fields:
            yield Move(name, "is gone")
    stated = [_names_in(rule) for rule in _card_rules(card.request_schema)]
    for rule in now.rules:
        # A card may state a rule differently, so any rule about the same fields counts as the
        # same.
        if _names_in(rule.schema) not in stated:
            yield Move(", ".join(sorted(_names_in(rule.schema))), f"have a new rule: {rule.words}")


def _comparable(limits: Mapping[str, Any]) -> dict[str, Any]:
    """Return the limits in a uniform notation: a list without gaps becomes a range."""
    found = {key: limits[key] for key in _LIMITS if key in limits}
    values = found.get("enum")
    if isinstance(values, list):
        span = whole_range(values)
        if span:
            del found["enum"]
            return {**found, "minimum": span[0], "maximum": span[1]}
        found["enum"] = sorted(values, key=str)
        found = {key: value for key, value in found.items() if key not in ("minimum", "maximum")}
    if "items" in found:
        found["items"] = _comparable(found["items"]) if isinstance(found["items"], Mapping) else {}
    return found


def _default_words(now: Any, was: Any) -> str:
    words = "has no default now" if now is None else f"has the default {_quoted(now)}"
    return f"{words}; the card says {'none' if was is None else _quoted(was)}"


def _quoted(value: Any) -> str:
    return bounded(spelled(value), 60)


def _card_rules(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the rules of a card; rules combined in allOf are yielded one by one."""
    for key in (*_RULES, "dependentRequired"):
        value = schema.get(key)
        if key == "allOf" and isinstance(value, list):
            yield from (one for one in value if isinstance(one, Mapping))
        elif value:
            yield {key: value}


def _names_in(schema: Any) -> frozenset[str]:
    """Return the fields that a rule mentions."""
    if isinstance(schema, list):
        return frozenset().union(*map(_names_in, schema))
    if not isinstance(schema, Mapping):
        return frozenset()
    names: set[str] = set()
    for key, value in schema.items():
        if key == "required" and isinstance(value, list):
            names.update(map(str, value))
        elif key in ("properties", "dependentRequired") and isinstance(value, Mapping):
            names.update(value)
            names.update(name for one in value.values() if isinstance(one, list) for name in one)
        elif key != CARD_RULE:
            names |= _names_in(value)
    return frozenset(names)
