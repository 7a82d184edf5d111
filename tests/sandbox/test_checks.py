"""A payload against a model card: the card decides, the sentence names the limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from storyboard.models.catalog import load_catalog
from storyboard.sandbox.checks import is_public_https, payload_error

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


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com",
        "https://hooks.example.com:8443/done?take=1",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]/",
        "HTTPS://Hooks.Example.COM./",
    ],
)
def test_a_webhook_may_be_any_public_address(url: str) -> None:
    assert is_public_https(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example.com",
        "http://hooks.example.com",
        "ftp://hooks.example.com",
        "https://",
        "https://someone@hooks.example.com",
        "https://hooks.example.com@127.0.0.1",
        "https://hooks.example.com:x",
        "https://hooks.example.com:99999",
        "https://localhost",
        "https://LOCALHOST./",
        "https://x.localhost",
        "https://printer.local",
        "https://vault.internal",
        "https://intranet",
        "https://127.0.0.1",
        "https://127.1",
        "https://127.0.0.1.",
        "https://2130706433",
        "https://0x7f000001",
        "https://0x7f.1",
        "https://10.0.0.7",
        "https://192.168.1.1",
        "https://169.254.169.254/latest",
        "https://100.64.0.1",
        "https://0.0.0.0",
        "https://[::1]",
        "https://[fe80::1%25eth0]",
        "https://[::ffff:10.0.0.7]",
        "https://[64:ff9b::a00:7]",
        "https://[fd00::1]",
        "https://127\uff0e0\uff0e0\uff0e1",
        "https://\uff11\uff12\uff17.0.0.1",
        "https://%31%32%37.0.0.1",
        "https://hooks.example.com\\@127.0.0.1",
        "https://a b.example.com",
        f"https://hooks.example.com/{'x' * 2048}",
    ],
)
def test_a_webhook_to_anything_else_is_refused(url: str) -> None:
    assert not is_public_https(url)
