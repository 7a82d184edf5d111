"""Reads scalars: YAML 1.2's core schema for unquoted ones, and the standard tags. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from storyboard.language.nodes import ScalarValue

MAX_DIGITS = 100
"""Longer numbers are rejected. Python itself stops at 4,300 digits, with an exception."""

SCALAR_TAGS: Mapping[str, tuple[type, ...]] = {
    "!": (str,),
    "!!str": (str,),
    "!!int": (int,),
    "!!float": (float, int),
    "!!bool": (bool,),
    "!!null": (type(None),),
}
"""The tags allowed before a scalar, and the types of the plain values that fit them."""

_TAG_PREFIX = "tag:yaml.org,2002:"
_FIXED: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_STARTS_NUMBER = frozenset("+-.0123456789")
_INT = re.compile(r"[-+]?[0-9]+")
_OTHER_BASE = re.compile(r"0o(?P<octal>[0-7]+)|0x(?P<hex>[0-9a-fA-F]+)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


def is_null(text: str) -> bool:
    """Whether an unquoted value spells null."""
    return text in _FIXED and _FIXED[text] is None


def read_plain(text: str) -> ScalarValue:
    """Return the value of an unquoted scalar.

    `16:9`, `yes`, `on`, `1_000` and dates are text; `0010` is 10, `0o17` is 15.

    Raises:
        ValueError: the number cannot be sent: it is infinite, not a number, too large or
            too long. `str(error)` says which, worded to follow the number.

    Source: YAML 1.2.2, section 10.3, "Core Schema".
    """
    if text in _FIXED:
        return _FIXED[text]
    if text[0] not in _STARTS_NUMBER:
        return text
    if _INT.fullmatch(text):
        return _bounded_int(text, 10)
    if other := _OTHER_BASE.fullmatch(text):
        return _bounded_int(text[2:], 8 if other["octal"] else 16)
    if _FLOAT.fullmatch(text):
        value = float(text)
        if not math.isfinite(value):
            raise ValueError("is too large for a number")
        return value
    if _NOT_FINITE.fullmatch(text):
        raise ValueError("is not a number that a request can contain")
    return text


def short_tag(tag: str) -> str:
    """Return a tag as people write it, `!!int`; parsers spell the standard ones in full."""
    return "!!" + tag[len(_TAG_PREFIX) :] if tag.startswith(_TAG_PREFIX) else tag


def read_tagged(tag: str, text: str) -> ScalarValue:
    """Read `text` as one of `SCALAR_TAGS`.

    Raises:
        ValueError: it does not fit; `str(error)` says so.
    """
    types = SCALAR_TAGS[tag]
    if types == (str,):
        return text
    try:
        value = read_plain(text)
    except ValueError as error:
        raise ValueError(f"{text[:40]} {error}") from error
    is_bool = isinstance(value, bool)
    if not isinstance(value, types) or is_bool is not (tag == "!!bool"):
        raise ValueError(f"{text[:40]!r} does not match the tag {tag}")
    return float(value) if tag == "!!float" and isinstance(value, int) else value


def _bounded_int(digits: str, base: int) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"has {len(digits):,} digits, more than {MAX_DIGITS}")
    return int(digits, base)
