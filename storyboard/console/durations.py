"""Durations as people type them: 90s, 30m, 2h."""

from __future__ import annotations

import re

import click

from storyboard.console.numbers import refuse

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_TIME = re.compile(r"(?P<number>[0-9]{1,9}(?:\.[0-9]{1,6})?)(?P<unit>[smhd]?)", re.ASCII)


class Duration(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.4 on only
    """A duration; the value is in seconds. A bare number means seconds."""

    name = "time"

    def convert(
        self, value: str | float, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if isinstance(value, (int, float)):
            return float(value)
        match = _TIME.fullmatch(value.strip())
        if match is None:
            refuse(value, param, allowed="a duration", example="90s, 30m or 2h")
        return float(match["number"]) * _UNITS[match["unit"] or "s"]


DURATION = Duration()
