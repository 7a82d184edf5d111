"""Converts jsonschema's errors to plain values, for storyboards, payloads and manifests. Pure.

`messages` and the callers put them into words. Only this module uses jsonschema's types.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from storyboard.models.schema.validator import find_suspects, matcher
from storyboard.models.schema.words import CARD_RULE, EDITORS_RULE
from storyboard.reporting.value_paths import ValuePath

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

MISSING, UNKNOWN = "required", "additionalProperties"


@dataclass(frozen=True, slots=True)
class SchemaError:
    """One value that breaks one rule, or one missing or unknown key.

    `keyword` is the rule's name in the schema ("maximum"), `limit` its argument, and `schema` the
    subschema that contains both. If the key itself is wrong, `path` ends with it. For a missing,
    unknown or misnamed key, `value` is the key's name. For a key that is not allowed (`not: {}`),
    it is the key's value.
    """

    path: ValuePath
    keyword: str
    value: Any
    limit: Any
    schema: Mapping[str, Any]
    is_about_key: bool = False

    @property
    def rule(self) -> str | None:
        """The rule in words, if the schema has them."""
        rule = self.schema.get(EDITORS_RULE) or self.schema.get(CARD_RULE)
        return rule if isinstance(rule, str) else None


def find_errors(
    data: Any, schema: Mapping[str, Any], *, skip_valid_entries: bool = False
) -> Iterator[SchemaError]:
    """Yield the errors of `data`, in jsonschema's order; `$schema` names the dialect.

    If several keys of one mapping are missing, each is reported several times.

    `skip_valid_entries` checks only the list entries in which jsonschema-rs found errors, because
    jsonschema checks only about 300 shots a second. The schema must not use `items` below `if`,
    `not`, `anyOf` or `oneOf`.
    """
    # jsonschema takes a tenth of a second to import; most files are valid.
    from jsonschema.validators import extend, validator_for

    cls = _with_patterns(validator_for(schema))
    suspects = find_suspects(schema, data) if skip_valid_entries else None
    entries = None if suspects is None else _invalid_entries(data, suspects)
    if entries is not None:
        items = _items_keyword(entries)
        cls = extend(cls, {"items": items})  # type: ignore[no-untyped-call] # untyped in the stubs
    for error in cls(schema).iter_errors(data):
        yield from _read_error(error)


# Extending creates a class, which takes a hundred times as long as checking one payload.
@lru_cache(maxsize=8)
def _with_patterns(cls: Any) -> Any:
    from jsonschema.validators import extend

    return extend(cls, {"pattern": _check_pattern})  # type: ignore[no-untyped-call] # untyped in the stubs


def _read_error(error: ValidationError) -> Iterator[SchemaError]:
    path: ValuePath = tuple(error.absolute_path)
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


def _invalid_entries(data: Any, suspects: list[ValuePath]) -> dict[int, set[int]] | None:
    """Return the indexes of the entries that may be invalid, by the id() of their list.

    Returns None if a path cannot be followed: jsonschema-rs gives the keys "42" and "042" as 42.
    """
    found: dict[int, set[int]] = {}
    for path in suspects:
        value = data
        for step in path:
            if isinstance(value, list):
                found.setdefault(id(value), set()).add(int(step))
            elif step not in value:
                return None
            value = value[step]
        if isinstance(value, list):
            found[id(value)] = set(range(len(value)))
    return found


def _check_pattern(_: Any, pattern: str, value: Any, __: Any) -> Iterator[ValidationError]:
    from jsonschema.exceptions import ValidationError

    if isinstance(value, str) and not matcher(pattern)(value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


def _items_keyword(invalid: Mapping[int, set[int]]) -> Callable[..., Iterator[ValidationError]]:
    def check_items(validator: Any, items: Any, value: Any, _: Any) -> Iterator[ValidationError]:
        for index in sorted(invalid.get(id(value), ())):
            yield from validator.descend(value[index], items, path=index)

    return check_items
