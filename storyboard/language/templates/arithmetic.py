"""The operators of templates, bounded before they compute."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from jinja2 import Undefined

from storyboard.language.templates.bounds import (
    MAX_NUMBER,
    Stop,
    describe,
    need_items,
    need_length,
    need_number,
)

_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "**": operator.pow,
    "%": operator.mod,
}

INTERCEPTED = frozenset(_OPERATORS)
"""All of them: what is intercepted is also never computed while compiling."""


def combine(sign: str, left: Any, right: Any) -> object:
    """What `left sign right` makes; Stop where it has no meaning or is too large."""
    for value in (left, right):
        if isinstance(value, Undefined):
            value._fail_with_undefined_error()
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return _calculate(sign, left, right)
    if sign == "+" and isinstance(left, str) and isinstance(right, str):
        need_length(len(left) + len(right))
        return left + right
    if sign == "+" and isinstance(left, (list, tuple)) and isinstance(right, type(left)):
        need_items(len(left) + len(right))
        return left + right  # type: ignore[operator] # fails as in Jinja
    if sign == "*" and isinstance(left, int):
        left, right = right, left
    if sign == "*" and isinstance(left, (str, list, tuple)) and isinstance(right, int):
        need_size = need_length if isinstance(left, str) else need_items
        need_size(len(left) * right)
        return left * right
    raise Stop(
        "template-error",
        f"{describe(left)} {sign} {describe(right)} cannot be computed",
        _hint(sign, left, right),
    )


def negate(sign: str, value: Any) -> object:
    """What `-value` or `+value` makes."""
    if isinstance(value, Undefined):
        value._fail_with_undefined_error()
    if not isinstance(value, (int, float)):
        raise Stop("template-error", f"{sign} takes a number, not {describe(value)}")
    return -value if sign == "-" else +value


def _calculate(sign: str, left: float, right: float) -> object:
    need_number(left)
    need_number(right)
    if sign == "**" and isinstance(left, int) and isinstance(right, int) and abs(left) > 1:
        # 2 ** right is the smallest that it can be.
        need_number(MAX_NUMBER + 1 if right > MAX_NUMBER.bit_length() else 0)
    try:
        result = _OPERATORS[sign](left, right)
    except ZeroDivisionError:
        raise Stop("template-error", "division by zero") from None
    except OverflowError:
        raise Stop("template-too-large", "a number is too large") from None
    if isinstance(result, complex):
        raise Stop("template-error", "a negative number has no such root")
    need_number(result)
    return result


def _hint(sign: str, left: object, right: object) -> str | None:
    if sign == "+" and (isinstance(left, str) or isinstance(right, str)):
        return "a ~ b joins anything as text; a | int makes a number of text"
    if sign == "%" and isinstance(left, str):
        return "fill text in with the filter: '%03d' | format(7)"
    if isinstance(left, str) or isinstance(right, str):
        return "make a number of text with | int or | float"
    return None
