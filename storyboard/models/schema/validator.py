"""Whether values keep to a JSON Schema, a hundred times as fast as jsonschema says it. Pure.

A yes is final. Where the answer is no, jsonschema has the last word: it says
what is wrong, or that nothing is, for jsonschema-rs cannot hold all that
Python can (numbers beyond 64 bits, halves of surrogate pairs).

jsonschema reads patterns as Python does, jsonschema-rs as ECMAScript. Those of
a schema are translated first, so that they mean the same to both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import jsonschema_rs

Check: TypeAlias = Callable[[Any], bool]
"""Whether a value surely keeps to a schema."""


def compile_check(schema: Mapping[str, Any]) -> Check:
    """The check for a schema, whose `$schema` names its dialect; it never raises."""
    try:
        is_valid = _validator_for(schema).is_valid
    except Exception:
        return _never

    def check(value: Any) -> bool:
        try:
            return bool(is_valid(value))
        except Exception:  # what is no JSON, such as half a character
            return False

    return check


def find_suspects(schema: Mapping[str, Any], value: Any) -> list[tuple[str | int, ...]] | None:
    """The ways to what may be wrong in a value, which is all that is; None where it cannot say."""
    try:
        errors = _validator_for(schema).iter_errors(value)
        return [tuple(error.instance_path) for error in errors]
    except Exception:
        return None


def is_schema(schema: Mapping[str, Any]) -> bool:
    """Whether a schema surely keeps to the rules of its dialect."""
    try:
        return jsonschema_rs.meta.is_valid(dict(schema))
    except Exception:
        return False


def _never(value: Any) -> bool:
    return False


def _validator_for(schema: Mapping[str, Any]) -> Any:
    # offline: a reference out of the schema must not become a request. jsonschema asserts no
    # formats either, unless it is asked to.
    return jsonschema_rs.validator_for(
        _translated(dict(schema)), offline=True, validate_formats=False
    )


_DATA = frozenset({"const", "enum", "default", "example", "examples"})
_BY_NAME = frozenset({"properties", "definitions", "$defs", "dependentSchemas"})


def _translated(schema: Any) -> Any:
    """The schema with its patterns in ECMAScript. Raises ValueError where one has no equal."""
    if isinstance(schema, list):
        return [_translated(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {}
    for key, value in schema.items():
        if key in _DATA:
            made[key] = value
        elif key in _BY_NAME and isinstance(value, dict):
            made[key] = {name: _translated(item) for name, item in value.items()}
        elif key == "pattern" and isinstance(value, str):
            made[key] = _translated_pattern(value)
        elif key == "patternProperties" and isinstance(value, dict):
            named = {_translated_pattern(name): _translated(item) for name, item in value.items()}
            if len(named) < len(value):
                raise ValueError("two patterns are one in ECMAScript")
            made[key] = named
        else:
            made[key] = _translated(value)
    return made


# What \s is to Python, which has more of it.
_SPACES = r"\x09-\x0d\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_ESCAPE = r"\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)"
_SIGN = re.compile(
    rf"(?P<set>\[\^?\]?(?:{_ESCAPE}|[^\]\\])*\])|(?P<escape>{_ESCAPE})|(?P<end>\$)|(?P<any>\.)"
    r"|(?P<odd>\(\?(?![:=!]))",
    re.DOTALL,
)
_KNOWN_ESCAPE = re.compile(r"\\(?:u....|x..|[nrtfvs]|[^A-Za-z0-9<>])", re.DOTALL)
_ODD_SET = re.compile(r"^\[\^?\]|(?<!^)(?<!\\)\[|&&|--|~~")  # a set of sets there
_EVERYTHING = frozenset({r"[\s\S]", r"[\S\s]"})


def _translated_pattern(pattern: str) -> str:
    """The pattern in ECMAScript; ValueError where that is not sure to mean the same."""
    re.compile(pattern)
    return _SIGN.sub(_translated_sign, pattern)


def _translated_sign(found: re.Match[str]) -> str:
    sign = found[0]
    if found["end"]:
        return r"(?=\n?$)"  # Python's own $ also matches before a line break at the end
    if found["any"]:
        return r"[^\n]"
    if sign in _EVERYTHING:
        return sign
    if found["odd"] or not all(map(_KNOWN_ESCAPE.fullmatch, re.findall(_ESCAPE, sign, re.DOTALL))):
        raise ValueError(f"{sign!r} may mean something else")
    if found["set"]:
        if _ODD_SET.search(sign):
            raise ValueError(f"{sign!r} may mean something else")
        return sign.replace(r"\s", _SPACES)
    return f"[{_SPACES}]" if sign == r"\s" else sign
