"""Amounts are exact, and what is none is never taken for one."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.money import MAX_MICROS, Per, Price, Sound, to_micros, to_usd

TODAY = date(2026, 11, 26)


@pytest.mark.parametrize(
    ("amount", "micros"),
    [
        (0.46, 460_000),
        (0.1, 100_000),
        ("0.0621", 62_100),
        (Decimal("0.000001"), 1),
        (Decimal("0.0000001"), 1),  # never less than the price
        (0, 0),
        (20, 20_000_000),
        (1e9, MAX_MICROS),
    ],
)
def test_an_amount_is_what_is_written(amount: float, micros: int) -> None:
    assert to_micros(amount) == micros


@pytest.mark.parametrize(
    "amount",
    [
        math.nan,
        math.inf,
        -math.inf,
        -0.01,
        1.1e9,
        10**400,
        "1e999999999",
        "sNaN",
        "",
        "free",
        "1,5",
    ],
)
def test_what_is_no_amount_is_none(amount: float) -> None:
    assert to_micros(amount) is None


@given(st.one_of(st.floats(), st.integers(), st.text(max_size=20), st.decimals()))
def test_whatever_comes_is_an_amount_within_bounds_or_none(amount: float) -> None:
    micros = to_micros(amount)
    assert micros is None or 0 <= micros <= MAX_MICROS


@given(st.integers(0, MAX_MICROS))
def test_an_amount_comes_back_from_json_as_it_went(micros: int) -> None:
    assert to_micros(to_usd(micros) or 0) == micros


def price(per: Per, **rates: str) -> Price:
    by = {
        (
            None if name.split("_")[0] == "any" else name.split("_")[0],
            Sound(name.split("_")[1]) if "_" in name else None,
        ): Decimal(rate)
        for name, rate in rates.items()
    }
    return Price(per, by, TODAY, {(None, None): Decimal(50_000)} if per is Per.TOKENS else {})


def cost(
    one: Price,
    duration_s: int | None = 5,
    resolution: str | None = "1080p",
    sound: bool | None = None,
) -> int | None:
    duration = None if duration_s is None else Decimal(duration_s)
    return one.cost_micros(duration_s=duration, resolution=resolution, has_sound=sound)


def test_a_price_is_by_second_clip_or_thousand_tokens() -> None:
    assert cost(price(Per.SECOND, any="0.092")) == 460_000
    assert cost(price(Per.CLIP, any="0.35")) == 350_000
    assert cost(price(Per.CLIP, any="0.35"), duration_s=None) == 350_000
    assert cost(price(Per.TOKENS, any="0.0012")) == 300_000


def test_what_a_price_depends_on_and_nobody_knows_makes_the_cost_unknown_and_never_0() -> None:
    assert cost(price(Per.SECOND, any="0.092"), duration_s=None) is None
    by_both = Price(
        Per.SECOND,
        {("1080P", Sound.SOUND): Decimal("0.2"), ("1080P", Sound.SILENT): Decimal("0.1")},
        TODAY,
        {},
    )
    assert cost(by_both, sound=True) == 1_000_000
    assert cost(by_both, sound=False) == 500_000
    assert cost(by_both) is None
    assert cost(by_both, resolution="720P", sound=True) is None
    assert cost(by_both, resolution=None, sound=True) is None
