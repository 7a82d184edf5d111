"""Reads what a document says about several fields at once as rules of a card. Pure.

A rule keeps the document's own JSON Schema, reduced to what affects a request: which fields are
set, and what they may hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from storyboard.models.imports.document import NotUnderstood, Pointer
from storyboard.models.imports.limits import clean_text, read_limits
from storyboard.models.imports.rule_words import MAX_WORDS, choice_words, rule_words
from storyboard.models.imports.unions import Limits
from storyboard.models.schema.words import CARD_RULE
from storyboard.reporting.quoting import bounded

FORBIDDEN: Mapping[str, Any] = {"not": {}}
"""The limits of a field that may not be set."""

_CONDITION = ("if", "then", "else")
_LISTS = ("allOf", "anyOf", "oneOf")
_READ = frozenset({"required", "properties", "not", "dependentRequired", *_CONDITION, *_LISTS})
_IGNORED = frozenset(
    (
        *("type", "additionalProperties", "title", "description", "example", "examples", "default"),
        *("deprecated", "discriminator", "externalDocs", "nullable", "readOnly", "writeOnly"),
        *("xml", "format", "$comment"),
    )
)


@dataclass(frozen=True)
class Rule:
    """A rule across fields, as JSON Schema and in words."""

    schema: Mapping[str, Any]
    words: str

    def as_card(self) -> dict[str, Any]:
        """Return the rule as a card states it."""
        return {**self.schema, CARD_RULE: self.words}


def narrower(pointer: Pointer, own: Limits) -> Limits:
    """Return the limits of a field at another place, without those already in its `own`."""
    if pointer.value is False or pointer.value == FORBIDDEN:
        return dict(FORBIDDEN)
    if pointer.value is True:
        return {}
    if (negated := pointer.resolved().get("not")) is not None:
        return {"not": narrower(negated, own)}
    limits = read_limits(pointer, own["type"])
    ignored = ("type", "description", "default")
    return {
        key: value for key, value in limits.items() if key not in ignored and own.get(key) != value
    }


def rules_in(found: Pointer, fields: Mapping[str, Limits], unknown: frozenset[str]) -> list[Rule]:
    """Return the rules in a part of a body's schema, except its choices.

    `fields` are those of the card; `unknown` are those left out of it.
    """
    reading = _Reading(fields, unknown)
    value = found.mapping()
    schemas = [reading.some_of(found, _CONDITION)] if "if" in value else []
    schemas += [
        reading.some_of(found, (key,)) for key in ("not", "dependentRequired") if key in value
    ]
    if needs := found.get("dependencies"):
        schemas.append({"dependentRequired": reading.needs(needs)})
    is_alone = len(schemas) == 1 and not value.keys() & {"properties", "allOf", "oneOf", "anyOf"}
    description = clean_text(value.get("description"), MAX_WORDS) if is_alone else ""
    return [Rule(schema, description or rule_words(schema)) for schema in schemas]


def bound_rule(found: Pointer, properties: Mapping[str, Any]) -> Rule:
    """Return the rule that fields defined elsewhere have narrower limits here."""
    schema = {"properties": dict(properties)}
    return Rule(
        schema, clean_text(found.mapping().get("description"), MAX_WORDS) or rule_words(schema)
    )


def choice_rule(
    found: Pointer,
    keyword: str,
    fields: Mapping[str, Limits],
    unknown: frozenset[str],
    of_branches: Sequence[str],
) -> tuple[Rule | None, frozenset[str]]:
    """Return the rule of the body's oneOf or anyOf, and the fields that all branches require.

    `of_branches` are the fields that only branches describe. There is no rule if every request
    fits one of the branches.
    """
    reading = _Reading(fields, unknown, of_branches)
    parts = [part.resolved() for part in found.items_of(keyword)]
    if not parts:
        raise NotUnderstood(found, f"has a {keyword} without branches")
    branches = [reading.branch(part) for part in parts]
    common = frozenset.intersection(*(frozenset(one.get("required", ())) for one in branches))
    bare = [_without_required(branch, common) for branch in branches]
    if len(bare) == 1:
        return (Rule(bare[0], rule_words(bare[0])) if bare[0] else None), common
    if keyword == "anyOf" and {} in bare:
        return None, common
    if any(branch in bare[:number] for number, branch in enumerate(bare)):
        raise NotUnderstood(found, f"has a {keyword} with branches that are alike")
    titles = [clean_text(part.mapping().get("title"), 60) for part in parts]
    return Rule({keyword: bare}, choice_words(keyword, bare, titles)), common


def _without_required(branch: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    left = [name for name in branch.get("required", ()) if name not in names]
    rest = {key: value for key, value in branch.items() if key != "required"}
    return {"required": left, **rest} if left else rest


@dataclass(frozen=True)
class _Reading:
    """The fields known when reading a schema of the whole body."""

    fields: Mapping[str, Limits]
    unknown: frozenset[str]
    of_branches: Sequence[str] = ()

    def branch(self, pointer: Pointer) -> dict[str, Any]:
        """Return one way to fill a request; if closed, it forbids the fields of other ways."""
        schema = self.schema(pointer)
        value = pointer.mapping()
        if value.get("additionalProperties") is not False:
            return schema
        own = value.get("properties", {})
        others = {name: dict(FORBIDDEN) for name in self.of_branches if name not in own}
        if not others:
            return schema
        return {**schema, "properties": {**schema.get("properties", {}), **others}}

    def schema(self, pointer: Pointer) -> dict[str, Any]:
        """Return what a schema of the body requires beyond the fields' own limits."""
        found = pointer.resolved()
        for key in found.mapping():
            if key not in _READ and key not in _IGNORED and not key.startswith("x-"):
                raise NotUnderstood(
                    found, f"has {bounded(repr(key), 60)}, which no rule of a card has"
                )
        return self.some_of(found, tuple(_READ))

    def some_of(self, found: Pointer, keys: Sequence[str]) -> dict[str, Any]:
        """Return the same, but only for the given keys."""
        demands: dict[str, Any] = {}
        for key, value in found.entries():
            if key not in keys:
                continue
            if key == "required":
                demands[key] = [self.name(value, one.value) for one in value.items()]
            elif key == "properties":
                demands[key] = self.properties(value)
            elif key == "dependentRequired":
                demands[key] = self.needs(value)
            elif key in _LISTS:
                demands[key] = [self.schema(part) for part in value.items()]
            else:
                demands[key] = self.schema(value)
        return {key: value for key, value in demands.items() if value or key in _CONDITION}

    def properties(self, value: Pointer) -> dict[str, Any]:
        """Return the limits of fields that are narrower than the fields' own."""
        found = {}
        for name, one in value.entries():
            if self.name(one, name) in self.fields and (limits := narrower(one, self.fields[name])):
                found[name] = limits
        return found

    def needs(self, value: Pointer) -> dict[str, list[str]]:
        """Return which fields each field needs."""
        return {
            self.name(value, name): [self.name(names, one.value) for one in names.items()]
            for name, names in value.entries()
        }

    def name(self, pointer: Pointer, name: Any) -> str:
        """Return a field's name. Raises NotUnderstood if the document has no such field."""
        if not isinstance(name, str) or name not in {*self.fields, *self.unknown}:
            raise NotUnderstood(
                pointer, f"speaks of {bounded(repr(name), 60)}, which is not a field"
            )
        return name
