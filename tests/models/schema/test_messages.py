"""What a schema's error says to the person who wrote the value."""

from __future__ import annotations

from typing import Any

import pytest

from storyboard.models.schema.errors import find_errors
from storyboard.models.schema.messages import SchemaMessage, describe_error
from storyboard.models.schema.words import allowed_words

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def message(value: Any, **limits: Any) -> SchemaMessage:
    [error] = find_errors(value, {"$schema": DIALECT, **limits})
    return describe_error(error, model="a/b")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, ("too-small", "0 is not allowed; it must be more than 0")),
        (10, ("too-large", "10 is not allowed; it must be less than 10")),
        (-1, ("too-small", "-1 is not allowed; it must be more than 0")),
    ],
)
def test_a_value_between_two_others_is_told_which_it_has_passed(
    value: float, expected: tuple[str, str]
) -> None:
    assert message(value, exclusiveMinimum=0, exclusiveMaximum=10) == expected


def test_a_value_between_two_steps_is_told_the_step_and_the_range() -> None:
    found = message(20, type="integer", minimum=8, maximum=64, multipleOf=8)
    words = "20 is not a multiple of 8; a/b requires a whole number from 8 to 64, a multiple of 8"
    assert found == ("not-allowed", words)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"exclusiveMinimum": 0}, "a number, more than 0"),
        ({"exclusiveMinimum": 0, "maximum": 1}, "a number, at most 1, more than 0"),
        ({"minimum": 0, "exclusiveMaximum": 10}, "a number, at least 0, less than 10"),
        ({"exclusiveMinimum": 0, "exclusiveMaximum": 1}, "a number, more than 0, less than 1"),
        (
            {"minimum": 2, "maximum": 9, "multipleOf": 0.5},
            "a number from 2 to 9, a multiple of 0.5",
        ),
    ],
)
def test_bounds_of_every_kind_are_said(limits: dict[str, Any], words: str) -> None:
    assert allowed_words({"type": "number", **limits}) == words


@pytest.mark.parametrize(
    ("limits", "value", "expected"),
    [
        ({"minimum": 2}, 1, ("too-small", "1 is less than 2, the least that a/b allows")),
        ({"maximum": 2}, 3, ("too-large", "3 is more than 2, the most that a/b allows")),
        ({"enum": [2, 3]}, 1, ("too-small", "1 is less than 2, the least that a/b allows")),
        ({"enum": [2, 3]}, 4, ("too-large", "4 is more than 3, the most that a/b allows")),
        ({"enum": [2, 3]}, 2.5, ("not-allowed", "2.5 is not allowed; a/b requires a whole number")),
        ({"maxLength": 1}, "ab", ("too-long", "is 2 characters long; a/b allows at most 1")),
        ({"maxItems": 1}, [1, 2], ("not-allowed", "has 2 entries; a/b allows at most 1")),
    ],
)
def test_a_limit_is_named_with_the_model_that_has_it(
    limits: dict[str, Any], value: Any, expected: tuple[str, str]
) -> None:
    code, words = message(value, **limits)
    assert (code, words[: len(expected[1])]) == expected
