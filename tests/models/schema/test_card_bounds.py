"""What a card's request cannot do to whoever applies it."""

from __future__ import annotations

import time
from typing import Any

import pytest

from storyboard.models.schema.card_bounds import unbounded


def found(**limits: Any) -> tuple[tuple[str | int, ...], str] | None:
    schema = {"type": "object", "properties": {"prompt": {"type": "string", **limits}}}
    return next(unbounded(schema), None)


def deep(levels: int, keyword: str) -> dict[str, Any]:
    inner: dict[str, Any] = {"minLength": 1}
    for _ in range(levels):
        inner = {keyword: [inner, {"maxLength": 9}]}
    return inner


@pytest.mark.parametrize(
    "limits", [{}, {"enum": ["a"] * 1000}, {"x-anything": 1}, {"maxLength": 5}]
)
def test_what_real_cards_hold_is_allowed(limits: dict[str, Any]) -> None:
    assert found(**limits) is None


@pytest.mark.parametrize(
    ("limits", "key", "words"),
    [
        (
            {"unevaluatedProperties": False},
            "unevaluatedProperties",
            "is no keyword that a card can",
        ),
        ({"uniqueItems": True}, "uniqueItems", "is no keyword"),
        ({"maxlength": 3}, "maxlength", "did you mean 'maxLength'?"),
        ({"enum": ["a"] * 1001}, "enum", "has more than 1,000 entries"),
        ({"description": "a" * 2001}, "description", "is longer than 2,000 characters"),
        ({"pattern": "a" * 2001}, "pattern", "is longer than 2,000 characters"),
        ({"pattern": "(a)\\1"}, "pattern", "do not look ahead"),
        ({"pattern": "(" * 1500}, "pattern", "is not a 'regex'"),
        ({"pattern": "((a{1000}){1000}){1000}"}, "pattern", "is not allowed"),
        ({"minLength": 10**400}, "minLength", "is a number beyond"),
        ({"maxLength": -(10**400)}, "maxLength", "is a number beyond"),
    ],
)
def test_what_costs_too_much_is_told_with_its_place(
    limits: dict[str, Any], key: str, words: str
) -> None:
    problem = found(**limits)
    assert problem is not None
    assert problem[0] == ("properties", "prompt", key)
    assert words in problem[1]


def test_what_is_wrong_deep_inside_is_told_with_its_place() -> None:
    problem = found(allOf=[{"if": {"$dynamicRef": "#x"}}])
    assert problem is not None
    assert problem[0] == ("properties", "prompt", "allOf", 0, "if", "$dynamicRef")


@pytest.mark.parametrize("keyword", ["allOf", "anyOf", "oneOf"])
def test_many_schemas_are_told_at_once(keyword: str) -> None:
    started = time.perf_counter()
    problem = found(**{keyword: [deep(30, keyword)] * 1000})
    assert problem == ((), "stands for more than 1,000 schemas")
    assert time.perf_counter() - started < 1


def test_many_patterns_are_told() -> None:
    patterns = [{"pattern": f"a{{{number}}}"} for number in range(60)]
    assert found(anyOf=patterns) == ((), "has more than 40 patterns")
