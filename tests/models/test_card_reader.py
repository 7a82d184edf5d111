"""A broken card is one sentence that names the file and the place in it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from storyboard.errors import BrokenCard, UsageError
from storyboard.models.catalog import load_catalog
from storyboard.models.schema.storyboard import storyboard_schema
from tests.models.cards import KLING, card_document, write_card

NAME = "kling/v1"


def message_of(folder: Path, document: Any) -> str:
    path = write_card(folder, NAME, document)
    with pytest.raises(UsageError) as caught:
        load_catalog(folder).get(NAME)
    message = str(caught.value)
    assert "\n" not in message
    place, _, words = message.partition(": ")
    assert re.fullmatch(rf"model card {re.escape(str(path))}(:\d+)?", place)
    return words


def with_request(**changes: Any) -> dict[str, Any]:
    document = card_document(NAME)
    document["request"].update(changes)
    document["words"] = {}
    return document


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: [", "is not YAML: line 2: did not find expected node content"),
        ("", "is not a mapping of keys to values"),
        ("- 1", "is not a mapping of keys to values"),
        ("name: a/b\nread: 2026-01-01", "read is read as a date; put it in quotes"),
        ("name: a/b\na: {on: 1}", "a has the key True; put it in quotes"),
        ("a: {x: 1}\nb: {x: 1,\n  x: 2}", "has the key 'x' twice; line 3 repeats it"),
        ("a: {? [x, x] : x}", "is not YAML: line 1: found unhashable key"),
        ("a: .nan", "a is nan, which JSON cannot hold"),
        ("a: &x [1]\nb: *x", "uses the alias *x; this kind of file refers by $ref"),
        ("a: !!python/object:os.system {}", "is not YAML: line 1: could not determine a con"),
        ("name: kling/v1", "title is missing"),
        ("x: " + "[" * 40_000, "is nested more than 50 levels deep"),
        ("# " + "x" * 1_000_000, "is longer than 1,000,000 characters"),
    ],
)
def test_a_text_that_is_no_card(tmp_path: Path, text: str, expected: str) -> None:
    assert message_of(tmp_path, text).startswith(expected)


def test_a_long_text_that_begins_with_a_digit_is_no_number(tmp_path: Path) -> None:
    title = (
        "5 or 10 seconds of video, in 16:9 alone and without sound, for those who are in a hurry"
    )
    write_card(tmp_path, NAME, f"name: {NAME}\ntitle: {title * 2}")
    with pytest.raises(UsageError, match="service is missing"):
        load_catalog(tmp_path).get(NAME)


@pytest.mark.parametrize("text", ["is: 1\nx: " + "[" * 60, "uses: 1\na: &x [1]\nb: *x"])
def test_a_word_of_the_message_is_not_taken_for_a_key_of_the_card(
    tmp_path: Path, text: str
) -> None:
    write_card(tmp_path, NAME, text)
    with pytest.raises(BrokenCard) as caught:
        load_catalog(tmp_path).get(NAME)
    assert caught.value.line is None


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    path = write_card(tmp_path, NAME, "")
    path.write_bytes(b"\xff")
    with pytest.raises(UsageError, match=r"model card .*v1\.yaml: cannot be read: 'utf-8'"):
        load_catalog(tmp_path).get(NAME)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"request": None}, "request is missing"),
        ({"name": "kling/v2"}, "name: 'kling/v2' is not kling/v1, as the file is called"),
        ({"name": "kling"}, "name: 'kling' is not allowed: a model's name is PROVIDER/MODEL"),
        ({"servers": []}, "servers is not a key of a model card"),
        ({"retire": "x"}, "retire is not a key of a model card; did you mean 'retires'?"),
        ({"service": "kling"}, "service: 'kling' is unknown; known: modellix"),
        ({"service": "../x"}, "service: '../x' is not allowed: a service is named as its file in"),
        ({"kind": "film"}, "kind: 'film' is not allowed; 'text', 'image', 'frames', 'reference'"),
        ({"read": "today"}, "read: 'today' is not allowed: a day is written"),
        ({"confidence": 1}, "confidence: 1 is not allowed; 'high', 'medium' or 'low' is needed"),
        ({"frame_rate": True}, "frame_rate: true is not a number; a number"),
        (
            {"render_seconds": {"most": 0}},
            "render_seconds.most: 0 is not allowed; it must be more than 0",
        ),
        ({"sizes": {"720P": [1]}}, 'sizes["720P"]: is a list; a mapping is needed'),
        ({"sizes": {"a": {"b": [1]}}}, "sizes.a.b: has 1 entries; at least 2 are needed"),
        ({"sizes": {"a": {"b": [1, 2, 3]}}}, "sizes.a.b: a list is not allowed: a size is a"),
        ({"words": {"colour": "hue"}}, "words.colour is not a key of a model card"),
        ({"words": {"seed": "seed"}}, "words.seed means 'seed', which the request does not have"),
        ({"words": {"ratio": {"fields": "x"}}}, "words.ratio.fields is not a key of a model card"),
        ({"words": {"ratio": {}}}, "words.ratio.field is missing"),
        ({"words": {"ratio": {"always": True}}}, "words.ratio.always: only sound is something"),
        ({"words": {"duration": "prompt"}}, "words.duration means 'prompt', and the request has a"),
        ({"words": {"sound": "prompt"}}, "words.sound: prompt is of type string; give a table of"),
        (
            {"words": {"duration": {"field": "duration", "unless": "frames"}}},
            "words.duration.unless names 'frames', which the request does not have",
        ),
        (
            {"words": {"ratio": {"field": "aspect_ratio", "values": {"16:9": "9:16"}}}},
            "words.ratio.values.16:9 is '9:16', which aspect_ratio does not take",
        ),
        (
            {"words": {"ratio": {"field": "aspect_ratio", "values": {"16:9": "1:1"}}}},
            "words.ratio.values.16:9 is a value of aspect_ratio, and means another",
        ),
        (
            {"words": {"ratio": {"field": "prompt", "values": {"16:9": "wide"}}}},
            "words.ratio.values: prompt does not list its values",
        ),
        (
            {"words": {"ratio": {"field": "aspect_ratio", "by": ["resolution", "ratio"]}}},
            "tables.aspect_ratio is missing; words.ratio needs it",
        ),
        ({"tables": {"size": {"720P": {"16:9": "a"}}}}, "tables.size is the table of no word"),
    ],
)
def test_a_document_that_lacks_what_a_card_needs(
    tmp_path: Path, changes: dict[str, Any], expected: str
) -> None:
    assert message_of(tmp_path, card_document(NAME, **changes)).startswith(expected)


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        (
            {"camera": {"type": "null"}},
            "request.properties.camera.type: 'null' is not allowed; 'string', 'integer',",
        ),
        ({"prompt": 3}, "request.properties.prompt: 3 is a number; a mapping is needed"),
        (
            {"prompt": {"type": "string", "or English": None}},
            'request.properties.prompt["or English"]: null is not allowed: a key without a value;',
        ),
        ({"prompt": {}}, "request.properties.prompt has type None; it is one of string, integer"),
        (
            {"prompt": {"type": "string", "minLength": -1}},
            "request.properties.prompt.minLength: -1 is less than 0, the least that is allowed",
        ),
    ],
)
def test_a_parameter_that_is_not_understood(
    tmp_path: Path, properties: dict[str, Any], expected: str
) -> None:
    assert message_of(tmp_path, card_document(NAME, properties)).startswith(expected)


def test_references_inside_the_request_are_followed(tmp_path: Path) -> None:
    document = with_request(
        properties={"prompt": {"$ref": "#/$defs/text", "maxLength": 9}},
        **{"$defs": {"text": {"$ref": "#/$defs/a~1b"}, "a/b": {"type": "string", "maxLength": 5}}},
    )
    write_card(tmp_path, NAME, document)
    card = load_catalog(tmp_path).get(NAME)
    assert card is not None
    assert card.parameters["prompt"].limits == {"type": "string", "maxLength": 9}
    assert "$defs" not in card.request_schema


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("#/$defs/a", "request refers to '#/$defs/a', which is missing"),
        ("#/type", "request refers to '#/type', which is not a schema"),
        ("#/allOf/0", "request refers to '#/allOf/0', which is missing"),
        ("other.yaml#/a", "request refers to 'other.yaml#/a'; references stay inside it"),
        ("https://x.example/a", "request refers to 'https://x.example/a'; references stay inside"),
        (3, "request refers to 3; references stay inside it"),
        ("#/properties", "request follows the reference '#/properties' in a circle, or too far"),
    ],
)
def test_a_reference_that_leads_nowhere_is_told(
    tmp_path: Path, target: object, expected: str
) -> None:
    document = with_request(properties={"prompt": {"not": {"$ref": target}}})
    assert message_of(tmp_path, document).startswith(expected)


@pytest.mark.parametrize("key", ["$dynamicRef", "$id", "$schema", "$recursiveRef", "$anchor"])
def test_other_ways_to_refer_are_refused_since_one_of_them_asks_the_network(
    tmp_path: Path, key: str
) -> None:
    document = with_request(**{"not": {key: "http://127.0.0.1:9/x"}})
    assert message_of(tmp_path, document) == (
        f"request has the key {key!r}; a card refers only by $ref"
    )


def test_references_that_stand_for_billions_of_values_are_told(tmp_path: Path) -> None:
    def hundred(name: str) -> dict[str, Any]:
        return {"allOf": [{"$ref": f"#/$defs/{name}"} for _ in range(100)]}

    definitions = {"a": hundred("b"), "b": hundred("c"), "c": hundred("d"), "d": {"minLength": 1}}
    document = with_request(**{"$defs": definitions, **hundred("a")})
    assert message_of(tmp_path, document) == "request expands to more than 50,000 values"


def test_a_card_may_be_json(tmp_path: Path) -> None:
    write_card(tmp_path, NAME, json.dumps(card_document(NAME)))
    card = load_catalog(tmp_path).get(NAME)
    assert card is not None
    assert list(card.parameters) == list(KLING)
    assert card.seed_range is None
    assert card.pixels("720p", "1:1") is None


def test_how_long_a_task_takes_may_stand_on_the_card(tmp_path: Path) -> None:
    write_card(tmp_path, NAME, card_document(NAME, render_seconds={"usual": 90, "most": 7200}))
    card = load_catalog(tmp_path).get(NAME)
    assert card is not None
    assert (card.usual_render_s, card.slowest_s) == (90, 7200)


def test_limits_that_are_no_schema_are_told_before_anything_is_checked_against_them(
    tmp_path: Path,
) -> None:
    write_card(
        tmp_path, NAME, card_document(NAME, {"prompt": {"type": "string", "exclusiveMinimum": "x"}})
    )
    with pytest.raises(UsageError) as caught:
        storyboard_schema(load_catalog(tmp_path).cards())
    assert str(caught.value) == (
        "model card kling/v1: request.properties.prompt.exclusiveMinimum: "
        "'x' is not of type 'number'"
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
            r"prompt.allOf[0].pattern: '(a)\\1' is not allowed",
        ),
        ({"type": "string", "patternProperties": {"a": {}}}, "prompt.patternProperties: is no"),
    ],
)
def test_a_pattern_that_could_be_matched_for_hours_is_told(
    tmp_path: Path, limits: dict[str, Any], place: str
) -> None:
    write_card(tmp_path, NAME, card_document(NAME, {"prompt": limits}))
    with pytest.raises(UsageError) as caught:
        storyboard_schema(load_catalog(tmp_path).cards())
    assert f"model card {NAME}: request.properties.{place}" in str(caught.value)


def test_limits_of_a_file_that_allow_nothing_are_told(tmp_path: Path) -> None:
    limits = {"pixels": {"least": 300, "most": 200}}
    picture = {"type": "string", "description": "A picture.", "x-media": limits}
    request = card_document(NAME)["request"]
    fields = {**request["properties"], "picture": picture}
    words = message_of(tmp_path, with_request(properties=fields))
    assert words.startswith(
        "request.properties.picture.x-media.pixels: the least is more than the most"
    )
