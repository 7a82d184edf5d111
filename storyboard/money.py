"""Amounts of money and prices, exact: no sum that is held against a cap is in floating point. Pure.

An amount is a whole number of millionths of a US dollar ("micros"): the smallest price
that is known, 0.0001 USD for a thousand tokens, is a hundred of them. What is less than a
millionth is rounded up, so that no estimate is below its price. Imports nothing of the project.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Context, Decimal, InvalidOperation
from enum import Enum

MICROS = 1_000_000
"""So many are a US dollar."""

MAX_MICROS = 10**15
"""A billion US dollars, more than which no amount is believed; 2**53 holds nine times as much."""

_EXACT = Context(prec=60)


def to_micros(amount_usd: Decimal | float | str) -> int | None:
    """An amount of US dollars in micros, rounded up; None for what is none.

    That is NaN, what is below 0 or above `MAX_MICROS`, and text that is no number. A float
    counts as the decimal number that it is written as: 0.1 is a tenth.
    """
    try:
        amount = Decimal(str(amount_usd).strip())
        if not 0 <= amount <= MAX_MICROS // MICROS:
            return None
        return int(_EXACT.multiply(amount, MICROS).to_integral_value(ROUND_CEILING))
    except InvalidOperation:  # also raised for the comparison of a NaN
        return None


def to_usd(micros: int | None) -> float | None:
    """An amount as a number of US dollars, for JSON: at most six decimals; None stays None."""
    return None if micros is None else micros / MICROS


class Per(Enum):
    """What a price is for."""

    SECOND = "second"
    CLIP = "clip"
    TOKENS = "thousand tokens"


class Sound(Enum):
    """How prices name clips with sound and without."""

    SOUND = "sound"
    SILENT = "silent"


Kind = tuple[str | None, Sound | None]
"""A resolution in capital letters ("1080P") and whether there is sound; None is any."""


@dataclass(frozen=True, slots=True)
class Price:
    """What one model costs, in US dollars, as the user says.

    `rates` are by resolution and sound. `tokens_per_second` is what turns tokens
    into seconds, by the same kinds; empty where the price is not for tokens. `as_of` is the
    day on which it was read.
    """

    per: Per
    rates: Mapping[Kind, Decimal]
    as_of: date
    tokens_per_second: Mapping[Kind, Decimal]

    def cost_micros(
        self, *, duration_s: Decimal | None, resolution: str | None, has_sound: bool | None
    ) -> int | None:
        """What one clip costs; None where something that the price depends on is not known."""
        sound = None if has_sound is None else Sound.SOUND if has_sound else Sound.SILENT
        kind = (resolution.upper() if resolution else None, sound)
        rate = _find(self.rates, kind)
        if rate is None:
            return None
        if self.per is Per.CLIP:
            return to_micros(rate)
        if self.per is Per.TOKENS:
            tokens = _find(self.tokens_per_second, kind)
            if tokens is None:
                return None
            rate = _EXACT.multiply(rate, _EXACT.divide(tokens, 1000))
        return None if duration_s is None else to_micros(_EXACT.multiply(rate, duration_s))


def _find(rates: Mapping[Kind, Decimal], kind: Kind) -> Decimal | None:
    """The rate for a clip of that kind: the one that names most of it."""
    resolution, sound = kind
    for one in (kind, (resolution, None), (None, sound), (None, None)):
        if one in rates:
            return rates[one]
    return None


@dataclass(frozen=True, slots=True)
class FilmCaps:
    """What a film may cost in all, and within 24 hours, in micros; None is no cap."""

    day: int | None = None
    film: int | None = None

    @property
    def are_given(self) -> bool:
        """Whether there is any cap."""
        return self.day is not None or self.film is not None


NO_CAPS = FilmCaps()
