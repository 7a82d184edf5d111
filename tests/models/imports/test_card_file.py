"""A card that is made of a document is a card like any other."""

from __future__ import annotations

import json

import pytest

from storyboard.models.card import ModelCard
from storyboard.models.card_folders import CardText, Owner
from storyboard.models.card_reader import parse_card
from storyboard.models.catalog import load_catalog, load_services
from storyboard.models.imports.card_file import card_document, card_text
from storyboard.models.imports.difference import moves
from storyboard.models.imports.understand import Understood
from storyboard.sandbox.replies import schema_reply
from tests.models.imports.documents import (
    HTML_PAGE,
    MARKDOWN_PAGE,
    OPENAPI_30,
    SCHEMA_REPLY,
    TWO_WAYS,
    document,
)
from tests.models.imports.test_understand import PROMPT, read


def text_of(model: Understood) -> str:
    return card_text(card_document(model, source="doc", read="2026-11-26", confidence="high"))


def card_of(model: Understood) -> ModelCard:
    file = CardText("card.yaml", text_of(model), Owner.PROJECT)
    return parse_card(file, model.name, load_services())


@pytest.mark.parametrize(
    "text",
    [OPENAPI_30, json.dumps(SCHEMA_REPLY), MARKDOWN_PAGE, HTML_PAGE, TWO_WAYS],
    ids=["openapi", "reply", "markdown", "html", "two ways"],
)
def test_the_card_of_each_source_is_read_as_it_was_understood(text: str) -> None:
    model = read(text)
    card = card_of(model)
    assert (card.name, card.kind, card.service.name) == (model.name, model.kind, "modellix")
    assert {name: dict(one.limits) for name, one in card.parameters.items()} == dict(
        model.request.fields
    )
    assert set(card.words) == set(model.guesses.words)
    assert not [*moves(card, model.request)]


def test_a_field_stands_on_a_line() -> None:
    lines = text_of(read(OPENAPI_30)).splitlines()
    assert "    durationSeconds: {type: string, enum: ['4', '6', '8']}" in lines


def test_text_from_the_document_cannot_become_more_than_text() -> None:
    limits = {"type": "string", "description": "a\n  - b: {c}\n# d", "enum": ["on", "16:9", "~"]}
    model = read(document({"prompt": PROMPT, "it": limits}))
    assert dict(card_of(model).parameters["it"].limits) == model.request.fields["it"]


def test_what_the_sandbox_says_of_the_programs_own_cards_makes_the_same_cards() -> None:
    for card in load_catalog().cards():
        reply = schema_reply(card, card.service.origin)
        model = read(json.dumps(reply), kind=card.kind)
        assert not [*moves(card, model.request)], card.name
