"""What jsonschema finds, as plain values: one fault for each value, missing key or unknown key.

Pure. jsonschema's own types and sentences end here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from storyboard.models.schema.validator import find_suspects

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


def find_faults(data: Any, schema: Mapping[str, Any]) -> Iterator[Fault]:
    """The faults of a file or a payload against a schema, whose `$schema` names its dialect."""
    # jsonschema takes a tenth of a second to import; most files are sound.
    from jsonschema.validators import validator_for

    thin = _thinned(data, find_suspects(schema, data))
    for error in validator_for(schema)(_inlined(schema)).iter_errors(thin.data):
        for fault in _faults(error):
            yield replace(fault, path=thin.path_of(fault.path))


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


@dataclass(frozen=True, slots=True)
class _Thinned:
    """A file without the shots that have no fault: jsonschema looks at 300 shots a second.

    `kept` are the indexes that the entries of a list have in the whole file, by its path.
    """

    data: Any
    kept: Mapping[FaultPath, list[int]]

    def path_of(self, path: FaultPath) -> FaultPath:
        """The way to a value in the whole file."""
        found: FaultPath = ()
        for part in path:
            kept = self.kept.get(found)
            found = (*found, kept[part] if kept and isinstance(part, int) else part)
        return found


_LISTS = ("scenes", "shots")


def _thinned(data: Any, suspects: list[FaultPath] | None) -> _Thinned:
    if suspects is None:
        return _Thinned(data, {})
    faulty = set(suspects)
    wanted = {path[:length] for path in suspects for length in range(len(path) + 1)}
    kept: dict[FaultPath, list[int]] = {}

    def thin(value: Any, path: FaultPath) -> Any:
        if not isinstance(value, dict):
            return value
        made = dict(value)
        for key in _LISTS:
            items, here = value.get(key), (*path, key)
            if isinstance(items, list) and here not in faulty:
                # The first always stays: a list without entries would be a fault itself.
                kept[here] = [n for n in range(len(items)) if n == 0 or (*here, n) in wanted]
                made[key] = [thin(items[n], (*here, n)) for n in kept[here]]
        return made

    return _Thinned(thin(data, ()), kept)


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
