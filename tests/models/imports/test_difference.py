"""What has moved since a card was written, in words."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest

from storyboard.models.imports.difference import moves
from tests.models.imports.documents import OPENAPI_30, SCHEMA_REPLY
from tests.models.imports.test_card_file import card_of
from tests.models.imports.test_understand import read


def moved(change: Any) -> list[tuple[str, str]]:
    """What is found where the service's schema changes so, against the card of the one before."""
    card = card_of(read(json.dumps(SCHEMA_REPLY)))
    reply = deepcopy(SCHEMA_REPLY)
    change(reply["post"]["requestBody"]["content"]["application/json"]["schema"])
    now = read(json.dumps(reply))
    return [(move.field, move.words) for move in moves(card, now.request)]


def test_nothing_has_moved_where_the_same_is_written_in_another_way() -> None:
    def change(schema: Any) -> None:
        fields = schema["properties"]
        fields["duration"] = {"type": "integer", "enum": [*range(4, 13)], "default": 5}
        fields["ratio"]["enum"].reverse()
        fields["ratio"] |= {"description": "New words", "pattern": "^.*$", "example": "16:9"}

    assert moved(change) == []


@pytest.mark.parametrize(
    ("name", "limits", "words"),
    [
        (
            "duration",
            {"type": "integer", "minimum": 4, "maximum": 20, "default": 5},
            "takes a whole number from 4 to 20; the card says a whole number from 4 to 12",
        ),
        (
            "duration",
            {"type": "integer", "minimum": 4, "maximum": 12, "multipleOf": 5, "default": 5},
            "takes a whole number from 4 to 12, a multiple of 5; "
            "the card says a whole number from 4 to 12",
        ),
        (
            "duration",
            {"type": "integer", "minimum": 4, "maximum": 12, "minLength": 1, "default": 5},
            "takes a whole number from 4 to 12, within other limits than the card says",
        ),
        (
            "resolution",
            {"type": "string", "enum": ["720p"], "default": "720p"},
            "takes '720p'; the card says '1080p', '480p' or '720p'",
        ),
        (
            "generate_audio",
            {"type": "boolean", "default": False},
            "has the default false; the card says true",
        ),
        ("style", {"type": "string"}, "is new: text"),
    ],
)
def test_each_field_that_moved_is_named(name: str, limits: Any, words: str) -> None:
    assert moved(lambda schema: schema["properties"].update({name: limits})) == [(name, words)]


def test_fields_that_went_or_became_required_are_named() -> None:
    def change(schema: Any) -> None:
        del schema["properties"]["seed"]
        schema["required"] = ["ratio"]

    assert moved(change) == [
        ("prompt", "can be left out now"),
        ("ratio", "is required now"),
        ("seed", "is gone"),
    ]


def test_a_rule_that_the_card_does_not_have_is_named() -> None:
    card = card_of(read(OPENAPI_30.partition("      allOf:\n        - if")[0]))
    now = read(OPENAPI_30)
    assert [(move.field, move.words) for move in moves(card, now.request)] == [
        (
            "durationSeconds, resolution",
            "have a new rule: where resolution is '1080p' or '4k', durationSeconds is '8'",
        )
    ]
