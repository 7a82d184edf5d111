"""What templates may do with text: the methods of a str, and the text filters beside them.

Whatever could make a long text out of a short one is measured before it is made.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

from jinja2.filters import do_title, do_wordcount

from storyboard.language.templates.bounds import Stop, brief, describe, need_length, printable
from storyboard.language.templates.slug import slug

MAX_WRAPPED = 10_000  # characters; wrapping one endless word is quadratic
MAX_PAD = 1000  # characters of one %-field


def join_texts(separator: str, values: Iterable[object]) -> str:
    """The values as they print, with the separator between them."""
    texts = [printable(value) for value in values]
    need_length(sum(map(len, texts)) + len(separator) * (len(texts) - 1))
    return separator.join(texts)


def need_width(width: object) -> int:
    """A width for padding, as it is; Stop where it is none or too large."""
    if not isinstance(width, int) or isinstance(width, bool):
        raise Stop("template-error", f"a width is a whole number, not {describe(width)}")
    need_length(width)
    return width


def center(text: str, width: int = 80, fill: str = " ") -> str:
    """The text in the middle of `width` characters."""
    return text.center(need_width(width), fill)


def replace(text: str, old: object, new: object, count: int | None = None) -> str:
    """The text with `old` replaced by `new`, the first `count` times or always."""
    before, after = printable(old), printable(new)
    times = text.count(before) if count is None or count < 0 else min(text.count(before), count)
    need_length(len(text) + times * (len(after) - len(before)))
    return text.replace(before, after, times)


def indent(text: str, width: int | str = 4, first: bool = False, blank: bool = False) -> str:
    """The text with every line but the first moved right."""
    pad = width if isinstance(width, str) else " " * need_width(width)
    lines = text.splitlines(keepends=True)
    need_length(len(text) + len(pad) * len(lines))
    return "".join(
        pad + line if (number or first) and (blank or line.strip()) else line
        for number, line in enumerate(lines)
    )


def wordwrap(
    text: str,
    width: int = 79,
    break_long_words: bool = True,
    wrapstring: str | None = None,
    break_on_hyphens: bool = True,
) -> str:
    """The text broken into lines of at most `width` characters."""
    if len(text) > MAX_WRAPPED:
        raise Stop("template-too-long", f"wordwrap takes at most {MAX_WRAPPED:,} characters")
    if need_width(width) < 1:
        raise Stop("template-error", f"wordwrap to {width} is less than 1 character")
    lines: list[str] = []
    for line in text.splitlines():
        wrapped = textwrap.wrap(
            line,
            width,
            expand_tabs=False,
            replace_whitespace=False,
            break_long_words=break_long_words,
            break_on_hyphens=break_on_hyphens,
        )
        lines.extend(wrapped or [""])
    return join_texts("\n" if wrapstring is None else wrapstring, lines)


def truncate(
    text: str, length: int = 255, killwords: bool = False, end: str = "...", leeway: int = 5
) -> str:
    """The text cut to `length` characters, `end` counted, at a word unless `killwords`."""
    if len(text) <= length + leeway:
        return text
    if length < len(end):
        raise Stop("template-error", f"truncate to {length} leaves no room for {brief(end)}")
    cut = text[: length - len(end)]
    return (cut if killwords else cut.rsplit(" ", 1)[0]) + end


_FIELD = re.compile(r"%(?:\((\w*)\))?([-#0 +]*)(\d*)(?:\.(\d+))?(.?)", re.DOTALL)


def percent_format(text: str, /, *args: object, **named: object) -> str:
    """The text with its %-fields filled in, as in '%03d' | format(shot.number)."""
    waiting = list(reversed(args))
    length = len(text)

    def fill(field: re.Match[str]) -> str:
        nonlocal length
        name, _flags, width, precision, kind = field.groups()
        if field[0] == "%%":
            return "%"
        if kind not in tuple("sdiouxXeEfFgG"):
            raise Stop(
                "template-error", f"{brief(field[0])} is not a field of format; %s and %d are"
            )
        for size in (width, precision):
            if size and (len(size) > 4 or int(size) > MAX_PAD):
                raise Stop("template-too-long", f"{brief(field[0])} is wider than {MAX_PAD:,}")
        if name is None and not waiting:
            raise Stop("template-error", f"format has no value for {brief(field[0])}")
        if name is not None and name not in named:
            raise Stop("template-error", f"format has no value named {brief(name)}")
        value = waiting.pop() if name is None else named[name]
        if kind == "s":
            value = printable(value)
        elif not isinstance(value, (int, float)):
            raise Stop("template-error", f"{field[0]} takes a number, not {describe(value)}")
        rest = field[0] if name is None else "%" + field[0][field[0].index(")") + 1 :]
        made = rest % (value,)
        length += len(made)
        need_length(length - len(text))
        return made

    filled = _FIELD.sub(fill, text)
    if waiting:
        raise Stop(
            "template-error", f"format has {len(waiting)} more values than the text has fields"
        )
    return filled


def urlencode(text: str) -> str:
    """The text quoted for use in a URL; slashes stay."""
    return quote(text.encode("utf-8"), safe="/")


def _as_it_is(text: str) -> str:
    return text


TEXT_FILTERS: dict[str, Callable[..., object]] = {
    "capitalize": str.capitalize,
    "center": center,
    "format": percent_format,
    "indent": indent,
    "lower": str.lower,
    "replace": replace,
    "slug": slug,
    "string": _as_it_is,
    "title": do_title,
    "trim": str.strip,
    "truncate": truncate,
    "upper": str.upper,
    "urlencode": urlencode,
    "wordcount": do_wordcount,
    "wordwrap": wordwrap,
}
"""Filters on anything that prints; they get it as text."""


def _padded(method: Callable[..., str]) -> Callable[..., str]:
    def pad(text: str, width: object, *fill: str) -> str:
        return method(text, need_width(width), *fill)

    return pad


def _join(text: str, values: Any) -> str:
    if not isinstance(values, (list, tuple)):
        raise Stop("template-error", f"join takes a list, not {describe(values)}")
    return join_texts(text, values)


_HARMLESS_METHODS = (
    *("capitalize", "casefold", "lower", "swapcase", "title", "upper"),
    *("lstrip", "removeprefix", "removesuffix", "rstrip", "strip"),
    *("partition", "rpartition", "rsplit", "split", "splitlines"),
    *("count", "endswith", "find", "index", "rfind", "rindex", "startswith"),
    *("isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "islower", "isnumeric"),
    *("isspace", "istitle", "isupper"),
)

TEXT_METHODS: dict[str, Callable[..., object]] = {
    **{name: getattr(str, name) for name in _HARMLESS_METHODS},
    "center": _padded(str.center),
    "join": _join,
    "ljust": _padded(str.ljust),
    "replace": replace,
    "rjust": _padded(str.rjust),
    "zfill": _padded(str.zfill),
}
"""The only attributes that text has in a template. `format` would reach into its arguments."""
