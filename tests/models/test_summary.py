from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from storyboard.models.card import Parameter
from storyboard.models.catalog import load_catalog
from storyboard.models.summary import limits_line, parameter_words
from tests.models.cards import KLING, card_document, write_card


@pytest.mark.parametrize(
    ("properties", "words", "expected"),
    [
        (KLING, ["duration"], "5 or 10 s"),
        ({"duration": {"type": "integer", "minimum": 3, "maximum": 15}}, ["duration"], "3 to 15 s"),
        ({"duration": {"type": "integer", "enum": [4, 5, 6]}}, ["duration"], "4 to 6 s"),
        (
            {
                "seed": {"type": "integer"},
                "ratio": {"type": "string"},
                "resolution": {"type": "string", "enum": ["720p", "1080p"]},
            },
            ["seed", "ratio", "resolution"],
            "720p or 1080p; text; with seed",
        ),
        (KLING, [], ""),
    ],
)
def test_what_a_model_makes_is_one_line(
    tmp_path: Path, properties: dict[str, Any], words: list[str], expected: str
) -> None:
    document = card_document("kling/v1", properties, words={word: word for word in words})
    write_card(tmp_path, "kling/v1", document)
    card = load_catalog(tmp_path).get("kling/v1")
    assert card is not None
    assert limits_line(card) == expected


@pytest.mark.parametrize(
    ("parameter", "expected"),
    [
        (Parameter("a", "string", {"type": "string", "maxLength": 5}, True), "text of at most"),
        (Parameter("a", "string", {"type": "string"}, True), "text; required"),
        (
            Parameter("a", "string", {"type": "string", "x-error-message": "an address"}),
            "text; an address",
        ),
        (Parameter("a", "integer", {"enum": [5, 10]}, default=5), "5 or 10; default 5"),
        (Parameter("a", "boolean", {"type": "boolean"}, default=True), "true or false; default t"),
        (Parameter("a", "integer", {"type": "integer", "minimum": 0}), "a whole number, at least"),
    ],
)
def test_a_parameter_in_words(parameter: Parameter, expected: str) -> None:
    assert parameter_words(parameter).startswith(expected)
