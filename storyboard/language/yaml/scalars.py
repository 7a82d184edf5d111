"""What an unquoted value means: the core schema of YAML 1.2, and nothing of 1.1."""

from __future__ import annotations

import math
import re

from storyboard.language.nodes import ScalarValue

MAX_DIGITS = 100
"""Longer numbers are refused: Python itself stops at 4,300 digits, with an exception."""

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


class UnusableNumber(ValueError):
    """A number that no request can carry; `str(error)` says why, in a few words."""


def is_null(text: str) -> bool:
    """Whether an unquoted value spells null."""
    return text in _FIXED and _FIXED[text] is None


def read_plain(text: str) -> ScalarValue:
    """What an unquoted value means.

    `16:9`, `yes`, `on`, `1_000` and dates are text; `0010` is 10, `0o17` is 15.

    Raises:
        UnusableNumber: infinite, not a number, too large or too long.

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
            raise UnusableNumber("is too large for a number")
        return value
    if _NOT_FINITE.fullmatch(text):
        raise UnusableNumber("is not a number that a request can hold")
    return text


def _bounded_int(digits: str, base: int) -> int:
    if len(digits) > MAX_DIGITS:
        raise UnusableNumber(f"has {len(digits):,} digits, more than {MAX_DIGITS}")
    return int(digits, base)
