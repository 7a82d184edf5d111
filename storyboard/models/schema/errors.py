"""Why a value does not fit a schema, as plain values: the one reader of jsonschema's errors. Pure.

Used for storyboards, payloads and manifests alike; what is said about an error
is for `messages` and for the callers. jsonschema's own types end here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from storyboard.models.schema.validator import find_suspects

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

ErrorPath: TypeAlias = tuple[str | int, ...]

MISSING, UNKNOWN = "required", "additionalProperties"


@dataclass(frozen=True, slots=True)
class SchemaError:
    """One value that breaks one rule; also one missing or one unknown key.

    `keyword` is the rule's name in the schema, `limit` its argument and
    `schema` the subschema that holds both. Where the key itself is wrong
    (missing, unknown, not allowed), `path` ends with the key; `value` is then
    the key's name, unless the rule is `not: {}`.
    """

    path: ErrorPath
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


def find_errors(
    data: Any, schema: Mapping[str, Any], *, long_lists: Collection[str] = ()
) -> Iterator[SchemaError]:
    """The errors of `data`, in jsonschema's order; `$schema` names the dialect.

    Where several keys of one mapping are missing, each of them comes several times.

    `long_lists` are keys whose lists may be long: of those, only the entries
    that jsonschema-rs finds suspicious are checked (jsonschema checks some 300
    shots a second). Each entry of such a list must be valid or not by itself.
    """
    # jsonschema takes a tenth of a second to import; most files are valid.
    from jsonschema.validators import validator_for

    excerpt = _excerpt(data, find_suspects(schema, data) if long_lists else None, long_lists)
    for error in validator_for(schema)(_inlined(schema)).iter_errors(excerpt.data):
        for found in _read_error(error):
            yield replace(found, path=excerpt.path_in_whole(found.path))


def _read_error(error: ValidationError) -> Iterator[SchemaError]:
    path: ErrorPath = tuple(error.absolute_path)
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    keyword = str(error.validator)
    limit: Any = error.validator_value
    value: Any = error.instance
    if keyword == MISSING:
        names = [name for name in limit if name not in value]
    elif keyword == UNKNOWN:
        names = [name for name in value if name not in schema.get("properties", ())]
    elif "propertyNames" in error.absolute_schema_path:
        names = [value]
    else:
        # "not: {}" forbids the key, whatever its value.
        is_about_key = keyword == "not" and limit == {}
        yield SchemaError(path, keyword, value, limit, schema, is_about_key)
        return
    for name in names:
        yield SchemaError((*path, name), keyword, name, limit, schema, is_about_key=True)


@dataclass(frozen=True, slots=True)
class _Excerpt:
    """`data` without the valid entries of its long lists.

    `indexes` has, by the path of a list, the indexes of its entries in the whole.
    """

    data: Any
    indexes: Mapping[ErrorPath, list[int]]

    def path_in_whole(self, path: ErrorPath) -> ErrorPath:
        """The path, in the whole document, of a value in the excerpt."""
        found: ErrorPath = ()
        for step in path:
            indexes = self.indexes.get(found)
            found = (*found, indexes[step] if indexes and isinstance(step, int) else step)
        return found


def _excerpt(data: Any, suspects: list[ErrorPath] | None, long_lists: Collection[str]) -> _Excerpt:
    if suspects is None:
        return _Excerpt(data, {})
    suspicious = set(suspects)
    wanted = {path[:length] for path in suspects for length in range(len(path) + 1)}
    indexes: dict[ErrorPath, list[int]] = {}

    def reduce(value: Any, path: ErrorPath) -> Any:
        if not isinstance(value, dict):
            return value
        reduced = dict(value)
        for key in long_lists:
            items, here = value.get(key), (*path, key)
            if isinstance(items, list) and here not in suspicious:
                # The first always stays: an empty list would be an error itself.
                indexes[here] = [n for n in range(len(items)) if n == 0 or (*here, n) in wanted]
                reduced[key] = [reduce(items[n], (*here, n)) for n in indexes[here]]
        return reduced

    return _Excerpt(reduce(data, ()), indexes)


def _inlined(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with each reference replaced by the definition it refers to.

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
