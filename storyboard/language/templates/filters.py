"""The filters, tests and text methods that templates may use: a closed list.

They are Jinja's own, each wrapped in a function that checks its input and counts its output. Only
text, numbers, true, false, null, lists and maps may go in. Nothing too large is produced, and
lists are returned as lists, never as generators. A few are our own, where Jinja's could grow or
could print what must not print.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from html import unescape
from typing import Any

from jinja2 import filters as jinja_filters
from jinja2 import pass_context
from jinja2 import tests as jinja_tests
from jinja2.exceptions import FilterArgumentError
from jinja2.runtime import Context

from storyboard.language.templates.bounds import (
    Meter,
    brief,
    describe,
    need_length,
    need_plain,
    printable,
)
from storyboard.language.templates.fault import TemplateFault, plain_words
from storyboard.language.templates.scope import MAX_TEXT
from storyboard.language.templates.slug import slug
from storyboard.reporting.suggest import did_you_mean

_UNKNOWN = {"filter": "unknown-filter", "test": "unknown-test"}

_EXCLUDED_FILTERS = {
    "random": "templates make the same text on every machine; choose with a var, rows or a matrix",
    "shuffle": "templates make the same text on every machine",
    "attr": "write map.key or map['key']",
    "pprint": "only text, numbers, true and false print; use tojson to look at a value",
    **dict.fromkeys(
        ("e", "escape", "forceescape", "safe", "urlize", "xmlattr"),
        "prompts are plain text, so there is nothing to escape",
    ),
}


def need_known(name: object, known: Iterable[str], kind: str) -> None:
    """Raise a fault if there is no filter or test with that name."""
    if not isinstance(name, str):
        words = f"the name of a {kind} must be text, not {describe(name)}"
        raise TemplateFault("template-error", words)
    if name not in known:
        reason = _EXCLUDED_FILTERS.get(name) if kind == "filter" else None
        hint = reason or did_you_mean(name, known)
        raise TemplateFault(_UNKNOWN[kind], f"there is no {kind} {brief(name)}", hint=hint)


def _bare_name(name: str) -> str:
    """Return the environment's name for the bare filter; no template can write it."""
    return f"plain {name}"


# Our own filters


def join_texts(separator: str, values: Iterable[object]) -> str:
    """Join values as they print, with the separator between them."""
    texts = [printable(value) for value in values]
    need_length(sum(map(len, texts)) + len(separator) * (len(texts) - 1))
    return separator.join(texts)


@pass_context
def _join(context: Context, values: Any, d: object = "", attribute: Any = None) -> str:
    if attribute is not None:
        values = map(jinja_filters.make_attrgetter(context.environment, attribute), values)
    return join_texts(printable(d), values)


def _replace(text: str, old: object, new: object, count: int | None = -1) -> str:
    before, after = printable(old), printable(new)
    found = text.count(before)
    times = found if count is None or count < 0 else min(found, count)
    need_length(len(text) + times * (len(after) - len(before)))
    return text.replace(before, after, times)


_FIELD = re.compile(r"%(?:\((\w+)\))?[-#0 +]*\d{0,3}(?:\.\d{0,3})?[%sdiouxXeEfFgG]")
_MAX_FIELD = 2000  # characters: a field's width or its digits, apart from its value


@pass_context
def _format(context: Context, text: str, /, *args: object, **named: object) -> str:
    """Fill in the text's %-fields, as in '%03d' | format(shot.number)."""
    if "%" in _FIELD.sub("", text):
        raise ValueError("a field is %s, %d or %.1f, with sizes below 1,000")
    fields = [field[1] for field in _FIELD.finditer(text) if field[0][-1] != "%"]
    if named and (args or None in fields):
        raise ValueError("either all fields and values have names, or none do")
    longest = max(len(printable(value)) for value in (*args, *named.values(), ""))
    _meter(context).spend(len(fields) * (longest + _MAX_FIELD))
    return text % ({key: _of_field(named[key]) for key in named} or tuple(map(_of_field, args)))


def _of_field(value: object) -> object:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value if is_number else printable(value)


def _tojson(value: object, indent: int | None = None) -> str:
    def as_dict(value: object) -> object:
        if isinstance(value, Mapping):
            return dict(value)
        raise TemplateFault("not-printable", f"{describe(value)} cannot be written as JSON")

    encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, indent=indent, default=as_dict)
    made = ""
    for text in encoder.iterencode(value):
        made += text
        need_length(len(made))
    return made


_TAG = re.compile(r"<[^<>]*>")


def _striptags(text: str) -> str:
    """Strip tags from a web page's text, and resolve its entities and white space."""
    return " ".join(unescape(_TAG.sub(" ", text)).split())


_OWN_FILTERS: Mapping[str, Callable[..., Any]] = {
    "first": lambda values: values[0] if values else None,
    "format": _format,
    "join": _join,
    "last": lambda values: values[-1] if values else None,
    "replace": _replace,
    "slug": slug,
    "striptags": _striptags,
    "tojson": _tojson,
}

BARE_FILTERS = {
    _bare_name(name): function
    for name, function in {**jinja_filters.FILTERS, **_OWN_FILTERS}.items()
}
"""The filters without any limits, by names that no template can write."""


# What filters may be given


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TEXT_FILTERS = _names(
    "capitalize center format indent lower replace slug string striptags title trim truncate upper"
    " urlencode wordcount wordwrap"
)
_LIST_FILTERS = _names(
    "batch count first groupby join last length list map max min reject rejectattr select"
    " selectattr slice sort sum unique"
)
_NUMBER_FILTERS = _names("abs round")
_OTHER_FILTERS = _names("dictsort filesizeformat float int items reverse tojson")


def _entries(value: object) -> list[Any]:
    """Return the entries of a list, the keys of a map, or the characters of a text."""
    if isinstance(value, (list, tuple, str, range, Mapping)):
        return list(value)
    raise TemplateFault("template-error", f"a list is needed here, not {describe(value)}")


def need_a_number(value: object) -> None:
    """Raise a fault unless the value is a number: text % text would fill in a text."""
    if not isinstance(value, (int, float)):
        raise TypeError(f"a number is needed, not {describe(value)}")


_NUMBER_LIMITS: Mapping[str, tuple[int, int]] = {
    "batch": (1, 10_000),
    "center": (-MAX_TEXT, MAX_TEXT),
    "indent": (-MAX_TEXT, 1000),
    "round": (-30, 30),
    "slice": (1, 10_000),
    "tojson": (0, 8),
    "wordwrap": (1, 10_000),
}
"""The limits on the largest whole number that a filter is given."""

_NAME_AT: Mapping[str, int] = {"map": 0, "select": 0, "reject": 0, "selectattr": 1, "rejectattr": 1}
"""The index of the argument that names another filter or a test."""


def _check_arguments(name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    """Raise a fault for arguments that a filter must not have."""
    given = (*args, *kwargs.values())
    if name in _NAME_AT:
        if len(args) > _NAME_AT[name]:
            known, kind = (FILTERS, "filter") if name == "map" else (TESTS, "test")
            need_known(args[_NAME_AT[name]], known, kind)
        return
    for value in given:
        printable(value)  # only text and numbers
    numbers = [value for value in given if type(value) is int]
    least, most = _NUMBER_LIMITS.get(name, (-math.inf, math.inf))
    if numbers and not least <= max(numbers) <= most:
        raise ValueError(f"a whole number from {least:,} to {most:,} is needed")


def _convert(name: str, value: Any) -> Any:
    """Convert a filter's input to the kind of value that it works on."""
    if name in _TEXT_FILTERS:
        return printable(value)
    if name in _LIST_FILTERS:
        return _entries(value)
    if name in _NUMBER_FILTERS:
        need_a_number(value)
    return value


def _meter(context: Context) -> Meter:
    sandbox: Any = context.environment
    meter: Meter = sandbox.meter
    return meter


def _check_and_count(context: Context, *values: object) -> None:
    """Raise a fault for input that is never allowed; count the rest, since most filters copy it."""
    for value in values:
        need_plain(value)
        if not isinstance(value, int):
            _meter(context).count(value)


def _bounded_filter(name: str) -> Callable[..., object]:
    """Wrap a filter so that everything that goes in and comes out is counted."""

    @pass_context
    def run(context: Context, value: Any, /, *args: Any, **kwargs: Any) -> object:
        _check_and_count(context, value, *args, *kwargs.values())
        try:
            value = _convert(name, value)
            _check_arguments(name, args, kwargs)
            if name in ("indent", "wordwrap"):  # they can put a text between all lines
                texts = [len(text) for text in (*args, *kwargs.values()) if isinstance(text, str)]
                _meter(context).spend(len(value) * sum(texts))
            made = context.environment.call_filter(_bare_name(name), value, args, kwargs, context)
            return _meter(context).count(list(made) if isinstance(made, Iterator) else made)
        except (TypeError, ValueError, LookupError, AssertionError, FilterArgumentError) as error:
            words = f"{brief(name)} cannot be used this way: {plain_words(error)}"
            raise TemplateFault("template-error", words) from None

    return run


FILTERS: Mapping[str, Callable[..., object]] = {
    **{name: _bounded_filter(name) for name in _TEXT_FILTERS | _LIST_FILTERS},
    **{name: _bounded_filter(name) for name in _NUMBER_FILTERS | _OTHER_FILTERS},
    **dict.fromkeys(("d", "default"), jinja_filters.FILTERS["default"]),
}

_NUMBER_TESTS = _names("divisibleby even odd")
_VALUE_TESTS = _names(
    "boolean false float in integer iterable lower mapping none number sequence string true upper"
    " == eq equalto != ne > gt greaterthan >= ge < lt lessthan <= le"
)


def _bounded_test(name: str) -> Callable[..., object]:
    test: Any = jinja_tests.TESTS[name]

    @pass_context
    def run(context: Context, value: Any, /, *args: Any) -> object:
        _check_and_count(context, value, *args)
        for given in (value, *args) if name in _NUMBER_TESTS else ():
            need_a_number(given)
        if name in ("lower", "upper"):
            printable(value)  # they would print a list
        return test(value, *args)

    return run


TESTS: Mapping[str, Callable[..., Any]] = {
    **{name: _bounded_test(name) for name in _NUMBER_TESTS | _VALUE_TESTS},
    "defined": jinja_tests.test_defined,
    "undefined": jinja_tests.test_undefined,
}


# Text methods


def _padded(method: Callable[..., str]) -> Callable[..., str]:
    return lambda text, width, *fill: method(text, need_length(width), *fill)


_BARE_METHODS = _names(
    "capitalize casefold lower swapcase title upper lstrip removeprefix removesuffix rstrip strip"
    " partition rpartition rsplit split splitlines count endswith find index rfind rindex"
    " startswith isalnum isalpha isascii isdecimal isdigit islower isnumeric isspace istitle"
    " isupper"
)

TEXT_METHODS: Mapping[str, Callable[..., object]] = {
    **{name: getattr(str, name) for name in _BARE_METHODS},
    **{name: _padded(getattr(str, name)) for name in ("center", "ljust", "rjust", "zfill")},
    "join": lambda text, values: join_texts(text, _entries(values)),
    "replace": _replace,
}
"""The only attributes of text in a template. `format` would give access to its arguments."""
