"""What a schema's complaint means to the person who wrote the value. Pure.

Comes in: one fault. Goes out: a stable code, the words that follow the value's
path, and perhaps a hint.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from storyboard.language.validation.schema_errors import Fault
from storyboard.language.yaml.scalars import UnusableNumber, read_plain
from storyboard.models.schema.words import MODELS, allowed_words, whole_range
from storyboard.reporting.suggest import did_you_mean
from storyboard.reporting.value_paths import format_value, shorten

_MAX_PATTERN = 60
_MIN_LETTERS = 3
_SAID_YES, _SAID_NO = ("yes", "on", "y"), ("no", "off", "n")


@dataclass(frozen=True, slots=True)
class Complaint:
    """`words` follow the value's path and a colon: "20 is more than 15, ..."."""

    code: str
    words: str
    hint: str | None = None


def complain(fault: Fault, *, owner: str | None = None) -> Complaint:
    """The fault as the user shall read it; missing and unknown keys are the caller's.

    `owner` names the model whose limits these are, where the schema itself
    does not say.
    """
    names = fault.schema.get(MODELS) or ([owner] if owner else [])
    case = _Case(fault.value, fault.limit, fault.schema, fault.rule, " and ".join(names))
    said = _SAYINGS.get(fault.keyword, _other)(case)
    if said.code == "too-large" and fault.path[-1:] == ("duration",):
        return Complaint(said.code, said.words, "split the shot in two")
    return said


def list_names(names: Sequence[str]) -> str:
    """Keys in a sentence: "'version' and 'shots'"."""
    quoted = [f"'{name}'" for name in names]
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]]) if len(quoted) > 1 else quoted[0]


@dataclass(frozen=True, slots=True)
class _Case:
    """A value, the rule it breaks, and whose rule it is."""

    value: Any
    limit: Any
    schema: Mapping[str, Any]
    rule: str | None
    owner: str

    @property
    def takes(self) -> str:
        """What would be right: "alibaba/wan2.7-t2v takes '720P' or '1080P'"."""
        allowed = allowed_words(self.schema)
        if self.owner:
            return f"{self.owner} take{'' if ' and ' in self.owner else 's'} {allowed}"
        return f"{allowed} is needed"

    @property
    def allows(self) -> str:
        """The end of "the most that ..."."""
        if not self.owner:
            return "is allowed"
        return f"{self.owner} allow{'' if ' and ' in self.owner else 's'}"


def _type(case: _Case) -> Complaint:
    if case.limit == "null" and case.rule:
        return Complaint("unknown-parameter", case.rule)
    return Complaint("wrong-type", f"{_found(case)}; {case.takes}", _type_hint(case))


def _found(case: _Case) -> str:
    if case.value is None:
        return "is empty"
    value = format_value(case.value)
    if isinstance(case.value, list | dict):
        return f"{value} stands here"
    if isinstance(case.value, bool):
        return f"{value} is not {'text' if 'string' in case.limit else 'a number'}"
    if isinstance(case.value, str):
        return f"{value} is text"
    is_whole_needed = "integer" in case.limit and isinstance(case.value, float)
    return f"{value} is not a whole number" if is_whole_needed else f"{value} is a number"


def _type_hint(case: _Case) -> str | None:
    wanted = [case.limit] if isinstance(case.limit, str) else list(case.limit)
    value = case.value
    if "enum" in case.schema and (near := _near(case)):
        return near
    if isinstance(value, str):
        if "boolean" in wanted and value.lower() in (*_SAID_YES, *_SAID_NO):
            return f"write {'true' if value.lower() in _SAID_YES else 'false'}"
        if wanted[0] in ("integer", "number", "boolean") and _means(value) is not None:
            return f"write {value} without quotes"
        if wanted[0] == "array":
            return "write it as a list, in brackets: [...]"
    elif value is not None and not isinstance(value, list | dict) and "string" in wanted:
        return "put it in quotes"
    return None


def _means(text: str) -> bool | int | float | None:
    """The number or truth value that a text spells."""
    try:
        value = read_plain(text)
    except UnusableNumber:
        return None
    return None if isinstance(value, str) else value


def _enum(case: _Case) -> Complaint:
    span = whole_range([value for value in case.limit if value is not None])
    if span and isinstance(case.value, int | float) and not isinstance(case.value, bool):
        if case.value > span[1]:
            return _too_large(case, span[1])
        if case.value < span[0]:
            return _too_small(case, span[0])
    words = f"{format_value(case.value)} is not allowed; {case.takes}"
    return Complaint("not-allowed", words, _near(case))


def _near(case: _Case) -> str | None:
    """A hint where the value is nearly one of those allowed."""
    known = case.schema.get("enum", ())
    if isinstance(case.value, str) and (meant := _means(case.value)) is not None and meant in known:
        return f"write {case.value} without quotes"
    texts = [value for value in known if isinstance(value, str)]
    alike = [text for text in texts if _likeness(text) == _likeness(str(case.value))]
    if len(alike) == 1:
        return f"did you mean '{alike[0]}'?"
    # Guessing by letters would take 16:10 for 1:1.
    is_word = isinstance(case.value, str) and _has_letters(case.value)
    return did_you_mean(case.value, texts) if is_word else None


def _likeness(text: str) -> object:
    """The same for '1080P', '1080p' and '1080', and for '16:9' and '16x9'."""
    numbers = () if _has_letters(text) else re.findall(r"[0-9]{1,9}", text)
    return tuple(map(int, numbers)) or text.casefold()


def _has_letters(text: str) -> bool:
    return sum(map(str.isalpha, text)) >= _MIN_LETTERS


def _const(case: _Case) -> Complaint:
    is_quoted = isinstance(case.value, str) and _means(case.value) == case.limit
    rule = case.rule or f"{format_value(case.limit)} is needed"
    return Complaint(
        "not-allowed",
        f"{format_value(case.value)} is not allowed; {rule}",
        f"write {case.value} without quotes" if is_quoted else None,
    )


def _too_large(case: _Case, most: Any) -> Complaint:
    words = f"{format_value(case.value)} is more than {most}, the most that {case.allows}"
    return Complaint("too-large", words)


def _too_small(case: _Case, least: Any) -> Complaint:
    words = f"{format_value(case.value)} is less than {least}, the least that {case.allows}"
    return Complaint("too-small", words)


def _outside(case: _Case) -> Complaint:
    is_least = "exclusiveMinimum" in case.schema and case.value <= case.limit
    side = "more" if is_least else "less"
    words = f"{format_value(case.value)} is not {side} than {case.limit}, as it has to be"
    return Complaint("too-small" if is_least else "too-large", words)


def _too_short(case: _Case) -> Complaint:
    if not case.value:
        return Complaint("too-short", f"is empty; at least {_characters(case.limit)} needed")
    return Complaint(
        "too-short",
        f"is {len(case.value):,} characters long; at least {_characters(case.limit)} needed",
    )


def _too_long(case: _Case) -> Complaint:
    most = f"at most {case.limit:,}"
    rule = f"{case.allows} {most}" if case.owner else f"{most} are allowed"
    return Complaint("too-long", f"is {len(case.value):,} characters long; {rule}")


def _characters(count: int) -> str:
    return f"{count:,} character{' is' if count == 1 else 's are'}"


def _pattern(case: _Case) -> Complaint:
    rule = case.rule or f"it does not match {shorten(str(case.limit), _MAX_PATTERN)}"
    return Complaint("wrong-form", f"{format_value(case.value)} is not allowed: {rule}")


def _not(case: _Case) -> Complaint:
    if isinstance(case.value, list | dict) or case.rule is None:
        return Complaint("not-allowed", case.rule or f"{format_value(case.value)} is not allowed")
    return Complaint("not-allowed", f"{format_value(case.value)} is not allowed: {case.rule}")


def _too_few(case: _Case) -> Complaint:
    if not case.value:
        return Complaint("empty", "is empty; at least one entry is needed")
    return Complaint(
        "empty", f"has {len(case.value):,} entries; at least {case.limit:,} are needed"
    )


def _any_of(case: _Case) -> Complaint:
    words = f"{format_value(case.value)} is not allowed; {allowed_words(case.schema)}"
    return Complaint("not-allowed", words)


def _other(case: _Case) -> Complaint:
    rule = case.rule or f"it breaks a rule of {case.owner or 'the schema'}"
    return Complaint("not-allowed", f"{format_value(case.value)} is not allowed: {rule}")


_SAYINGS: dict[str, Callable[[_Case], Complaint]] = {
    "type": _type,
    "const": _const,
    "not": _not,
    "enum": _enum,
    "minItems": _too_few,
    "minProperties": _too_few,
    "minLength": _too_short,
    "maxLength": _too_long,
    "minimum": lambda case: _too_small(case, case.limit),
    "maximum": lambda case: _too_large(case, case.limit),
    "exclusiveMinimum": _outside,
    "exclusiveMaximum": _outside,
    "pattern": _pattern,
    "anyOf": _any_of,
}

_ORDER = {keyword: number for number, keyword in enumerate(_SAYINGS)}


def importance(fault: Fault) -> int:
    """Of several faults of one value, the one with the least number says it best."""
    return _ORDER.get(fault.keyword, len(_ORDER))
