"""Draws what moves in an animatic: a sky with its light, ridges at three depths, dust.

Everything is drawn once from a seed; each frame only moves and pastes it. So a
five-second clip takes a fraction of a second, and the same seed gives the same
pictures everywhere.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise, product
from typing import NamedTuple, TypeAlias, cast

from PIL import Image, ImageDraw, ImageFilter

from storyboard.sandbox.clips.palette import PALETTES, Colour, Palette, mix

_Profile: TypeAlias = Callable[[random.Random, int], list[float]]
"""Draws the heights of a ridge's crest, from 0 to 1, given the number of its depth."""

_SMOOTH = 2  # ridges are drawn this much larger, then scaled down, for soft edges


@dataclass(frozen=True, slots=True)
class Layer:
    """A picture wider than the frame, passing by at its own speed in widths per second."""

    picture: Image.Image
    mask: Image.Image
    top_px: int
    speed: float


@dataclass(frozen=True, slots=True)
class Mote:
    """A speck of light: its start in frame sizes, and its drift in frame sizes per second."""

    sprite: Image.Image
    mask: Image.Image
    x: float
    y: float
    dx: float
    dy: float


@dataclass(frozen=True, slots=True)
class Scenery:
    """Everything that moves, ready to be pasted."""

    palette: Palette
    sky: Image.Image
    light: Mote
    layers: tuple[Layer, ...]
    motes: tuple[Mote, ...]


class _Depth(NamedTuple):
    """How a ridge at one distance looks: lengths in frame heights, speed in widths per second."""

    number: int  # 0 is the farthest
    speed: float
    crest: float
    rise: float
    darkness: float
    haze: float


_DEPTHS = (
    _Depth(0, 0.010, 0.50, 0.15, 0.42, 0.42),
    _Depth(1, 0.022, 0.60, 0.15, 0.74, 0.22),
    _Depth(2, 0.046, 0.70, 0.14, 1.00, 0.05),
)


class _Frame(NamedTuple):
    """The frame that ridges are drawn for; they pass in `direction`, 1 or -1."""

    width: int
    height: int
    duration_s: float
    direction: int


def make_scenery(seed: str, width_px: int, height_px: int, duration_s: float) -> Scenery:
    """The scenery of one seed, for one frame size; equal arguments give equal pictures."""
    # Not for secrets; `random()` with a text seed is the same on every Python version.
    dice = random.Random(seed)  # noqa: S311 (draws pictures)
    palette = PALETTES[int(dice.random() * len(PALETTES))]
    profile = (_hills, _peaks, _skyline)[int(dice.random() * 3)]
    frame = _Frame(width_px, height_px, duration_s, 1 if dice.random() < 0.5 else -1)
    return Scenery(
        palette=palette,
        sky=_draw_sky(palette, width_px, height_px, dice),
        light=_draw_light(palette, width_px, height_px, dice),
        layers=tuple(_draw_ridge(depth, profile, palette, frame, dice) for depth in _DEPTHS),
        motes=tuple(_draw_mote(palette, width_px, height_px, dice) for _ in range(14)),
    )


def paint(scenery: Scenery, seconds: float) -> Image.Image:
    """The picture at one moment."""
    frame = scenery.sky.copy()
    width = frame.width
    _paste_mote(frame, scenery.light, seconds)
    for layer in scenery.layers:
        room = layer.picture.width - width
        shift = layer.speed * width * seconds
        left = round(shift if layer.speed >= 0 else room + shift)
        left = min(max(left, 0), room)
        box = (left, 0, left + width, layer.picture.height)
        frame.paste(layer.picture.crop(box), (0, layer.top_px), layer.mask.crop(box))
    for mote in scenery.motes:
        _paste_mote(frame, mote, seconds)
    return frame


def _paste_mote(frame: Image.Image, mote: Mote, seconds: float) -> None:
    width, height = frame.size
    x = (mote.x + mote.dx * seconds) % 1.2 - 0.1
    y = (mote.y + mote.dy * seconds) % 1.2 - 0.1
    left = round(x * width - mote.sprite.width / 2)
    top = round(y * height - mote.sprite.height / 2)
    frame.paste(mote.sprite, (left, top), mote.mask)


def _draw_sky(palette: Palette, width: int, height: int, dice: random.Random) -> Image.Image:
    column = Image.new("RGB", (1, height))
    top, middle, horizon = palette.sky
    for y in range(height):
        share = y / (height * 0.78)
        if share < 0.55:
            colour = mix(top, middle, share / 0.55)
        else:
            colour = mix(middle, horizon, min(1.0, (share - 0.55) / 0.45))
        column.putpixel((0, y), colour)
    sky = column.resize((width, height))
    draw = ImageDraw.Draw(sky)
    for _ in range(60 if sum(top) < 150 else 0):  # stars, if the sky is dark enough
        x, y = int(dice.random() * width), int(dice.random() ** 2 * height * 0.55)
        here = cast("Colour", sky.getpixel((x, y)))
        shine = mix(here, palette.light, 0.25 + 0.5 * dice.random())
        size = max(1, round(min(width, height) / 360 * (1 + dice.random())))
        draw.rectangle((x, y, x + size - 1, y + size - 1), fill=shine)
    return sky


def _draw_light(palette: Palette, width: int, height: int, dice: random.Random) -> Mote:
    """The sun or moon: a disc within its glow."""
    radius = round(min(width, height) * (0.07 + 0.06 * dice.random()))
    size = radius * 8
    # Half the side spans 128 levels of Pillow's radial gradient, which grows outwards.
    glow = Image.radial_gradient("L").resize((size, size))
    glow = glow.point(lambda distance: 150 * math.pow(max(0.0, 1.0 - distance / 180), 2.6))
    disc = Image.new("L", (radius * 4, radius * 4), 0)
    ImageDraw.Draw(disc).ellipse((0, 0, radius * 4 - 1, radius * 4 - 1), fill=255)
    disc = disc.resize((radius * 2, radius * 2), Image.Resampling.LANCZOS)
    glow.paste(255, (radius * 3, radius * 3), disc)
    x = 0.1 + 0.24 + 0.5 * dice.random()
    y = 0.1 + 0.22 + 0.16 * dice.random()
    drift = (dice.random() - 0.5) * 0.012
    return Mote(Image.new("RGB", glow.size, palette.light), glow, x, y, drift, 0.006)


def _draw_ridge(
    depth: _Depth, profile: _Profile, palette: Palette, frame: _Frame, dice: random.Random
) -> Layer:
    """One of three ridges."""
    wide = round(frame.width * (1 + depth.speed * frame.duration_s)) + 2
    levels = profile(dice, depth.number)
    top = round(frame.height * (depth.crest - depth.rise))
    tall = frame.height - top
    # Lengths follow the longer side, so a portrait frame shows fewer hills, not thinner ones.
    step_px = max(frame.width, frame.height) / 48
    points = [(0.0, float(tall * _SMOOTH))]
    is_city = profile is _skyline
    for index in range(math.ceil(wide / step_px) + 2):
        x = index * step_px * _SMOOTH
        y = (1 - levels[index % len(levels)]) * depth.rise * frame.height * _SMOOTH
        if is_city and index:
            points.append((x, points[-1][1]))
        points.append((x, y))
    points.append((points[-1][0], float(tall * _SMOOTH)))
    mask = Image.new("L", (wide * _SMOOTH, tall * _SMOOTH), 0)
    ImageDraw.Draw(mask).polygon(points, fill=255)
    mask = mask.resize((wide, tall), Image.Resampling.BOX)

    near = mix(palette.sky[1], palette.land, depth.darkness)
    shade = Image.new("RGB", (1, 2), near)
    shade.putpixel((0, 1), mix(near, palette.sky[2], depth.haze))
    picture = shade.resize((wide, tall), Image.Resampling.BILINEAR)
    if is_city and depth.number:
        _light_windows(picture, points, palette, step_px, dice)
    return Layer(picture, mask, top, depth.speed * frame.direction)


def _hills(dice: random.Random, depth: int) -> list[float]:
    waves = [(1 + int(dice.random() * 3) + k * 2, dice.random() * math.tau) for k in range(3)]
    levels = []
    for index in range(96):
        angle = index / 96 * math.tau
        swell = sum(
            math.sin(angle * turns + phase) / (k + 1.2) for k, (turns, phase) in enumerate(waves)
        )
        levels.append(min(1.0, max(0.0, 0.5 + swell * 0.32)))
    return levels


def _peaks(dice: random.Random, depth: int) -> list[float]:
    """Mountains: points at random heights, twice subdivided and displaced."""
    levels = [dice.random() * (0.35 if k % 2 else 1.0) for k in range(24)]
    for roughness in (0.24, 0.10):
        finer = []
        for k, level in enumerate(levels):
            between = (level + levels[(k + 1) % len(levels)]) / 2
            finer += [level, between + (dice.random() - 0.5) * roughness]
        levels = finer
    return [min(1.0, max(0.0, level)) for level in levels]


def _skyline(dice: random.Random, depth: int) -> list[float]:
    levels: list[float] = []
    while len(levels) < 96:
        storeys = round(dice.random() ** (1.6 - 0.4 * depth) * 9) / 9
        levels += [storeys] * (1 + int(dice.random() * (1 + depth)))
    return levels


def _light_windows(
    picture: Image.Image,
    points: list[tuple[float, float]],
    palette: Palette,
    step_px: float,
    dice: random.Random,
) -> None:
    draw = ImageDraw.Draw(picture)
    size, grid_px = max(1.0, step_px / 9), step_px / 3
    for (x, y), (next_x, _) in pairwise(points[1:]):
        for column, storey in product(range(3), range(int(picture.height * 0.34 / grid_px))):
            if dice.random() > 0.16:
                continue
            left = x / _SMOOTH + (column + 0.5) * grid_px
            top = y / _SMOOTH + (storey + 0.6) * grid_px
            if next_x > x and left + size < picture.width and top + size < picture.height:
                shine = mix(palette.land, palette.light, 0.45 + 0.4 * dice.random())
                draw.rectangle((left, top, left + size * 0.8, top + size * 1.2), fill=shine)


def _draw_mote(palette: Palette, width: int, height: int, dice: random.Random) -> Mote:
    short = min(width, height)
    radius = max(2, round(short * (0.004 + 0.022 * dice.random() ** 3)))
    mask = Image.new("L", (radius * 4, radius * 4), 0)
    strength = round(26 + 70 * (1 - radius / (short * 0.028)))
    ImageDraw.Draw(mask).ellipse((radius, radius, radius * 3, radius * 3), fill=max(22, strength))
    mask = mask.filter(ImageFilter.GaussianBlur(radius / 3))
    sprite = Image.new("RGB", mask.size, mix(palette.light, palette.accent, dice.random() * 0.6))
    x, y = dice.random() * 1.2, dice.random() * 1.2
    return Mote(sprite, mask, x, y, (dice.random() - 0.5) * 0.05, -0.008 - 0.03 * dice.random())
