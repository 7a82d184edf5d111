"""Numbers, durations and words as people type them, and what to say if one is wrong."""

from __future__ import annotations

import math
import re
from typing import Any, NoReturn

import click

from storyboard.errors import UsageError

_WHOLE = re.compile(r"[+-]?[0-9]{1,15}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?([0-9]{1,15}(\.[0-9]{0,15})?|\.[0-9]{1,15})", re.ASCII)
_TIME = re.compile(r"(?P<number>[0-9]{1,9}(?:\.[0-9]{1,6})?)(?P<unit>[smhd]?)", re.ASCII)
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_MAX_QUOTED = 60  # characters of what was typed


def _refuse(value: str, param: click.Parameter | None, *, allowed: str, example: str) -> NoReturn:
    """Raises UsageError, which says what the option or argument may be and how to write it."""
    flag = max(param.opts, key=len) if isinstance(param, click.Option) else ""
    name = flag or (str(param.name).upper() if param else "the value")
    quoted = value if len(value) <= _MAX_QUOTED else f"{value[:_MAX_QUOTED]}..."
    raise UsageError(
        f"{name} is {quoted!r}; it must be {allowed}",
        next_step=f"write it like {flag} {example}" if flag else f"write it like {example}",
    )


class Number(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.4 on only
    """A number from `least` to `most`; neither infinite nor NaN, which would pass every cap."""

    name = "number"

    def __init__(
        self, *, whole: bool, least: float = -math.inf, most: float = math.inf, example: str
    ) -> None:
        self._whole = whole
        self._least = least
        self._most = most
        self._example = example

    def convert(
        self, value: str | float, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if isinstance(value, (int, float)):
            return value
        text = value.strip()
        if (_WHOLE if self._whole else _DECIMAL).fullmatch(text):
            number = int(text) if self._whole else float(text)
            if self._least <= number <= self._most:
                return number
        _refuse(value, param, allowed=self._allowed, example=self._example)

    @property
    def _allowed(self) -> str:
        kind = "a whole number" if self._whole else "a number"
        if math.isfinite(self._most):
            return f"{kind} from {self._least:.0f} to {self._most:.0f}"
        return f"{kind}, at least {self._least:.0f}" if math.isfinite(self._least) else kind


class Duration(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.4 on only
    """A duration such as 90s, 30m or 2h, in seconds. A bare number means seconds."""

    name = "time"

    def convert(
        self, value: str | float, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if isinstance(value, (int, float)):
            return float(value)
        match = _TIME.fullmatch(value.strip())
        if match is None:
            _refuse(value, param, allowed="a duration", example="90s, 30m or 2h")
        return float(match["number"]) * _UNITS[match["unit"] or "s"]


class Choice(click.Choice):  # type: ignore[type-arg]  # generic from click 8.2 on only
    """One of some words, which shells complete."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The word. Raises UsageError, which lists the words that are allowed."""
        words = [str(word) for word in self.choices]
        if value not in words:
            from storyboard.reporting.suggest import closest

            *others, last = words
            example = closest(value, words) or words[0]
            _refuse(value, param, allowed=f"{', '.join(others)} or {last}", example=example)
        return value


COUNT = Number(whole=True, least=1, example="4")
COUNT_OR_NONE = Number(whole=True, least=0, example="20")
AMOUNT = Number(whole=False, least=0, example="2.50")
ANY_WHOLE = Number(whole=True, example="7")
PORT = Number(whole=True, least=0, most=65535, example="8080")
DURATION = Duration()
