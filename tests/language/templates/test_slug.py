"""Slugs: lower case, hyphens, and a stable stand-in where nothing is left."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.language.templates.slug import slug


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Osaka", "osaka"),
        ("São João", "sao-joao"),
        ("  New   York!  ", "new-york"),
        ("a_b.c/d", "a-b-c-d"),
        ("--x--", "x"),
        ("ﬁlm ①", "film-1"),
        ("Straße", "strae"),
        (42, "42"),
        (2.5, "2-5"),
    ],
)
def test_a_slug_is_lower_case_with_single_hyphens(value: object, expected: str) -> None:
    assert slug(value) == expected


def test_text_without_latin_letters_gives_eight_stable_digits() -> None:
    assert slug("大阪") == "x6df97746"
    assert slug("大阪") != slug("東京")


def test_an_empty_text_gives_the_digits_of_its_own_hash() -> None:
    assert slug("") == "xe3b0c442"
    assert slug("!?") != slug("")


@given(st.text())
def test_every_text_has_a_slug_that_fits_ids(text: str) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug(text))
