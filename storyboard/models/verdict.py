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
    # offline: a reference out of the schema must not become a request.
    return jsonschema_rs.validator_for(_translated(dict(schema)), offline=True)


def _translated(schema: Any) -> Any:
    """The schema with its patterns in ECMAScript. Raises ValueError where one has no equal."""
    if isinstance(schema, list):
        return [_translated(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _translated(value) for key, value in schema.items()}
    if isinstance(pattern := schema.get("pattern"), str):
        made["pattern"] = _translated_pattern(pattern)
    if isinstance(named := schema.get("patternProperties"), dict):
        made["patternProperties"] = {
            _translated_pattern(pattern): _translated(value) for pattern, value in named.items()
        }
    return made


# What \s is to Python, which has more of it.
_SPACES = r"\x09-\x0d\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_SIGN = re.compile(
    r"(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<escape>\\.)|(?P<end>\$)|(?P<any>\.)|(?P<odd>\(\?(?![:=!]))",
    re.DOTALL,
)
# In ECMAScript, or its engine here; of sets also what would be a set of sets there.
_DIFFERS = re.compile(r"\\[dDwWbBSAZ]|^\[\^?\]|(?<!^)(?<!\\)\[|&&|--|~~")
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
    if found["odd"] or _DIFFERS.match(sign) or (found["set"] and _DIFFERS.search(sign)):
        raise ValueError(f"{sign!r} may mean something else")
    if found["set"]:
        return sign.replace(r"\s", _SPACES)
    return f"[{_SPACES}]" if sign == r"\s" else sign
