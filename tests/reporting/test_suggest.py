"""Guesses at misspelt words."""

from __future__ import annotations

from storyboard.reporting.suggest import closest, did_you_mean

KEYS = ("prompt", "negative_prompt", "ratio", "duration")


def test_a_misspelt_word_finds_the_known_one() -> None:
    assert closest("promt", KEYS) == "prompt"
    assert did_you_mean("promt", KEYS) == "did you mean 'prompt'?"


def test_upper_and_lower_case_are_one() -> None:
    assert closest("RATIO", KEYS) == "ratio"
    assert closest("sku", ["SKU", "name"]) == "SKU"


def test_nothing_near_is_no_guess() -> None:
    assert closest("colour", KEYS) is None
    assert did_you_mean("colour", KEYS) is None
    assert did_you_mean("", KEYS) is None


def test_what_cannot_be_seen_in_a_known_word_is_named() -> None:
    assert did_you_mean("prompt", ["pro\u200bmpt"]) == (
        "did you mean 'pro\u200bmpt'? it contains U+200B (zero width space)"
    )


def test_a_word_is_never_suggested_for_itself() -> None:
    assert closest("ratio", ["ratio"]) is None


def test_endless_words_are_not_compared() -> None:
    assert closest("a" * 1_000_000, ["a" * 1_000_001]) is None
