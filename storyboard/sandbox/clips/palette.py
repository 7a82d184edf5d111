"""The colours of the animatics: a few moods, each a sky, a light and the land before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Colour: TypeAlias = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Palette:
    """One mood: the sky from top to horizon, the light in it, the nearest land, the accent."""

    name: str
    sky: tuple[Colour, Colour, Colour]
    light: Colour
    land: Colour
    accent: Colour


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """The colour `share` of the way (0 to 1) from `one` to `other`."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


PALETTES = (
    Palette(
        "harbour night",
        ((10, 14, 36), (24, 44, 84), (214, 96, 92)),
        (255, 206, 160),
        (7, 9, 20),
        (255, 122, 92),
    ),
    Palette(
        "teal and orange",
        ((8, 40, 52), (24, 104, 112), (246, 164, 92)),
        (255, 226, 170),
        (6, 22, 30),
        (255, 160, 72),
    ),
    Palette(
        "violet hour",
        ((28, 16, 58), (92, 46, 122), (240, 132, 148)),
        (255, 214, 198),
        (16, 8, 34),
        (255, 148, 170),
    ),
    Palette(
        "northern",
        ((6, 18, 30), (14, 62, 78), (96, 196, 160)),
        (226, 255, 232),
        (4, 14, 20),
        (118, 232, 184),
    ),
    Palette(
        "desert noon",
        ((56, 110, 150), (150, 182, 186), (248, 214, 160)),
        (255, 250, 226),
        (74, 36, 30),
        (255, 196, 104),
    ),
    Palette(
        "cold morning",
        ((44, 62, 92), (122, 146, 172), (232, 214, 204)),
        (255, 246, 236),
        (20, 28, 44),
        (150, 206, 255),
    ),
    Palette(
        "ember",
        ((24, 8, 14), (110, 24, 30), (250, 130, 56)),
        (255, 224, 140),
        (16, 5, 8),
        (255, 178, 64),
    ),
    Palette(
        "moonlit",
        ((8, 10, 24), (28, 40, 72), (112, 130, 170)),
        (238, 242, 255),
        (5, 7, 16),
        (164, 190, 255),
    ),
)
