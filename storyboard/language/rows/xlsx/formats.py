"""Formats cell values as a spreadsheet shows them. Pure.

Source: ECMA-376 part 1, sections 18.8.30 (numFmt) and 18.8.31, with the ids of the formats that
files do not spell out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple, TypeAlias

Value: TypeAlias = str | bool | float | date | datetime | time | timedelta

# Formats 14 and 22 show a date in the order of the reader's country, which no file states.
BUILT_IN: Mapping[int, str] = {
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    9: "0%",
    10: "0.00%",
    14: "yyyy-mm-dd",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    22: "yyyy-mm-dd h:mm",
    37: "#,##0;-#,##0",
    38: "#,##0;-#,##0",
    39: "#,##0.00;-#,##0.00",
    40: "#,##0.00;-#,##0.00",
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss.0",
}
"""The formats that a file gives only as a number; any other such number shows a plain value."""

_MAX_CODE = 255  # Excel's limit
_MAX_PLAIN = 10**15  # a larger number has more digits than a cell can hold
_TOKEN = re.compile(
    r"\"(?P<quoted>[^\"]*)\"|\\(?P<escaped>.)|(?P<blank>_).|\*."
    r"|\[\$(?P<currency>[^\]-]*)[^\]]*\]|\[(?P<elapsed>h+|m+|s+)\]|\[[^\]]*\]"
    r"|(?P<half>am/pm|a/p)|(?P<digits>[0#?][0#?,.]*)|(?P<part>y+|m+|d+|h+|s+(?:\.0+)?)|(?P<percent>%)|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"\[[<=>]")
_SECTIONS = re.compile(r"((?:\"[^\"]*\"|\\.|[^;])*)(?:;|$)")


class _Token(NamedTuple):
    """A piece of a format: text, digits, a percent sign, elapsed time, AM/PM or part of a date."""

    kind: str
    text: str


class _NotUnderstood(Exception):
    """A format that is not understood; the cell's text is the plain value."""


def format_cell(value: Value, code: str = "") -> str:
    """Return the text that a cell shows; the plain value if the format is not understood."""
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n")
    if isinstance(value, bool):
        return str(value).upper()
    try:
        if not code or len(code) > _MAX_CODE or _CONDITION.search(code):
            raise _NotUnderstood
        return _as_number(value, code) if isinstance(value, (int, float)) else _as_time(value, code)
    except (_NotUnderstood, ArithmeticError):
        return _plain(value)


def _plain(value: Value) -> str:
    if isinstance(value, float):
        is_whole = value.is_integer() and abs(value) < _MAX_PLAIN
        return str(int(value)) if is_whole else f"{value:.15g}"
    if isinstance(value, datetime):
        day, moment = str(value.date()), value.time().replace(microsecond=0)
        return day if moment == time() else f"{day} {moment}"
    if isinstance(value, (time, timedelta)):
        return _as_time(value, "[h]:mm:ss")
    return str(value)


def _tokens(code: str) -> Iterator[_Token]:
    for found in _TOKEN.finditer(code):
        kind = found.lastgroup
        text = found[kind] if kind else ""
        if kind in ("digits", "percent", "part", "elapsed", "half"):
            yield _Token(kind, text)
        elif kind == "blank":
            yield _Token("text", " ")
        elif kind:
            yield _Token("text", text)


def _as_number(value: float, code: str) -> str:
    sections = _SECTIONS.findall(code)[:-1]
    sign = "-" if value < 0 else ""
    if len(sections) > 1 and value < 0:
        sections, sign = sections[1:], ""
    elif len(sections) > 2 and value == 0:
        sections = sections[2:]
    if not sections or not sections[0] or re.search("general|@", sections[0], re.IGNORECASE):
        raise _NotUnderstood
    tokens = list(_tokens(sections[0]))
    if [one.kind for one in tokens if one.kind not in ("text", "percent")] not in ([], ["digits"]):
        raise _NotUnderstood  # a fraction, a power of ten, or a date
    percents = sum(token.kind == "percent" for token in tokens)
    number = abs(Decimal(repr(value))) * 100**percents
    digits = (
        _as_digits(number, token.text) if token.kind == "digits" else token.text for token in tokens
    )
    return f"{sign}{''.join(digits)}".strip()


def _as_digits(number: Decimal, pattern: str) -> str:
    """Return a number in the digits that a pattern such as `#,##0.00` asks for."""
    scaled = pattern.rstrip(",")
    number /= 1000 ** (len(pattern) - len(scaled))
    whole, _, fraction = scaled.partition(".")
    text = f"{number.quantize(Decimal(1).scaleb(-len(fraction)), ROUND_HALF_UP):f}"
    digits, _, decimals = text.partition(".")
    fewest = fraction.rstrip("#?")
    decimals = decimals[: len(fewest)] + decimals[len(fewest) :].rstrip("0")
    digits = digits.lstrip("0").rjust(whole.count("0"), "0")
    if "," in whole and digits:
        digits = f"{int(digits):,}".rjust(len(digits), "0")
    return f"{digits}.{decimals}" if decimals else digits


def _as_time(value: date | datetime | time | timedelta, code: str) -> str:
    tokens = list(_tokens(_SECTIONS.findall(code)[0]))
    if not any(token.kind in ("part", "elapsed") for token in tokens):
        raise _NotUnderstood
    decimals = max((len(t.text.partition(".")[2]) for t in tokens if t.kind == "part"), default=0)
    day, seconds = _day_and_seconds(value, decimals)
    has_half = any(token.kind == "half" for token in tokens)
    texts = []
    for number, token in enumerate(tokens):
        if token.kind == "part":
            is_minute = token.text[0] in "mM" and _stands_for_minutes(tokens, number)
            texts.append(_part(token.text.lower(), day, seconds, has_half, is_minute))
        elif token.kind == "elapsed":
            unit = {"h": 3600, "m": 60, "s": 1}[token.text[0].lower()]
            texts.append(str(int(seconds // unit)).rjust(len(token.text), "0"))
        elif token.kind == "half":
            half = "AM" if seconds % 86400 < 43200 else "PM"
            texts.append(half if len(token.text) > 3 else half[0])
        else:
            texts.append(token.text)
    return "".join(texts).strip()


def _day_and_seconds(
    value: date | datetime | time | timedelta, decimals: int
) -> tuple[date, Decimal]:
    """Return the day, and the seconds since it began, rounded to some decimal places."""
    day = value if isinstance(value, date) else date(1900, 1, 1)
    if isinstance(value, time):
        value = datetime.combine(day, value)
    span = value if isinstance(value, timedelta) else timedelta()
    if isinstance(value, datetime):
        span = value - datetime.combine(value, time())
    seconds = Decimal(span // timedelta(microseconds=1)).scaleb(-6)
    return day, seconds.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def _stands_for_minutes(tokens: list[_Token], number: int) -> bool:
    """Whether an `m` stands for minutes: it comes after hours, or before seconds."""
    times = ("part", "elapsed")
    before = [one.text[0].lower() for one in tokens[:number] if one.kind in times]
    after = [one.text[0].lower() for one in tokens[number + 1 :] if one.kind in times]
    return before[-1:] == ["h"] or after[:1] == ["s"]


def _part(text: str, day: date, seconds: Decimal, has_half: bool, is_minute: bool) -> str:
    kind, width = text[0], len(text)
    if kind == "y":
        return f"{day:%Y}" if width > 2 else f"{day:%y}"
    if kind == "d":
        return f"{day:%A}" if width > 3 else f"{day:%a}" if width == 3 else f"{day.day:0{width}}"
    if kind == "m" and not is_minute:
        name = f"{day:%b}" if width == 3 else f"{day:%B}"
        return f"{day.month:0{width}}" if width < 3 else name[0] if width == 5 else name
    if kind == "m":
        return f"{int(seconds // 60 % 60):0{width}}"
    if kind == "h":
        hours = int(seconds // 3600 % 24)
        return f"{(hours % 12 or 12) if has_half else hours:0{width}}"
    second = f"{seconds % 60:f}"
    return second.rjust(width, "0")
