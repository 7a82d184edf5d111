"""Numbers as people type them, whole or not, between bounds, and what to say if one is wrong."""

from __future__ import annotations

import math
import re
from typing import NoReturn

import click

from storyboard.errors import UsageError

_WHOLE = re.compile(r"[+-]?[0-9]{1,15}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?([0-9]{1,15}(\.[0-9]{0,15})?|\.[0-9]{1,15})", re.ASCII)
_MAX_SHOWN = 60  # characters of what was typed


def refuse(value: str, param: click.Parameter | None, *, allowed: str, example: str) -> NoReturn:
    """Raises UsageError, which says what the option or argument may be and how to write it."""
    flag = max(param.opts, key=len) if isinstance(param, click.Option) else ""
    name = flag or (str(param.name).upper() if param else "the value")
    shown = value if len(value) <= _MAX_SHOWN else f"{value[:_MAX_SHOWN]}..."
    raise UsageError(
        f"{name} is {shown!r}; it must be {allowed}",
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
        refuse(value, param, allowed=self._allowed, example=self._example)

    @property
    def _allowed(self) -> str:
        kind = "a whole number" if self._whole else "a number"
        if math.isfinite(self._most):
            return f"{kind} from {self._least:.0f} to {self._most:.0f}"
        return f"{kind}, at least {self._least:.0f}" if math.isfinite(self._least) else kind


COUNT = Number(whole=True, least=1, example="4")
COUNT_OR_NONE = Number(whole=True, least=0, example="20")
AMOUNT = Number(whole=False, least=0, example="2.50")
ANY_WHOLE = Number(whole=True, example="7")
PORT = Number(whole=True, least=0, most=65535, example="8080")
