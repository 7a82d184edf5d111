"""Reads the schema of a request's body: its fields, and the rules that span several. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from storyboard.models.imports.document import NotUnderstood, Pointer
from storyboard.models.imports.limits import read_limits
from storyboard.models.imports.rules import Rule, bound_rule, choice_rule, narrower, rules_in
from storyboard.models.imports.unions import Limits, union
from storyboard.models.schema.keys import OWN_KEYS
from storyboard.models.schema.validator import DIALECT, compile_check
from storyboard.models.schema.words import spelled
from storyboard.reporting.quoting import bounded

MAX_FIELDS = 200
MAX_RULES = 50
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
_CHOICES = ("oneOf", "anyOf")


@dataclass(frozen=True)
class Request:
    """What could be read of a body; `left_out` maps what the card lacks to the reason."""

    fields: dict[str, Limits]
    required: list[str]
    rules: list[Rule]
    left_out: dict[str, str]

    def as_card(self) -> dict[str, Any]:
        """Return the request's schema in the form that cards use."""
        rules = [rule.as_card() for rule in self.rules]
        return {
            "type": "object",
            "required": self.required,
            # Documents rarely say what happens to unknown fields, and a misspelt one costs a
            # video.
            "additionalProperties": False,
            "properties": self.fields,
            **({"allOf": rules} if rules else {}),
        }


def read_request(schema: Pointer, without: frozenset[str] = frozenset()) -> Request:
    """Return the fields and rules of a body's schema, leaving out the fields in `without`.

    Raises NotUnderstood for what a card cannot state.
    """
    parts = list(_parts(schema))
    first = parts[0]
    definitions = _definitions(parts)
    left_out = {
        name: why
        for name in definitions
        if (why := _why_left_out(name, definitions[name], without))
    }
    fields = {
        name: _with_valid_default(_limits(found), name, left_out)
        for name, found in definitions.items()
        if name not in left_out
    }
    unknown = frozenset(left_out)
    required = list(dict.fromkeys(name for part in parts for name in _required(part)))
    rules: list[Rule] = []
    shared = {name for part in parts for name, _ in part.entries_of("properties")}
    of_branches = [name for name in fields if name not in shared]
    for part in parts:
        for keyword in _CHOICES:
            if part.get(keyword) is not None:
                rule, common = choice_rule(part, keyword, fields, unknown, of_branches)
                rules += [rule] if rule else []
                required += [name for name in sorted(common) if name not in required]
        rules += rules_in(part, fields, unknown)
    rules += _narrowed(parts, definitions, fields)
    _check(first, fields, required, rules)
    return Request(fields, required, rules, left_out)


def _parts(schema: Pointer) -> Iterator[Pointer]:
    """Yield the schema and, recursively, the parts that make it up."""
    found = schema.resolved()
    body = found.mapping()
    if body.get("type", "object") != "object":
        raise NotUnderstood(found, "is not an object, so it has no fields")
    for key in ("patternProperties", "propertyNames", "dependentSchemas"):
        if key in body:
            raise NotUnderstood(found, f"has {key!r}, which a card does not state")
    yield found
    for part in found.items_of("allOf"):
        yield from _parts(part)


def _definitions(parts: list[Pointer]) -> dict[str, list[Pointer]]:
    """Map each field to its definitions: one in a part, or one in each branch of a choice."""
    found: dict[str, list[Pointer]] = {}
    for part in parts:
        for name, one in part.entries_of("properties"):
            found.setdefault(name, [one])
    in_parts = set(found)
    for part in parts:
        for branch in _branches(part):
            for name, one in branch.entries_of("properties"):
                if name not in in_parts and one.value not in (False, True):
                    found.setdefault(name, []).append(one)
    return found


def _branches(part: Pointer) -> Iterator[Pointer]:
    for keyword in _CHOICES:
        for branch in part.items_of(keyword):
            yield from _parts(branch)


def _required(found: Pointer) -> list[str]:
    return [one.value for one in found.items_of("required") if isinstance(one.value, str)]


def _why_left_out(name: str, found: list[Pointer], without: frozenset[str]) -> str | None:
    """Return why a field is not part of the card, or None."""
    if name in without:
        return "as --without says"
    if name in OWN_KEYS:
        return "a storyboard has a key of its own that is called so"
    if all(one.resolved().mapping().get("readOnly") is True for one in found):
        return "it is read-only"
    if not _NAME.fullmatch(name):
        raise NotUnderstood(found[0], "is not a field name: letters, digits, '_', '.' and '-'")
    return None


def _limits(found: list[Pointer]) -> Limits:
    read = [read_limits(one) for one in found]
    return {**union(found[0], read), **_annotations(read)} if len(read) > 1 else read[0]


def _annotations(read: list[Limits]) -> Limits:
    """Take the description of the first branch that has one, and the default if all agree."""
    found: Limits = {}
    for key in ("description", "default"):
        values = [limits[key] for limits in read if key in limits]
        if values and (key == "description" or all(value == values[0] for value in values)):
            found[key] = values[0]
    return found


def _with_valid_default(limits: Limits, name: str, left_out: dict[str, str]) -> Limits:
    """Return the limits, without a default that they do not allow."""
    if "default" not in limits or compile_check({"$schema": DIALECT, **limits})(limits["default"]):
        return limits
    default = bounded(spelled(limits["default"]), 60)
    left_out[f"{name}.default"] = f"{default} is not among the values that it allows"
    return {key: value for key, value in limits.items() if key != "default"}


def _narrowed(
    parts: list[Pointer], definitions: dict[str, list[Pointer]], fields: dict[str, Limits]
) -> Iterator[Rule]:
    """Yield the rules of parts that limit fields which other parts describe."""
    for part in parts:
        again = {
            name: narrower(one, fields[name])
            for name, one in part.entries_of("properties")
            if name in fields and definitions[name][0].path != one.path
        }
        if limits := {name: found for name, found in again.items() if found}:
            yield bound_rule(part, limits)


def _check(
    found: Pointer, fields: dict[str, Limits], required: list[str], rules: list[Rule]
) -> None:
    if not fields:
        raise NotUnderstood(found, "describes no field")
    for name in required:
        if name not in fields:
            raise NotUnderstood(found, f"requires {bounded(repr(name), 60)}, which the card lacks")
    if len(fields) > MAX_FIELDS or len(rules) > MAX_RULES:
        raise NotUnderstood(found, f"has more than {MAX_FIELDS} fields or {MAX_RULES} rules")
