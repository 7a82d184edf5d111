"""What jsonschema finds, as plain values: one fault for each value, missing key or unknown key.

Pure. jsonschema's own types and sentences end here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from jsonschema import Draft7Validator, ValidationError

from storyboard.records import Json

FaultPath: TypeAlias = tuple[str | int, ...]

MISSING, UNKNOWN = "required", "additionalProperties"


@dataclass(frozen=True, slots=True)
class Fault:
    """A value that breaks a rule.

    `keyword` is the schema's word for the rule and `limit` its argument;
    `schema` is the part that holds both. For a missing or unknown key, and for
    a key with a name that is not allowed, `path` ends with that key and
    `value` is its name.
    """

    path: FaultPath
    keyword: str
    value: Any
    limit: Any
    schema: Mapping[str, Any]
    is_about_key: bool = False

    @property
    def rule(self) -> str | None:
        """The rule in words, where the schema has it."""
        rule = self.schema.get("errorMessage")
        return rule if isinstance(rule, str) else None


def find_faults(data: Json, schema: Mapping[str, Any]) -> Iterator[Fault]:
    """The faults of a whole file against a draft-07 schema."""
    return read_errors(Draft7Validator(_inlined(schema)).iter_errors(data))


def read_errors(errors: Iterable[ValidationError]) -> Iterator[Fault]:
    """The faults in what jsonschema found."""
    for error in errors:
        yield from _faults(error)


def _faults(error: Any) -> Iterator[Fault]:
    path: FaultPath = tuple(error.absolute_path)
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    keyword, limit = str(error.validator), error.validator_value
    if keyword == MISSING:
        names = [name for name in limit if name not in error.instance]
    elif keyword == UNKNOWN:
        names = [name for name in error.instance if name not in schema.get("properties", ())]
    elif "propertyNames" in error.absolute_schema_path:
        names = [error.instance]
    else:
        # "not: {}" forbids the key itself, whatever stands under it.
        is_about_key = keyword == "not" and limit == {}
        yield Fault(path, keyword, error.instance, limit, schema, is_about_key)
        return
    for name in names:
        yield Fault((*path, name), keyword, name, limit, schema, is_about_key=True)


def _inlined(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with its definitions put where they are referred to.

    jsonschema takes as long to follow a reference as to check a value.
    """
    definitions = schema.get("definitions", {})

    def inline(value: Any) -> Any:
        if isinstance(value, list):
            return [inline(item) for item in value]
        if not isinstance(value, dict):
            return value
        if "$ref" in value:
            return inline(definitions[value["$ref"].removeprefix("#/definitions/")])
        return {key: inline(item) for key, item in value.items()}

    return {key: inline(value) for key, value in schema.items() if key != "definitions"}
