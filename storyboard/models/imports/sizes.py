"""Reads resolutions as documents spell them, and pixel sizes as resolution and ratio. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from storyboard.models.imports.unions import Limits
from storyboard.reporting.quoting import bounded

RESOLUTION_VALUE = re.compile(r"[1-9][0-9]{2,3}[pP]|[1-9][kK]")
"""How a resolution is written; a storyboard uses a capital letter: 1080P."""

_SIZE = re.compile(r"([1-9][0-9]{1,4})\s?[*xX\u00d7]\s?([1-9][0-9]{1,4})")

_LINES = ((640, 360), (832, 480), (960, 540), (1280, 720), (1920, 1080), (2560, 1440))
_PIXELS: Mapping[str, int] = {f"{high}P": wide * high for wide, high in _LINES} | {
    "4K": 3840 * 2160
}
"""Each resolution's pixels at 16:9. Other ratios have about as many pixels, not as many lines."""

_RATIOS = ("16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "5:4", "4:5", "21:9", "9:21")
_NEAR = 0.06  # a share of the pixels: 1088*832 is as good as 1280*720
_NEAR_RATIO = 0.035


def table_of(limits: Limits) -> tuple[dict[str, dict[str, str]] | None, str]:
    """Return the field's values by resolution and ratio, or None with the reason.

    Each value must be close to one resolution and one ratio, and no two close to the same ones.
    """
    values = limits.get("enum")
    if limits["type"] != "string" or not values:
        return None, "it does not list its values"
    if limits.get("default") not in values:
        return None, "which of its values holds by default is not said"
    table: dict[str, dict[str, str]] = {}
    for value in values:
        both = _resolution_and_ratio(value)
        if both is None:
            return None, f"{bounded(repr(value), 60)} is not a size with a resolution and a ratio"
        row = table.setdefault(both[0], {})
        if both[1] in row:
            return None, f"{value} and {row[both[1]]} are both {both[0]} of {both[1]}"
        row[both[1]] = value
    return table, ""


def _resolution_and_ratio(value: Any) -> tuple[str, str] | None:
    match = _SIZE.fullmatch(value)
    if not match:
        return None
    width, height = int(match[1]), int(match[2])
    resolution = min(_PIXELS, key=lambda name: _distance(width * height, _PIXELS[name]))
    ratio = min(_RATIOS, key=lambda name: _distance(width / height, _ratio(name)))
    is_near = (
        _distance(width * height, _PIXELS[resolution]) <= _NEAR
        and _distance(width / height, _ratio(ratio)) <= _NEAR_RATIO
    )
    return (resolution, ratio) if is_near else None


def _ratio(name: str) -> float:
    width, _, height = name.partition(":")
    return int(width) / int(height)


def _distance(one: float, other: float) -> float:
    """Return how far apart two sizes are, as a share of the smaller."""
    return math.expm1(abs(math.log(one / other)))
