"""Prices and caps in a storyboard: read exactly, and what is wrong with them has its place."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storyboard.language.load import Reading
from storyboard.money import FilmCaps, Per, Price, Sound
from storyboard.records import Storyboard
from tests.language.boards import HEAD, load, load_text, told

SHOT = "\nshots: [{id: a, prompt: A pier}]\n"
NAME = "alibaba/wan2.7-t2v"
OF_2099 = "as_of: 2099-01-15"  # never old


def read(folder: Path, prices: str, more: str = "") -> Storyboard:
    return load_text(folder, f"{HEAD}prices: {prices}\n{more}{SHOT}")


def price(folder: Path, text: str) -> Price:
    board = read(folder, f"{{{OF_2099}, {NAME}: {{{text}}}}}")
    assert told(board) == []
    return board.prices[NAME]


def test_a_price_is_by_second_clip_or_tokens_and_exact(tmp_path: Path) -> None:
    found = price(tmp_path, "per_second: 0.0621")
    assert (found.per, found.rates) == (Per.SECOND, {(None, None): Decimal("0.0621")})
    assert found.as_of == date(2099, 1, 15)
    assert price(tmp_path, "per_clip: 0.35").per is Per.CLIP
    tokens = price(tmp_path, "per_thousand_tokens: 0.0012, tokens_per_second: 48600")
    assert tokens.tokens_per_second == {(None, None): Decimal(48600)}


def test_a_price_is_by_resolution_and_sound_in_either_order(tmp_path: Path) -> None:
    nested = price(tmp_path, "per_second: {720p: 0.06, 1080P: {sound: 0.2, silent: 0.1}}")
    assert nested.rates == {
        ("720P", None): Decimal("0.06"),
        ("1080P", Sound.SOUND): Decimal("0.2"),
        ("1080P", Sound.SILENT): Decimal("0.1"),
    }
    other = price(tmp_path, "per_second: {silent: 0.1, sound: {1080P: 0.2}}")
    assert other.rates[("1080P", Sound.SOUND)] == Decimal("0.2")
    assert other.rates[(None, Sound.SILENT)] == Decimal("0.1")


@pytest.mark.parametrize(
    ("prices", "place_and_words"),
    [
        (f"{{{NAME}: {{per_second: 0.1}}}}", "film.yaml:3:10: prices"),
        (f"{{{OF_2099}, {NAME}: {{}}}}", "needs one of per_second, per_clip"),
        (f"{{{OF_2099}, {NAME}: {{per_second: 1, per_clip: 2}}}}", "and has 2"),
        (f"{{{OF_2099}, {NAME}: {{per_thousand_tokens: 1}}}}", "'tokens_per_second'"),
        (f"{{{OF_2099}, {NAME}: {{per_clip: 1, tokens_per_second: 5}}}}", "belongs to a price"),
        (f"{{{OF_2099}, {NAME}: {{per_second: -0.1}}}}", "film.yaml:3:62"),
        (f"{{{OF_2099}, {NAME}: {{per_second: 200000}}}}", "film.yaml:3:62"),
        (f"{{{OF_2099}, {NAME}: {{per_second: '0,09'}}}}", "film.yaml:3:62"),
        (f"{{{OF_2099}, {NAME}: {{per_second: .nan}}}}", "film.yaml:3:62"),
        (f"{{{OF_2099}, {NAME}: {{per_second: .inf}}}}", "film.yaml:3:62"),
        (f"{{{OF_2099}, {NAME}: {{per_second: '{{{{ x }}}}'}}}}", "film.yaml:3:62"),
        (f"{{{OF_2099}, {NAME}: {{per_sec: 1}}}}", "unknown key"),
        (f"{{{OF_2099}, {NAME}: 0.09}}", "film.yaml:3:49"),
        (f"{{as_of: 2099-02-30, {NAME}: {{per_second: 1}}}}", "there is no day 2099-02-30"),
        (f"{{as_of: 15.1.2099, {NAME}: {{per_second: 1}}}}", "a date is written as"),
        (f"{{{OF_2099}, {NAME}: {{per_second: {{720P: {{1080P: 1}}}}}}}}", "720P and 1080P"),
        (f"{{{OF_2099}, {NAME}: {{per_second: {{720P: 1, sound: 2}}}}}}", "two prices"),
    ],
)
def test_a_wrong_price_is_a_problem_with_its_place(
    tmp_path: Path, prices: str, place_and_words: str
) -> None:
    board = read(tmp_path, prices)
    assert not board.is_sound
    assert place_and_words in "\n".join(told(board))
    assert NAME not in board.prices or board.prices[NAME].rates


def test_the_storyboard_beats_what_it_includes_and_a_file_of_prices_beats_both(
    tmp_path: Path,
) -> None:
    board = load_text(
        tmp_path,
        f"{HEAD}include: [p.yaml]\nprices: {{{OF_2099}, {NAME}: {{per_second: 2}}}}{SHOT}",
        p_yaml=f"prices: {{{OF_2099}, {NAME}: {{per_second: 1}}, b/c: {{per_clip: 3}}}}\n",
    )
    assert told(board) == []
    assert board.prices[NAME].rates == {(None, None): Decimal(2)}
    assert board.prices["b/c"].rates == {(None, None): Decimal(3)}


def test_an_old_price_is_warned_of_where_a_shot_uses_it(tmp_path: Path) -> None:
    read(tmp_path, f"{{as_of: 2026-09-27, {NAME}: {{per_second: 1}}, b/c: {{per_clip: 1}}}}")

    def on(day: str) -> list[str]:
        return told(load(tmp_path / "film.yaml", reading=Reading(today=date.fromisoformat(day))))

    assert on("2026-11-26") == []
    [warning] = on("2026-11-27")
    assert "is of 2026-09-27, more than 60 days ago" in warning
    assert "wan2.7" in warning


def test_prices_are_not_part_of_a_fingerprint(tmp_path: Path) -> None:
    dear = read(tmp_path, f"{{{OF_2099}, {NAME}: {{per_second: 9}}}}", "caps: {film: 1}\n")
    cheap = read(tmp_path, f"{{{OF_2099}, {NAME}: {{per_second: 1}}}}")
    assert dear.takes[0].fingerprint == cheap.takes[0].fingerprint


def test_caps_are_amounts_for_a_day_and_for_the_film(tmp_path: Path) -> None:
    board = load_text(tmp_path, f"{HEAD}caps: {{day: 20, film: 199.95}}{SHOT}")
    assert board.caps == FilmCaps(20_000_000, 199_950_000)
    assert load_text(tmp_path, HEAD + SHOT).caps == FilmCaps()


@pytest.mark.parametrize(
    "caps", ["{}", "{day: -1}", "{day: .nan}", "{film: '20'}", "{week: 5}", "20", "{day: 1e300}"]
)
def test_a_wrong_cap_is_a_problem(tmp_path: Path, caps: str) -> None:
    assert not load_text(tmp_path, f"{HEAD}caps: {caps}{SHOT}").is_sound


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.one_of(st.floats(), st.integers(), st.text("0123456789.,-+eE_naif{}[]: ", max_size=12)))
def test_no_amount_in_a_file_passes_for_another(tmp_path: Path, amount: object) -> None:
    board = read(tmp_path, f"{{{OF_2099}, {NAME}: {{per_second: {amount}}}}}")
    if board.is_sound:
        rates = board.prices[NAME].rates
        assert all(0 <= rate <= 100_000 for rate in rates.values())
