"""Explains a schema error to the person who wrote the value: a code and a sentence. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from storyboard.models.schema.errors import SchemaError
from storyboard.models.schema.words import MODELS, allowed_words, whole_range
from storyboard.models.words import SOUND
from storyboard.reporting.value_paths import format_value, shorten

_MAX_PATTERN = 60


class SchemaMessage(NamedTuple):
    """A stable code, and the words that follow the value's path: "20 is more than 15, ..."."""

    code: str
    words: str


def describe_error(error: SchemaError, *, model: str = "") -> SchemaMessage:
    """Put the error into words. Missing and unknown keys are left to the caller.

    `model` names the model whose limits these are, if the schema itself does not say.
    """
    models = " and ".join(error.schema.get(MODELS, ())) or model
    return _MESSAGES.get(error.keyword, _other)(error, models)


def most_specific(errors: list[SchemaError]) -> SchemaError:
    """Return the most helpful of several errors of one value."""
    return min(errors, key=lambda error: _RANKS.get(error.keyword, len(_RANKS)))


def _allowed(error: SchemaError, models: str) -> str:
    """Say what would be right: "alibaba/wan2.7-t2v requires '720P' or '1080P'"."""
    allowed = allowed_words(error.schema)
    if not models:
        return f"{allowed} is needed"
    required = f"{_verb(models, 'require')} {allowed}"
    if error.path[-1:] != (SOUND,) or allowed not in ("true", "false"):
        return required
    often = "always" if allowed == "true" else "never"
    if isinstance(error.value, bool):
        return f"{_verb(f'{models} {often}', 'make')} sound"
    makes = f"they {often} make" if " and " in models else f"it {often} makes"
    return f"{required}, as {makes} sound"


def _verb(models: str, verb: str) -> str:
    return f"{models} {verb}" if " and " in models else f"{models} {verb}s"


def _type(error: SchemaError, models: str) -> SchemaMessage:
    if error.limit == "null" and error.rule:
        return SchemaMessage("unknown-parameter", error.rule)
    return SchemaMessage("wrong-type", f"{_found(error)}; {_allowed(error, models)}")


def _found(error: SchemaError) -> str:
    if error.value is None:
        return "is empty"
    value = format_value(error.value)
    if isinstance(error.value, list | dict):
        return f"is {value}"
    if isinstance(error.value, bool):
        return f"{value} is not {_wanted_instead_of_switch(error.limit)}"
    if isinstance(error.value, str):
        return f"{value} is text"
    is_whole_needed = "integer" in error.limit and isinstance(error.value, float)
    return f"{value} is not a whole number" if is_whole_needed else f"{value} is a number"


def _wanted_instead_of_switch(types: str | list[str]) -> str:
    if "string" in types:
        return "text"
    if "object" in types:
        return "a mapping"
    return "a list" if "array" in types else "a number"


def _enum(error: SchemaError, models: str) -> SchemaMessage:
    span = whole_range([value for value in error.limit if value is not None])
    is_number = isinstance(error.value, int | float) and not isinstance(error.value, bool)
    if span and is_number and (error.value < span[0] or error.value > span[1]):
        return _beyond(error, models, span[error.value > span[1]])
    if error.rule:
        return _not_allowed(error, f": {error.rule}")
    return _not_allowed(error, f"; {_allowed(error, models)}")


def _not_allowed(error: SchemaError, rule: str) -> SchemaMessage:
    return SchemaMessage("not-allowed", f"{format_value(error.value)} is not allowed{rule}")


def _const(error: SchemaError, models: str) -> SchemaMessage:
    return _not_allowed(error, f"; {error.rule or f'{format_value(error.limit)} is needed'}")


def _any_of(error: SchemaError, models: str) -> SchemaMessage:
    if error.rule:
        return _other(error, models)
    return _not_allowed(error, f"; {allowed_words(error.schema)}")


def _beyond(error: SchemaError, models: str, limit: Any) -> SchemaMessage:
    """Say that a number is above the most that is allowed, or below the least."""
    allows = _verb(models, "allow") if models else "is allowed"
    if error.value > limit:
        code, words = "too-large", f"is more than {limit}, the most that {allows}"
    else:
        code, words = "too-small", f"is less than {limit}, the least that {allows}"
    return SchemaMessage(code, f"{format_value(error.value)} {words}")


def _outside(error: SchemaError, models: str) -> SchemaMessage:
    is_small = error.keyword == "exclusiveMinimum"
    words = f"is not allowed; it must be {'more' if is_small else 'less'} than {error.limit}"
    code = "too-small" if is_small else "too-large"
    return SchemaMessage(code, f"{format_value(error.value)} {words}")


def _not_multiple(error: SchemaError, models: str) -> SchemaMessage:
    words = f"is not a multiple of {error.limit}; {_allowed(error, models)}"
    return SchemaMessage("not-allowed", f"{format_value(error.value)} {words}")


def _too_short(error: SchemaError, models: str) -> SchemaMessage:
    length = f"{len(error.value):,} characters long" if error.value else "empty"
    needed = f"{error.limit:,} character{' is' if error.limit == 1 else 's are'} needed"
    return SchemaMessage("too-short", f"is {length}; at least {needed}")


def _too_long(error: SchemaError, models: str) -> SchemaMessage:
    length = f"is {len(error.value):,} characters long"
    return SchemaMessage("too-long", f"{length}; {_at_most(error, models)}")


def _at_most(error: SchemaError, models: str) -> str:
    most = f"at most {error.limit:,}"
    return f"{_verb(models, 'allow')} {most}" if models else f"{most} are allowed"


def _too_few(error: SchemaError, models: str) -> SchemaMessage:
    if not error.value:
        return SchemaMessage("too-few", "is empty; at least one entry is needed")
    words = f"has {len(error.value):,} entries; at least {error.limit:,} are needed"
    return SchemaMessage("too-few", words)


def _too_many(error: SchemaError, models: str) -> SchemaMessage:
    if error.rule:
        return _other(error, models)
    count = f"has {len(error.value):,} entries"
    return SchemaMessage("not-allowed", f"{count}; {_at_most(error, models)}")


def _pattern(error: SchemaError, models: str) -> SchemaMessage:
    rule = error.rule or f"it does not match {shorten(str(error.limit), _MAX_PATTERN)}"
    return SchemaMessage("wrong-form", f"{format_value(error.value)} is not allowed: {rule}")


def _not(error: SchemaError, models: str) -> SchemaMessage:
    if error.rule and isinstance(error.value, list | dict):
        return SchemaMessage("not-allowed", error.rule)
    return _not_allowed(error, f": {error.rule}" if error.rule else "")


def _other(error: SchemaError, models: str) -> SchemaMessage:
    if error.rule and isinstance(error.value, dict):
        return SchemaMessage("not-allowed", error.rule)
    rule = error.rule or f"it breaks a rule of {models or 'the schema'}"
    return _not_allowed(error, f": {rule}")


_Describe: TypeAlias = Callable[[SchemaError, str], SchemaMessage]

# Most specific first: if a value breaks several rules, only one is reported.
_MESSAGES: dict[str, _Describe] = {
    "type": _type,
    "const": _const,
    "not": _not,
    "enum": _enum,
    "minItems": _too_few,
    "minProperties": _too_few,
    "maxItems": _too_many,
    "minLength": _too_short,
    "maxLength": _too_long,
    "minimum": lambda error, models: _beyond(error, models, error.limit),
    "maximum": lambda error, models: _beyond(error, models, error.limit),
    "exclusiveMinimum": _outside,
    "exclusiveMaximum": _outside,
    "multipleOf": _not_multiple,
    "pattern": _pattern,
    "anyOf": _any_of,
}

_RANKS = {keyword: rank for rank, keyword in enumerate(_MESSAGES)}
