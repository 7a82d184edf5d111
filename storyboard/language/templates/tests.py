"""The tests (`is ...`) of templates, unguarded: those of Jinja that ask for plain facts."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import Undefined

from storyboard.language.templates.bounds import need_a_number, printable


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _divides(value: Any, by: Any) -> bool:
    return bool(need_a_number(value, "the test") % need_a_number(by, "the test") == 0)


PLAIN_TESTS: dict[str, Callable[..., object]] = {
    "boolean": lambda value: isinstance(value, bool),
    "defined": lambda value: not isinstance(value, Undefined),
    "divisibleby": _divides,
    "even": lambda value: _divides(value, 2),
    "false": lambda value: value is False,
    "float": lambda value: isinstance(value, float),
    "in": lambda value, container: value in container,
    "integer": _is_whole,
    "iterable": lambda value: isinstance(value, (str, list, tuple, range, Mapping)),
    "lower": lambda value: printable(value).islower(),
    "mapping": lambda value: isinstance(value, Mapping),
    "none": lambda value: value is None,
    "number": lambda value: isinstance(value, (int, float)),
    "odd": lambda value: not _divides(value, 2),
    "sequence": lambda value: isinstance(value, (str, list, tuple, range, Mapping)),
    "string": _is_text,
    "true": lambda value: value is True,
    "undefined": lambda value: isinstance(value, Undefined),
    "upper": lambda value: printable(value).isupper(),
    **dict.fromkeys(("==", "eq", "equalto"), operator.eq),
    **dict.fromkeys(("!=", "ne"), operator.ne),
    **dict.fromkeys((">", "gt", "greaterthan"), operator.gt),
    **dict.fromkeys((">=", "ge"), operator.ge),
    **dict.fromkeys(("<", "lt", "lessthan"), operator.lt),
    **dict.fromkeys(("<=", "le"), operator.le),
}
