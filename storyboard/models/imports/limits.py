"""Reads a field's schema as the limits of a card: one type, no null, no annotations. Pure.

OpenAPI 3.0 and 3.1 can state the same limits in several ways (`nullable`, a list of types,
`anyOf` with null, `const`, `allOf` around one reference). A card states them in one way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from storyboard.models.imports.document import NotUnderstood, Pointer
from storyboard.models.imports.unions import Limits, union
from storyboard.models.schema.validator import DIALECT, compile_check, is_bounded
from storyboard.models.words import PARAMETER_TYPES, whole_number
from storyboard.reporting.quoting import bounded, printable

MAX_DESCRIPTION = 300  # characters
_MAX_VALUES = 500  # in an enum
_MAX_TEXT = 500  # characters, in a pattern or a value

_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_COUNTS = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")

_OTHER_LIMITS = frozenset(
    (
        *("not", "if", "then", "else", "dependentSchemas", "dependentRequired", "dependencies"),
        *("patternProperties", "propertyNames", "unevaluatedProperties", "unevaluatedItems"),
        *("contains", "minContains", "maxContains", "prefixItems", "additionalItems"),
        *("$dynamicRef", "$recursiveRef"),
    )
)
"""Limits that a card's field cannot state."""

_FITS: Mapping[str, tuple[type, ...]] = {
    "number": (int, float),
    "integer": (int,),
    "string": (str,),
    "boolean": (bool,),
}
_PYTHON_TYPES: Mapping[type, str] = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
}


def read_limits(pointer: Pointer, type_: str | None = None) -> Limits:
    """Return the limits of a field; its type is `type_` if they do not state one.

    Raises NotUnderstood for limits that a card cannot state.
    """
    found = pointer.resolved()
    limits = _own_limits(found)
    type_ = limits.get("type", type_)
    for part in found.items_of("allOf"):
        limits = _combined(found, read_limits(part, type_), limits)
    for keyword in ("anyOf", "oneOf"):
        branches = [part for part in found.items_of(keyword) if not _is_null(part)]
        if branches:
            read = [read_limits(one, type_) for one in branches]
            limits = _combined(found, union(found, read), limits)
    if type_:
        limits.setdefault("type", type_)
    return _finished(found, limits)


def clean_text(value: Any, most: int = MAX_DESCRIPTION) -> str:
    """Return a text for display as one printable line, shortened; empty for anything else."""
    return bounded(" ".join(value[: 4 * most].split()), most) if isinstance(value, str) else ""


def _is_null(part: Pointer) -> bool:
    schema = part.resolved().mapping()
    return (
        schema.get("type") == "null"
        or schema.get("enum") == [None]
        or schema.get("const", ...) is None
    )


def _own_limits(found: Pointer) -> Limits:
    """Return the limits in the schema itself, without those of its branches."""
    schema = found.mapping()
    for keyword in schema:
        if keyword in _OTHER_LIMITS:
            raise NotUnderstood(found, f"has {keyword!r}, which a card does not state for a field")
    limits: Limits = {}
    if type_ := _type(found):
        limits["type"] = type_
    if description := clean_text(schema.get("description")):
        limits["description"] = description
    limits.update(_values(found))
    limits.update(_bounds(found))
    if (pattern := found.get("pattern")) is not None:
        limits["pattern"] = _pattern(pattern)
    if schema.get("format") == "uri":
        limits["format"] = "uri"
    limits.update(_entry_limits(found))
    default = schema.get("default")
    return limits if default is None else {**limits, "default": default}


def _type(found: Pointer) -> str | None:
    value = found.mapping().get("type")
    listed = [one for one in value if one != "null"] if isinstance(value, list) else [value]
    if len(listed) != 1:
        raise NotUnderstood(found, f"has the types {_list(listed)}; a card's field has one")
    if listed[0] is not None and (
        not isinstance(listed[0], str) or listed[0] not in PARAMETER_TYPES
    ):
        raise NotUnderstood(
            found, f"has the type {_quoted(listed[0])}; it is one of {_list(PARAMETER_TYPES)}"
        )
    return listed[0]


def _values(found: Pointer) -> Limits:
    schema = found.mapping()
    if schema.get("const") is not None:
        values = [schema["const"]]
    elif (listed := found.get("enum")) is not None:
        values = [item.value for item in listed.items() if item.value is not None]
    else:
        return {}
    if not 0 < len(values) <= _MAX_VALUES:
        raise NotUnderstood(found, f"lists {len(values):,} values; it is 1 to {_MAX_VALUES}")
    if any(isinstance(value, str) and len(value) > _MAX_TEXT for value in values):
        raise NotUnderstood(found, f"lists a value of more than {_MAX_TEXT} characters")
    if any(isinstance(value, list | dict) for value in values):
        raise NotUnderstood(found, "lists a value that is a list or a mapping")
    return {"enum": list(dict.fromkeys(values))}


def _bounds(found: Pointer) -> Limits:
    schema = found.mapping()
    bounds: Limits = {}
    for name in (*_NUMBERS, *_COUNTS):
        value = schema.get(name)
        if value is None or (isinstance(value, bool) and name.startswith("exclusive")):
            continue
        is_bound = isinstance(value, int | float) and not isinstance(value, bool)
        if is_bound and name in _COUNTS:
            is_bound = isinstance(value, int) and value >= 0
        elif is_bound and name == "multipleOf":
            is_bound = value > 0
        if not is_bound:
            raise NotUnderstood(found, f"has {name} {_quoted(value)}, which is not a bound")
        is_whole = isinstance(value, float) and value.is_integer()
        bounds[name] = int(value) if is_whole else value
    for name, plain in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if schema.get(name) is True and plain in bounds:  # the OpenAPI 3.0 form
            bounds[name] = bounds.pop(plain)
    return bounds


def _pattern(pointer: Pointer) -> str:
    pattern = pointer.value
    if not isinstance(pattern, str) or len(pattern) > _MAX_TEXT or not is_bounded(pattern):
        raise NotUnderstood(
            pointer, "cannot be a card's pattern: short, without looking ahead or back"
        )
    return pattern


def _entry_limits(found: Pointer) -> Limits:
    """Return the limits on the entries of a list or a mapping."""
    inside: Limits = {}
    if (items := found.get("items")) is not None:
        inside["items"] = read_limits(items)
    if (properties := found.get("properties")) is not None:
        inside["properties"] = {
            printable(name): read_limits(one) for name, one in properties.entries()
        }
    if (required := found.get("required")) is not None and isinstance(required.value, list):
        inside["required"] = [one.value for one in required.items() if isinstance(one.value, str)]
    more = found.get("additionalProperties")
    if more is not None and isinstance(more.value, bool):
        inside["additionalProperties"] = more.value
    elif more is not None and more.value != {}:
        inside["additionalProperties"] = read_limits(more)
    return inside


def _combined(found: Pointer, inner: Limits, outer: Limits) -> Limits:
    """Combine limits that both apply; the outer ones have the better description."""
    for keyword, value in outer.items():
        if keyword in ("description", "default") or inner.get(keyword, value) == value:
            continue
        raise NotUnderstood(found, f"states {keyword} twice, and not alike")
    return {**inner, **outer}


def _finished(found: Pointer, limits: Limits) -> Limits:
    """Return the limits with the type first, values of that type, and no redundant bound."""
    values = limits.get("enum", [])
    type_ = limits.get("type") or _type_of(values, limits)
    if type_ is None:
        raise NotUnderstood(found, "says no type")
    if values:
        bounds = {name: limits[name] for name in _NUMBERS if name in limits}
        is_within = compile_check({"$schema": DIALECT, **bounds})
        typed = (_as_type(found, value, type_) for value in values)
        limits["enum"] = [value for value in typed if is_within(value)]
        if not limits["enum"]:
            raise NotUnderstood(found, "allows nothing: no value is within its bounds")
        limits = {key: value for key, value in limits.items() if key not in _NUMBERS}
    if "default" in limits:
        limits["default"] = _as_type(found, limits["default"], type_, is_strict=False)
    return {"type": type_, **{key: value for key, value in limits.items() if key != "type"}}


def _type_of(values: Iterable[Any], limits: Limits) -> str | None:
    """Return the type that the limits imply if they do not state one."""
    types = {_PYTHON_TYPES[type(value)] for value in values}
    if len(types) == 1:
        return types.pop()
    if types == {"integer", "number"}:
        return "number"
    if "properties" in limits:
        return "object"
    return "array" if "items" in limits else None


def _as_type(found: Pointer, value: Any, type_: str, *, is_strict: bool = True) -> Any:
    """Return a value in the given type: 5 for "5", or "5" for 5, if a document mixes them."""
    if type_ == "string" and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if type_ == "integer" and isinstance(value, str):
        number = whole_number(value)
        value = value if number is None else number
    if type_ == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)
    fits = _FITS.get(type_)
    is_bool_apart = isinstance(value, bool) == (type_ == "boolean")
    if is_strict and not (fits and isinstance(value, fits) and is_bool_apart):
        raise NotUnderstood(found, f"lists {_quoted(value)}, which is not of the type {type_!r}")
    return value


def _quoted(value: Any) -> str:
    return bounded(repr(value), 60)


def _list(names: Iterable[Any]) -> str:
    return ", ".join(_quoted(name) for name in sorted(map(str, names)))
