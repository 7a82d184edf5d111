"""The colours of the animatics: a few moods, each with a sky, a light and land in front."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from PIL import ImageColor

Colour: TypeAlias = tuple[int, int, int]

_MOODS = """
    #0a0e24 #182c54 #d6605c  #ffcea0 #070914 #ff7a5c  harbour night
    #082834 #186870 #f6a45c  #ffe2aa #06161e #ffa048  teal and orange
    #1c103a #5c2e7a #f08494  #ffd6c6 #100822 #ff94aa  violet hour
    #06121e #0e3e4e #60c4a0  #e2ffe8 #040e14 #76e8b8  northern
    #386e96 #96b6ba #f8d6a0  #fffae2 #4a241e #ffc468  desert noon
    #2c3e5c #7a92ac #e8d6cc  #fff6ec #141c2c #96ceff  cold morning
    #18080e #6e181e #fa8238  #ffe08c #100508 #ffb240  ember
    #080a18 #1c2848 #7082aa  #eef2ff #050710 #a4beff  moonlit
"""
"""One mood per line: the colours in the order of `Palette`."""


@dataclass(frozen=True, slots=True)
class Palette:
    """The sky from top to horizon, the light in it, the nearest land and the accent."""

    sky: tuple[Colour, Colour, Colour]
    light: Colour
    land: Colour
    accent: Colour


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """The colour `share` of the way (0 to 1) from `one` to `other`."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _read_palette(line: str) -> Palette:
    top, middle, horizon, *others = (_rgb(word) for word in line.split()[:6])
    return Palette((top, middle, horizon), *others)


def _rgb(text: str) -> Colour:
    red, green, blue = ImageColor.getrgb(text)[:3]
    return red, green, blue


PALETTES = tuple(map(_read_palette, _MOODS.strip().splitlines()))
