"""Exact amounts of money and prices; no sum compared with a cap is in floating point. Pure.

An amount is a whole number of millionths of a US dollar ("micros"). The smallest known
price, 0.0001 USD for a thousand tokens, is a hundred of them. Fractions of a micro are
rounded up, so that no estimate is below its price. Imports nothing else from the project.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Context, Decimal, InvalidOperation
from enum import Enum

MICROS = 1_000_000
"""Micros in one US dollar."""

MAX_MICROS = 10**15
"""A billion US dollars; larger amounts are rejected. 2**53 is nine times as large."""

_EXACT = Context(prec=60)


def to_micros(amount_usd: Decimal | float | str) -> int | None:
    """An amount of US dollars in micros, rounded up; None if it is not a valid amount.

    Invalid are NaN, text that is not a number, and amounts below 0 or above `MAX_MICROS`.
    A float counts as the decimal number that Python prints for it: 0.1 is exactly a tenth.
    """
    try:
        amount = Decimal(str(amount_usd).strip())
        if not 0 <= amount <= MAX_MICROS // MICROS:
            return None
        return int(_EXACT.multiply(amount, MICROS).to_integral_value(ROUND_CEILING))
    except InvalidOperation:  # also raised when a NaN is compared
        return None


def to_usd(micros: int | None) -> float | None:
    """An amount in US dollars for JSON, with at most six decimals; None stays None."""
    return None if micros is None else micros / MICROS


class Per(Enum):
    """What a price is for."""

    SECOND = "second"
    CLIP = "clip"
    TOKENS = "thousand tokens"


class Sound(Enum):
    """How prices name clips with and without sound."""

    SOUND = "sound"
    SILENT = "silent"


Kind = tuple[str | None, Sound | None]
"""A resolution in capital letters ("1080P") and whether there is sound; None matches any."""


@dataclass(frozen=True, slots=True)
class Price:
    """What one model costs in US dollars, according to the user.

    `rates` are keyed by resolution and sound. `tokens_per_second`, keyed the same way,
    converts a price for tokens into one per second; it is empty if the price is not for
    tokens. `as_of` is the day on which the price was read.
    """

    per: Per
    rates: Mapping[Kind, Decimal]
    as_of: date
    tokens_per_second: Mapping[Kind, Decimal]

    def cost_micros(
        self, *, duration_s: Decimal | None, resolution: str | None, has_sound: bool | None
    ) -> int | None:
        """What one clip costs; None if the price depends on something unknown."""
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
    """The most specific rate that applies to a clip of that kind."""
    resolution, sound = kind
    for one in (kind, (resolution, None), (None, sound), (None, None)):
        if one in rates:
            return rates[one]
    return None


@dataclass(frozen=True, slots=True)
class FilmCaps:
    """What a film may cost in total and within 24 hours, in micros; None means no cap."""

    day: int | None = None
    film: int | None = None

    @property
    def are_given(self) -> bool:
        """Whether any cap is set."""
        return self.day is not None or self.film is not None


NO_CAPS = FilmCaps()
