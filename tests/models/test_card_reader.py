"""A broken card is one sentence that names the file and the place in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from storyboard.errors import UsageError
from storyboard.models.catalog import load_catalog
from storyboard.models.schema.storyboard import storyboard_schema
from tests.models.cards import KLING, card_document, write_card

NAME = "kling/v1"


def message_of(folder: Path, document: Any) -> str:
    path = write_card(folder, NAME, document)
    with pytest.raises(UsageError) as caught:
        load_catalog(folder).get(NAME)
    message = str(caught.value)
    assert message.startswith(f"model card {path}: ")
    assert "\n" not in message
    return message.removeprefix(f"model card {path}: ")


def with_schema(schema: Any) -> dict[str, Any]:
    document = card_document(NAME)
    body = document["paths"][f"/{NAME}"]["post"]["requestBody"]
    body["content"]["application/json"]["schema"] = schema
    return document


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: [", "is not YAML: line 2: did not find expected node content"),
        ("", "is not an OpenAPI document, which is a mapping"),
        ("- 1", "is not an OpenAPI document, which is a mapping"),
        ("openapi: 3.1.0\nwhen: 2026-01-01", "when is read as a date; put it in quotes"),
        ("openapi: 3.1.0\na: {on: 1}", "a has the key True; put it in quotes"),
        ("a: .nan", "a is nan, which JSON cannot hold"),
        ("a: &x [1]\nb: *x", "uses the alias *x; a card refers by $ref"),
        ("a: !!python/object:os.system {}", "is not YAML: line 1: could not determine a con"),
        ("openapi: 2.0.0", "openapi is not 3.1; a model card is an OpenAPI 3.1 document"),
        ("openapi: 3.1.0", "x-storyboard is missing"),
        ("x: " + "[" * 40_000, "is nested more than 50 levels deep"),
        ("# " + "x" * 1_000_000, "is longer than 1,000,000 characters"),
    ],
)
def test_a_text_that_is_no_card(tmp_path: Path, text: str, expected: str) -> None:
    assert message_of(tmp_path, text).startswith(expected)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"servers": []}, "servers[0].url is not an https address"),
        ({"servers": [{"url": "http://x.example"}]}, "servers[0].url is not an https address"),
        ({"servers": [{"url": "https://[::1"}]}, "servers[0].url is not an https address"),
        ({"servers": [{"url": "https://me@x.example"}]}, "servers[0].url is not an https address"),
        ({"paths": {}}, "paths holds 0 POST operations; a model card has one, the submission"),
        ({"paths": 3}, "paths is not a mapping"),
        ({"x-storyboard": {}}, "x-storyboard.protocol is missing; it names the way to speak to"),
        ({"x-storyboard": {"protocol": "p"}}, "x-storyboard retention-hours is missing"),
        ({"externalDocs": "docs.example.com"}, "externalDocs is no address of a page"),
        ({"externalDocs": {"url": 1}}, "externalDocs is no address of a page"),
        (
            {"x-storyboard": {"protocol": "p", "retention-hours": True}},
            "x-storyboard retention-hours is True, no number",
        ),
        (
            {"x-storyboard": {"protocol": "p", "retention-hours": 1, "sizes": {"720P": [1]}}},
            "720P is not a mapping",
        ),
        (
            {"x-storyboard": {"protocol": "p", "retention-hours": 1, "sizes": {"a": {"b": [1]}}}},
            "x-storyboard.sizes.a.b [1] is not a width and a height in pixels",
        ),
    ],
)
def test_a_document_that_lacks_what_a_card_needs(
    tmp_path: Path, changes: dict[str, Any], expected: str
) -> None:
    assert message_of(tmp_path, card_document(NAME, **changes)).startswith(expected)


def test_a_path_of_another_model_is_told(tmp_path: Path) -> None:
    assert message_of(tmp_path, card_document("kling/v2")) == (
        "paths '/kling/v2' is not the path of kling/v1, the model that the file is named for"
    )


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"camera": {"type": "object"}}, "properties.camera has type 'object'; parameters are one"),
        ({"prompt": 3}, "properties.prompt is not a schema"),
    ],
)
def test_a_parameter_that_is_not_understood(
    tmp_path: Path, properties: dict[str, Any], expected: str
) -> None:
    assert message_of(tmp_path, card_document(NAME, properties)).startswith(expected)


def test_references_inside_the_document_are_followed(tmp_path: Path) -> None:
    document = with_schema({"$ref": "#/components/schemas/Request"})
    document["components"] = {
        "schemas": {
            "Request": {"type": "object", "properties": {"prompt": {"$ref": "#/components/text"}}}
        },
        "text": {"type": "string", "maxLength": 9},
    }
    write_card(tmp_path, NAME, document)
    card = load_catalog(tmp_path).get(NAME)
    assert card is not None
    assert card.parameters["prompt"].limits == {"type": "string", "maxLength": 9}


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("#/components/a", "components is missing"),
        ("other.yaml#/a", "refers to 'other.yaml#/a'; references stay inside the document"),
        (f"#/paths/~1{NAME.replace('/', '~1')}", "in a circle, or too far"),
    ],
)
def test_a_reference_that_leads_nowhere_is_told(tmp_path: Path, target: str, expected: str) -> None:
    assert expected in message_of(tmp_path, with_schema({"$ref": target}))


def test_a_card_may_be_json(tmp_path: Path) -> None:
    write_card(tmp_path, NAME, json.dumps(card_document(NAME)))
    card = load_catalog(tmp_path).get(NAME)
    assert card is not None
    assert list(card.parameters) == list(KLING)
    assert card.seed_range is None
    assert card.pixels("720p", "1:1") is None


def test_limits_that_are_no_schema_are_told_before_anything_is_checked_against_them(
    tmp_path: Path,
) -> None:
    write_card(tmp_path, NAME, card_document(NAME, {"prompt": {"type": "string", "minLength": -1}}))
    with pytest.raises(UsageError) as caught:
        storyboard_schema(load_catalog(tmp_path).cards())
    assert str(caught.value) == (
        "model card kling/v1: properties.prompt.minLength: -1 is less than the minimum of 0"
    )


def test_a_pattern_that_is_none_is_told(tmp_path: Path) -> None:
    write_card(tmp_path, NAME, card_document(NAME, {"prompt": {"type": "string", "pattern": "("}}))
    with pytest.raises(UsageError, match=r"properties\.prompt\.pattern: '\(' is not a 'regex'"):
        storyboard_schema(load_catalog(tmp_path).cards())


@pytest.mark.parametrize(
    ("limits", "place"),
    [
        ({"type": "string", "pattern": "^(?!a)"}, "prompt.pattern: '^(?!a)' is not allowed"),
        (
            {"type": "string", "allOf": [{"pattern": r"(a)\1"}]},
            r"prompt.allOf.0.pattern: '(a)\\1' is not allowed",
        ),
        ({"type": "string", "patternProperties": {"a": {}}}, "prompt.patternProperties: is not"),
    ],
)
def test_a_pattern_that_could_be_matched_for_hours_is_told(
    tmp_path: Path, limits: dict[str, Any], place: str
) -> None:
    write_card(tmp_path, NAME, card_document(NAME, {"prompt": limits}))
    with pytest.raises(UsageError) as caught:
        storyboard_schema(load_catalog(tmp_path).cards())
    assert f"model card {NAME}: properties.{place}" in str(caught.value)
