"""A payload against a model card: the card decides, the sentence names the limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from storyboard.models.catalog import load_catalog
from storyboard.sandbox.checks import payload_error

CARD = load_catalog().get("alibaba/wan2.7-t2v")
assert CARD is not None


@pytest.mark.parametrize("payload", [{"prompt": "x"}, {"prompt": "x", "seed": 0, "duration": 15}])
def test_what_the_card_takes_is_taken(payload: Mapping[str, Any]) -> None:
    assert payload_error(payload, CARD) is None


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ({}, "Invalid parameters: parameter 'prompt' is required"),
        ({"colour": 1}, "Invalid parameters: parameter 'prompt' is required"),
        (
            {"prompt": "x", "colour": 1, "duration": "5"},
            "Invalid parameters: parameter 'duration' must be of type integer, got '5'",
        ),
        (
            {"prompt": ""},
            "Value out of range: parameter 'prompt' must have at least 1 characters, got 0",
        ),
        (
            {"prompt": "x", "prompt_extend": "yes" * 99},
            "Invalid parameters: parameter 'prompt_extend' must be of type boolean, got '"
            + "yes" * 32
            + "...",
        ),
    ],
)
def test_the_first_thing_to_mend_is_named(payload: Mapping[str, Any], message: str) -> None:
    assert payload_error(payload, CARD) == message


def test_an_address_that_is_none_is_told_what_one_looks_like() -> None:
    message = payload_error({"prompt": "x", "audio_url": "music"}, CARD)
    assert message is not None
    assert message.startswith("Invalid format: parameter 'audio_url': ")
    assert message.endswith(", got 'music'")


@pytest.mark.parametrize(
    ("limits", "value", "message"),
    [
        (
            {"type": "number", "minimum": 0.5},
            0,
            "Value out of range: {} must be at least 0.5, got 0",
        ),
        ({"type": "number", "maximum": 3}, 4, "Value out of range: {} must be at most 3, got 4"),
        ({"enum": [5, 10]}, 6, "Invalid parameters: {} must be one of 5, 10, got 6"),
        ({"multipleOf": 4}, 6, "Invalid parameters: {} is not allowed as it is, got 6"),
    ],
)
def test_limits_come_from_the_card_alone(
    limits: dict[str, Any], value: object, message: str
) -> None:
    other = replace(CARD, request_schema={"type": "object", "properties": {"seed": limits}})
    assert payload_error({"seed": value}, other) == message.format("parameter 'seed'")
