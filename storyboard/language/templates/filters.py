"""The filters, tests and methods of text that templates may use: a closed list.

Each is deterministic, makes no more than the bounds allow, and reaches no
attribute. Jinja's own are used where they cannot outgrow what they are given;
lists come out as lists, never as generators, so that they can be counted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from jinja2 import Environment, Undefined, pass_context
from jinja2.exceptions import FilterArgumentError
from jinja2.runtime import Context

from storyboard.language.templates.bounds import (
    brief,
    describe,
    need_a_number,
    need_length,
    need_plain,
    printable,
)
from storyboard.language.templates.fault import TemplateFault, plain_words
from storyboard.language.templates.scope import MAX_TEXT
from storyboard.language.templates.slug import slug
from storyboard.reporting.suggest import did_you_mean

MAX_WRAPPED = 10_000  # characters; wrapping one endless word is quadratic
MAX_FIELD = 1000  # characters of one %-field
MAX_PARTS = 10_000  # of batch and slice
MAX_DIGITS = 30  # of round and int

_LEFT_OUT = {
    "random": "templates make the same text on every machine; choose with a var, rows or a matrix",
    "shuffle": "templates make the same text on every machine",
    "attr": "write map.key or map['key']",
    "pprint": "only text, numbers, true and false print; use tojson to look at a value",
    **dict.fromkeys(
        ("e", "escape", "forceescape", "safe", "striptags", "urlize", "xmlattr"),
        "prompts are plain text, so there is nothing to escape",
    ),
}


def need_known(name: object, known: Iterable[str], kind: str) -> None:
    """A fault where there is no filter or test of that name."""
    known = sorted(known)
    if not isinstance(name, str) or name not in known:
        guess = did_you_mean(name, known) if isinstance(name, str) else None
        reason = _LEFT_OUT.get(name) if isinstance(name, str) and kind == "filter" else None
        words = f"there is no {kind} {brief(name)}"
        raise TemplateFault(f"unknown-{kind}", words, hint=reason or guess)


def plain(name: str) -> str:
    """Under which name the environment keeps a filter as Jinja has it; no template can write it."""
    return f"plain {name}"


def join_texts(separator: str, values: Iterable[object]) -> str:
    """The values as they print, with the separator between them."""
    texts = [printable(value) for value in values]
    need_length(sum(map(len, texts)) + len(separator) * (len(texts) - 1))
    return separator.join(texts)


# Text


def _center(text: str, width: int = 80, *fill: str) -> str:
    return text.center(_size("center", width, MAX_TEXT), *fill)


def _replace(text: str, old: object, new: object, count: int | None = -1) -> str:
    before, after = printable(old), printable(new)
    found = text.count(before)
    times = found if count is None or count < 0 else min(found, count)
    need_length(len(text) + times * (len(after) - len(before)))
    return text.replace(before, after, times)


_FIELD = re.compile(r"%(?:\((\w*)\))?([-#0 +]*)(\d*)(?:\.(\d+))?(.?)", re.DOTALL)


def _format(text: str, /, *args: object, **named: object) -> str:
    """The text with its %-fields filled in, as in '%03d' | format(shot.number)."""
    waiting = list(reversed(args))
    length = len(text)

    def fill(field: re.Match[str]) -> str:
        nonlocal length
        name, flags, width, precision, kind = field.groups()
        if field[0] == "%%":
            return "%"
        if not kind or kind not in "sdiouxXeEfFgG":
            words = f"{brief(field[0])} is not a field of format; %s and %d are"
            raise TemplateFault("template-error", words)
        if any(size and (len(size) > 4 or int(size) > MAX_FIELD) for size in (width, precision)):
            words = f"{brief(field[0])} is wider than {MAX_FIELD:,}"
            raise TemplateFault("template-too-long", words)
        if (name is None and not waiting) or (name is not None and name not in named):
            wanted = f"for {brief(field[0])}" if name is None else f"named {brief(name)}"
            raise TemplateFault("template-error", f"format has no value {wanted}")
        value = waiting.pop() if name is None else named[name]
        value = printable(value) if kind == "s" else need_a_number(value, field[0])
        made = f"%{flags}{width}{f'.{precision}' if precision else ''}{kind}" % (value,)
        length += len(made)
        need_length(length - len(text))
        return made

    filled = _FIELD.sub(fill, text)
    if waiting:
        words = f"format has {len(waiting)} more values than the text has fields"
        raise TemplateFault("template-error", words)
    return filled


# Lists, maps and numbers


def _entries(value: object) -> list[Any]:
    """The entries of a list, the keys of a map, the characters of a text."""
    if isinstance(value, (list, tuple, str, range, Mapping)):
        return list(value)
    raise TemplateFault("template-error", f"a list is needed here, not {describe(value)}")


def _first(value: Any) -> object:
    return next(iter(_entries(value)), None)


def _last(value: Any) -> object:
    return next(reversed(_entries(value)), None)


def _length(value: Any) -> int:
    return len(_entries(value))


def _reverse(value: Any) -> object:
    return value[::-1] if isinstance(value, str) else _entries(value)[::-1]


def _tojson(value: Any, indent: int | None = None) -> str:
    def simple(value: object) -> object:
        if isinstance(value, Mapping):
            return dict(value)
        raise TemplateFault("not-printable", f"{describe(value)} cannot be written as JSON")

    size = None if indent is None else _size("tojson", indent, 8)
    length, texts = 0, []
    encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, indent=size, default=simple)
    for text in encoder.iterencode(value):
        length += len(text)
        need_length(length)
        texts.append(text)
    return "".join(texts)


def _default(value: Any, default_value: Any = "", boolean: bool = False) -> Any:
    missing = isinstance(value, Undefined) or (boolean and not value)
    return default_value if missing else value


# What is asked of a value and its arguments before a filter of Jinja gets them


def _size(name: str, size: object, most: int) -> int:
    least = 1 if most == MAX_PARTS else -most
    if not isinstance(size, int) or isinstance(size, bool) or not least <= size <= most:
        raise TemplateFault("template-error", f"{name} takes a whole number up to {most:,}")
    return size


_SIZES = {"batch": MAX_PARTS, "slice": MAX_PARTS, "round": MAX_DIGITS, "indent": MAX_TEXT}
_SIZE_NAMES = frozenset({"linecount", "slices", "precision", "width"})
_OF_TESTS = frozenset({"select", "reject", "selectattr", "rejectattr"})


def _prepared(name: str, value: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """The value as a filter of Jinja may have it; a fault where what it makes has no bound."""
    if name in _SIZES:
        for size in (*args[:1], *(kwargs[key] for key in kwargs if key in _SIZE_NAMES)):
            if not (name == "indent" and isinstance(size, str)):
                _size(name, size, _SIZES[name])
    if name in _TEXT:
        value = printable(value)
    elif name in _LISTS:
        value = _entries(value)
    _check_growth(name, value, args, kwargs)
    return value


def _check_growth(name: str, value: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    if name == "indent":
        pad = args[0] if args else kwargs.get("width", 4)
        size = len(pad) if isinstance(pad, str) else pad
        need_length(len(value) + size * (len(value.splitlines()) + 1))
    elif name == "wordwrap" and len(value) > MAX_WRAPPED:
        words = f"wordwrap takes at most {MAX_WRAPPED:,} characters"
        raise TemplateFault("template-too-long", words)
    elif name == "int" and isinstance(value, str) and len(value) > MAX_DIGITS + 10:
        words = f"{brief(value)} is too long for a number"
        raise TemplateFault("template-too-large", words)
    elif name == "round":
        need_a_number(value, name)
    elif name == "sum":
        start = args[1] if len(args) > 1 else kwargs.get("start", 0)
        need_a_number(start, name)
    elif name == "map" and args:
        need_known(args[0], FILTERS, "filter")
    elif name in _OF_TESTS:
        place = 1 if name.endswith("attr") else 0
        if len(args) > place:
            need_known(args[place], TESTS, "test")


_TEXT = frozenset(
    {
        *("capitalize", "indent", "lower", "string", "title", "trim", "truncate"),
        *("upper", "urlencode", "wordcount", "wordwrap"),
    }
)
_LISTS = _OF_TESTS | frozenset(
    {
        *("batch", "groupby", "map", "max", "min", "slice", "sort", "sum", "unique"),
    }
)
_OTHERS = frozenset(
    {
        *("abs", "dictsort", "filesizeformat", "float", "int", "items", "round"),
    }
)

_OWN_OF_TEXT: dict[str, Callable[..., object]] = {
    "center": _center,
    "format": _format,
    "replace": _replace,
    "slug": slug,
}
_OWN: dict[str, Callable[..., object]] = {
    "count": _length,
    "first": _first,
    "last": _last,
    "length": _length,
    "list": _entries,
    "reverse": _reverse,
    "tojson": _tojson,
}


def _wordwrap(context: Context, text: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """Jinja's, but joined with a measured `wrapstring`."""
    given = dict(zip(("width", "break_long_words", "wrapstring"), args, strict=False)) | kwargs
    between = given.pop("wrapstring", None)
    made = context.environment.call_filter(plain("wordwrap"), text, (), given, context)
    return join_texts("\n" if between is None else printable(between), made.split("\n"))


def _join(context: Context, value: Any, d: object = "", attribute: Any = None) -> str:
    entries = _entries(value)
    if attribute is not None:
        by_key = {"attribute": attribute}
        entries = list(context.environment.call_filter(plain("map"), entries, (), by_key, context))
    return join_texts(printable(d), entries)


def _run(
    name: str, context: Context, value: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> object:
    if name in _OWN_OF_TEXT:
        return _OWN_OF_TEXT[name](printable(value), *args, **kwargs)
    if name in _OWN:
        return _OWN[name](value, *args, **kwargs)
    if name == "join":
        return _join(context, value, *args, **kwargs)
    value = _prepared(name, value, args, kwargs)
    if name == "wordwrap":
        return _wordwrap(context, value, args, kwargs)
    made = context.environment.call_filter(plain(name), value, args, kwargs, context)
    return list(made) if isinstance(made, Iterator) else made


def _guarded(name: str) -> Callable[..., object]:
    """A filter with everything counted that goes in and comes out."""

    @pass_context
    def run(context: Context, value: Any, /, *args: Any, **kwargs: Any) -> object:
        meter = context.environment.meter  # type: ignore[attr-defined] # it is a Sandbox
        for given in (value, *args, *kwargs.values()):
            need_plain(given)
            meter.handle(given)
        if name == "map" or name in _OF_TESTS:
            meter.step(len(_entries(value)))
        try:
            return meter.measured(_run(name, context, value, args, kwargs))
        except (TypeError, ValueError, AssertionError, FilterArgumentError) as error:
            words = f"{brief(name)} cannot be used so: {plain_words(error)}"
            raise TemplateFault("template-error", words) from None

    return run


@pass_context
def _default_filter(context: Context, value: Any, /, *args: Any, **kwargs: Any) -> object:
    return _default(value, *args, **kwargs)


FILTERS: dict[str, Callable[..., object]] = {
    **{name: _guarded(name) for name in (*_TEXT, *_LISTS, *_OTHERS, *_OWN_OF_TEXT, *_OWN, "join")},
    **dict.fromkeys(("d", "default"), _default_filter),
}

_OF_NUMBERS = frozenset({"divisibleby", "even", "odd"})  # text % value would format the text
_OF_UNDEFINED = frozenset({"defined", "undefined"})
_OF_VALUES = frozenset(
    {
        *("boolean", "false", "float", "in", "integer", "iterable", "lower", "mapping"),
        *("none", "number", "sequence", "string", "true", "upper", "==", "eq", "equalto"),
        *("!=", "ne", ">", "gt", "greaterthan", ">=", "ge", "<", "lt", "lessthan", "<="),
        *("le"),
    }
)


def _test(name: str, test: Any) -> Callable[..., object]:
    @pass_context
    def run(context: Context, value: Any, /, *args: Any) -> object:
        for given in () if name in _OF_UNDEFINED else (value, *args):
            need_plain(given)
            context.environment.meter.handle(given)  # type: ignore[attr-defined] # it is a Sandbox
            if name in _OF_NUMBERS:
                need_a_number(given, "the test")
        return test(value, *args)

    return run


TESTS: dict[str, Callable[..., object]] = {
    name: _test(name, test)
    for name, test in Environment().tests.items()  # noqa: S701 (prompts are plain text)
    if name in _OF_NUMBERS | _OF_UNDEFINED | _OF_VALUES
}


# Methods of text


def _padded(method: Callable[..., str]) -> Callable[..., str]:
    def pad(text: str, width: object, *fill: str) -> str:
        return method(text, _size("a width", width, MAX_TEXT), *fill)

    return pad


def _join_method(text: str, values: Any) -> str:
    if not isinstance(values, (list, tuple)):
        raise TemplateFault("template-error", f"join takes a list, not {describe(values)}")
    return join_texts(text, values)


_HARMLESS_METHODS = (
    *("capitalize", "casefold", "lower", "swapcase", "title", "upper", "lstrip"),
    *("removeprefix", "removesuffix", "rstrip", "strip", "partition", "rpartition"),
    *("rsplit", "split", "splitlines", "count", "endswith", "find", "index", "rfind"),
    *("rindex", "startswith", "isalnum", "isalpha", "isascii", "isdecimal"),
    *("isdigit", "islower", "isnumeric", "isspace", "istitle", "isupper"),
)

TEXT_METHODS: dict[str, Callable[..., object]] = {
    **{name: getattr(str, name) for name in _HARMLESS_METHODS},
    **{name: _padded(getattr(str, name)) for name in ("center", "ljust", "rjust", "zfill")},
    "join": _join_method,
    "replace": _replace,
}
"""The only attributes that text has in a template. `format` would reach into its arguments."""
