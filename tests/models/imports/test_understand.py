"""What is understood of a document, and what is refused with its place."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from copy import deepcopy
from random import Random
from typing import Any

import jsonschema
import pytest
import yaml

from storyboard.errors import UsageError
from storyboard.models.catalog import load_services
from storyboard.models.imports.understand import Understood, understand
from storyboard.models.service import Service
from storyboard.project.model_sources import find_service
from tests.models.imports.documents import (
    HTML_PAGE,
    MARKDOWN_PAGE,
    OPENAPI_30,
    SCHEMA_REPLY,
    TWO_WAYS,
    document,
)

API = "https://api.modellix.ai"
PROMPT = {"type": "string"}


def find(address: str) -> Service | None:
    return find_service(load_services(), address, API)


def read(text: str, **options: Any) -> Understood:
    return understand("doc", text, find, **options)


def field(limits: Any) -> Any:
    return read(document({"prompt": PROMPT, "it": limits})).request.fields["it"]


def refusal(text: str, **options: Any) -> str:
    with pytest.raises(UsageError) as caught:
        read(text, **options)
    return str(caught.value)


def test_a_document_of_openapi_3_0_is_read_without_what_a_card_has_no_use_for() -> None:
    model = read(OPENAPI_30)
    assert (model.name, model.title, model.kind) == (
        "google/veo-3.1-t2v",
        "Veo 3.1 text to video",
        "text",
    )
    assert model.request.required == ["prompt"]
    assert model.request.fields == {
        "prompt": {"type": "string", "description": "What is seen", "minLength": 1},
        "negativePrompt": {"type": "string"},
        "aspectRatio": {
            "type": "string",
            "description": "Width to height",
            "enum": ["16:9", "9:16"],
            "default": "16:9",
        },
        "durationSeconds": {"type": "string", "enum": ["4", "6", "8"]},
        "resolution": {"type": "string", "enum": ["720p", "1080p", "4k"], "default": "720p"},
        "personGeneration": {"type": "string", "enum": ["allow_all"]},
    }
    assert model.request.left_out == {"request_id": "it is read-only"}
    assert model.ignored == [
        "header X-Webhook-URL",
        "header Authorization",
        "callbacks",
        "responses 200, 429",
        "examples",
    ]
    assert [rule.words for rule in model.request.rules] == [
        "where resolution is '1080p' or '4k', durationSeconds is '8'"
    ]


def test_the_words_of_that_document_are_told_by_names_and_values() -> None:
    guesses = read(OPENAPI_30).guesses
    assert guesses.words == {
        "resolution": {
            "field": "resolution",
            "values": {"720P": "720p", "1080P": "1080p", "4K": "4k"},
        },
        "ratio": "aspectRatio",
        "duration": "durationSeconds",
        "negative_prompt": "negativePrompt",
    }
    assert list(guesses.uncertain) == ["sound"]


def test_a_reply_of_api_schema_is_read() -> None:
    model = read(json.dumps(SCHEMA_REPLY))
    assert (model.name, model.title) == ("bytedance/seedance-1.5-pro-t2v", "Seedance 1.5 Pro")
    assert model.request.fields["duration"] == {
        "type": "integer",
        "minimum": 4,
        "maximum": 12,
        "default": 5,
    }
    assert model.guesses.words["seed"] == {"field": "seed", "any": -1}
    assert model.guesses.words["sound"] == "generate_audio"
    assert model.guesses.words["ratio"] == "ratio"
    assert model.ignored == ["responses 200, 400", "examples"]


@pytest.mark.parametrize("page", [MARKDOWN_PAGE, HTML_PAGE], ids=["markdown", "html"])
def test_a_page_is_read_by_the_block_that_holds_a_document(page: str) -> None:
    model = read(page)
    assert model.name == "alibaba/wan2.6-t2v"
    assert set(model.request.fields) == {"prompt", "size", "duration", "seed"}
    both = {"field": "size", "by": ["resolution", "ratio"]}
    assert (model.guesses.words["resolution"], model.guesses.words["ratio"]) == (both, both)
    assert model.guesses.tables["size"]["720P"] == {
        "16:9": "1280*720",
        "9:16": "720*1280",
        "1:1": "960*960",
        "4:3": "1088*832",
        "3:4": "832*1088",
    }


def test_branches_with_titles_become_rules_in_words() -> None:
    model = read(TWO_WAYS)
    assert model.kind == "image"
    assert list(model.request.fields) == [
        *("prompt", "duration", "first_frame", "last_frame", "driving_audio", "first_clip")
    ]
    assert [rule.words for rule in model.request.rules] == [
        "exactly one of these holds: First frame (first_clip is not set and first_frame is set); "
        "or Continuation (duration is at most 10, first_frame is not set, driving_audio is not "
        "set and first_clip is set)",
        "prompt and driving_audio do not go together",
        "driving_audio needs duration",
    ]


@pytest.mark.parametrize(
    ("payload", "is_allowed"),
    [
        ({"first_frame": "a"}, True),
        ({"first_clip": "a", "last_frame": "b", "duration": 10}, True),
        ({"first_clip": "a", "duration": 11}, False),
        ({"first_frame": "a", "duration": 11}, True),
        ({"first_frame": "a", "first_clip": "b"}, False),
        ({"first_clip": "a", "driving_audio": "b", "duration": 3}, False),
        ({"first_frame": "a", "driving_audio": "b"}, False),
        ({"first_frame": "a", "driving_audio": "b", "duration": 3}, True),
        ({"prompt": "a"}, False),
        ({"first_frame": "a", "other": "b"}, False),
    ],
)
def test_a_card_allows_what_the_document_does(payload: Any, is_allowed: bool) -> None:
    validator = jsonschema.Draft202012Validator(read(TWO_WAYS).request.as_card())
    assert validator.is_valid(payload) is is_allowed


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"type": ["string", "null"]}, {"type": "string"}),
        ({"const": 5}, {"type": "integer", "enum": [5]}),
        ({"type": "integer", "enum": ["5", "10", None]}, {"type": "integer", "enum": [5, 10]}),
        (
            {"oneOf": [{"const": "std", "title": "Standard"}, {"const": "pro", "title": "Pro"}]},
            {"type": "string", "enum": ["std", "pro"]},
        ),
        (
            {"type": "integer", "anyOf": [{"const": -1}, {"minimum": 4, "maximum": 6}]},
            {"type": "integer", "enum": [-1, 4, 5, 6]},
        ),
        (
            {"anyOf": [{"type": "integer", "const": -1}, {"type": "integer", "minimum": 0}]},
            {"type": "integer", "minimum": -1},
        ),
        (
            {"anyOf": [{"type": "integer", "enum": [5]}, {"type": "string", "enum": ["10"]}]},
            {"type": "integer", "enum": [5, 10]},
        ),
        (
            {"anyOf": [{"type": "string", "maxLength": 9}, {"type": "string", "enum": ["a"]}]},
            {"type": "string", "maxLength": 9},
        ),
        (
            {"anyOf": [{"type": "string", "minLength": 5, "maxLength": 9}, {"const": "no"}]},
            {"type": "string", "maxLength": 9, "minLength": 2},
        ),
        (
            {"anyOf": [{"enum": ["a"], "minLength": 1}, {"enum": ["b"]}]},
            {"type": "string", "enum": ["a", "b"]},
        ),
        (
            {"anyOf": [{"type": "string", "maxLength": 3}, {"const": "automatic"}]},
            {"type": "string", "maxLength": 9},
        ),
        (
            {"type": "number", "minimum": 0, "exclusiveMinimum": True},
            {"type": "number", "exclusiveMinimum": 0},
        ),
        ({"type": "integer", "enum": [2, 3, 9], "maximum": 5}, {"type": "integer", "enum": [2, 3]}),
        (
            {"type": "integer", "enum": [0, 4, 5, 8], "exclusiveMinimum": 0, "multipleOf": 2},
            {"type": "integer", "enum": [4, 8]},
        ),
        (
            {"type": "array", "items": {"type": "string", "example": "x"}, "maxItems": 3},
            {"type": "array", "maxItems": 3, "items": {"type": "string"}},
        ),
        ({"type": "string", "default": None, "example": "x"}, {"type": "string"}),
        (
            {"type": "string", "description": "One\n two \x1b[31m"},
            {"type": "string", "description": "One two \\x1b[31m"},
        ),
    ],
)
def test_a_field_is_said_in_one_way(limits: Any, expected: Any) -> None:
    assert field(limits) == expected


@pytest.mark.parametrize(
    ("limits", "what"),
    [
        ({}, "says no type"),
        ({"type": ["string", "array"]}, "has the types 'array', 'string'; a card's field has one"),
        ({"type": "file"}, "has the type 'file'"),
        ({"type": "string", "not": {"const": "a"}}, "has 'not', which a card does not state"),
        ({"type": "string", "enum": []}, "lists 0 values"),
        ({"type": "integer", "enum": ["a"]}, "lists 'a', which is not of the type 'integer'"),
        ({"type": "integer", "enum": ["--5"]}, "lists '--5', which is not of the type 'integer'"),
        ({"type": "integer", "enum": ["9" * 21]}, f"lists '{'9' * 21}', which is not of the type"),
        ({"type": "string", "pattern": "(?=a)a"}, "cannot be a card's pattern"),
        ({"type": "string", "maxLength": -1}, "has maxLength -1, which is not a bound"),
        ({"type": "integer", "multipleOf": -2}, "has multipleOf -2, which is not a bound"),
        ({"enum": [1, 2], "multipleOf": 0}, "has multipleOf 0, which is not a bound"),
        (
            {"anyOf": [{"type": "string"}, {"type": "array"}]},
            "takes one thing or another; a card's field is of one kind",
        ),
        (
            {"type": "integer", "anyOf": [{"maximum": 5}, {"minimum": 100}]},
            "has ranges that do not adjoin",
        ),
        ({"$ref": "https://example.com/x.json"}, "references stay inside the document"),
        ({"$ref": "#/nowhere"}, "not there"),
    ],
)
def test_what_a_card_cannot_say_is_refused_with_its_place(limits: Any, what: str) -> None:
    said = refusal(document({"prompt": PROMPT, "it": limits}))
    assert said.startswith('doc:1: paths["/made/up-t2v"].post.requestBody.content["application/j')
    assert "schema.properties.it" in said
    assert what in said


def test_the_place_counts_the_lines_of_the_page() -> None:
    page = MARKDOWN_PAGE.replace("minimum: 2, maximum: 15", "minimum: two")
    line = page.split("\n").index("                    duration: {type: integer, minimum: two}") + 1
    assert refusal(page).startswith(f"doc:{line}: paths[")


def test_a_field_that_is_not_understood_can_be_left_out_where_it_is_optional() -> None:
    text = document({"prompt": PROMPT, "masks": {"type": ["array", "string"]}})
    assert "masks" in refusal(text)
    model = read(text, without=frozenset({"masks"}))
    assert list(model.request.fields) == ["prompt"]
    text = document({"prompt": PROMPT, "it": {}}, required=["it"])
    assert "requires 'it', which the card lacks" in refusal(text, without=frozenset({"it"}))


def test_a_field_with_the_name_of_a_storyboards_own_key_is_left_out() -> None:
    model = read(document({"prompt": PROMPT, "title": PROMPT}))
    assert model.request.left_out == {
        "title": "a storyboard has a key of its own that is called so"
    }


def test_a_default_that_the_limits_refuse_is_left_out() -> None:
    model = read(document({"prompt": PROMPT, "it": {"type": "integer", "enum": [1], "default": 2}}))
    assert model.request.fields["it"] == {"type": "integer", "enum": [1]}
    assert model.request.left_out == {"it.default": "2 is not among the values that it allows"}


@pytest.mark.parametrize(
    "server",
    [
        "https://evil.example/api/v1",
        "http://api.modellix.ai/api/v1",
        "https://api.modellix.ai.evil.example/api/v1",
        "https://api.modellix.ai:8443/api/v1",
        "https://api.modellix.ai@evil.example/api/v1",
        "https://[evil/api/v1",
    ],
)
def test_a_document_of_another_server_is_refused(server: str) -> None:
    said = refusal(document({"prompt": PROMPT}, server))
    assert said == f"doc is about {server}/made/up-t2v, which is not the address of a known service"


def test_of_several_models_one_is_chosen_by_its_name() -> None:
    text = json.loads(document({"prompt": PROMPT}))
    text["paths"]["/made/other-t2v/async"] = text["paths"]["/made/up-t2v"]
    both = json.dumps(text)
    assert refusal(both) == "doc describes made/other-t2v, made/up-t2v: 2 models"
    assert read(both, name="made/up-t2v").name == "made/up-t2v"
    assert "not made/none" in refusal(both, name="made/none")


def test_a_kind_that_cannot_be_told_has_to_be_said() -> None:
    text = document({"image": PROMPT}, required=["image"]).replace("up-t2v", "up")
    assert "does not say what the videos of made/up are made from" in refusal(text)
    assert read(text, kind="image").kind == "image"


def test_what_takes_images_too_is_not_taken_for_text_by_what_it_requires() -> None:
    fields = {"prompt": PROMPT, "images": {"type": "array", "items": PROMPT}}
    text = document(fields, required=["prompt"]).replace("up-t2v", "up")
    assert "does not say what the videos of made/up are made from" in refusal(text)


def test_a_length_in_frames_overrules_one_in_seconds() -> None:
    fields = {"prompt": PROMPT, "duration": {"enum": [5]}, "frames": {"type": "integer"}}
    assert read(document(fields)).guesses.words["duration"] == {
        "field": "duration",
        "unless": "frames",
    }


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("hello", "doc contains no OpenAPI document"),
        ("", "doc contains no OpenAPI document"),
        ('{"openapi": "3.1.0", ', "doc is not JSON: line 1"),
        ('swagger: "2.0"\n', "doc is a document of Swagger 2; OpenAPI 3.0 and 3.1 are read"),
        ('{"a": 1}', "doc is neither a document of OpenAPI 3.0 or 3.1 nor a reply of api_schema"),
        ("openapi: 3.1.0\na: &x [1]\nb: *x\n", "doc uses the alias *x"),
        ("openapi: 3.1.0\n", "doc describes no POST to a model"),
        ('{"openapi": "3.1.0", "a": ' + "[" * 60 + "]" * 60 + "}", "levels deep"),
        ('{"openapi": "3.1.0", "a": ' + "[" * 100_000 + "]" * 100_000 + "}", "levels deep"),
        ('{"openapi": "3.1.0", "a": "\\ud800"}', "doc contains half of a surrogate pair"),
        ('{"openapi": "3.1.0", "a": 1e999}', "doc a is inf, which JSON cannot hold"),
        (" " * 1_000_001, "doc is longer than 1,000,000 characters"),
    ],
)
def test_what_is_no_document_is_refused(text: str, what: str) -> None:
    assert what in refusal(text)


def test_references_that_hold_themselves_or_stand_for_very_much_are_refused() -> None:
    circle = json.loads(document({"prompt": PROMPT, "it": {"$ref": "#/components/schemas/A"}}))
    circle["components"] = {"schemas": {"A": {"$ref": "#/components/schemas/A"}}}
    assert "refers in a circle" in refusal(json.dumps(circle))
    circle["components"]["schemas"]["A"] = {
        "type": "array",
        "items": {"$ref": "#/components/schemas/A"},
    }
    assert "levels deep" in refusal(json.dumps(circle))
    bomb = {
        f"L{n}": {
            "type": "object",
            "properties": {str(k): {"$ref": f"#/components/schemas/L{n + 1}"} for k in range(10)},
        }
        for n in range(9)
    }
    circle["components"]["schemas"] = {
        **bomb,
        "L9": PROMPT,
        "A": {"$ref": "#/components/schemas/L0"},
    }
    started = time.monotonic()
    assert "stands for more than 20,000 values" in refusal(json.dumps(circle))
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    "text",
    [
        "<pre" * 250_000,
        "<pre>openapi: " + "<" * 900_000 + "</pre>",
        "```\nopenapi:\n```\n" * 50_000,
        "openapi: " + "[" * 49 + "," * 900_000,
        "`" * 1_000_000,
    ],
)
def test_a_page_made_to_take_long_does_not(text: str) -> None:
    started = time.monotonic()
    refusal(text)
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    ("name", "limits", "meaning"),
    [
        (
            "sound",
            {"enum": ["on", "off"]},
            {"field": "sound", "values": {"true": "on", "false": "off"}},
        ),
        (
            "audio",
            {"enum": ["native", "off"]},
            {"field": "audio", "values": {"true": "native", "false": "off"}},
        ),
        ("generate_audio_switch", {"type": "boolean"}, "generate_audio_switch"),
        ("audio", {"type": "string"}, None),
        ("audio", {"enum": ["loud", "soft"]}, None),
    ],
)
def test_sound_is_a_switch_or_nothing(name: str, limits: Any, meaning: Any) -> None:
    model = read(document({"prompt": PROMPT, name: limits}))
    assert model.guesses.words.get("sound") == meaning
    assert ("sound" in model.guesses.uncertain) is (meaning is None)


@pytest.mark.parametrize(
    ("name", "limits", "word", "reason"),
    [
        (
            "mode",
            {"enum": ["std", "pro"]},
            "resolution",
            "mode may mean it, but 'std' is not a reso",
        ),
        (
            "quality",
            {"enum": ["high"]},
            "resolution",
            "quality may mean it, but 'high' is not a res",
        ),
        ("aspect_ratio", {"type": "string"}, "ratio", "it does not list its values"),
        ("duration", {"enum": ["5s", "10s"]}, "duration", "'5s' is not a number of seconds"),
        ("seed", {"type": "string"}, "seed", "it is of the type string"),
        ("size", {"enum": ["1K"], "default": "1K"}, "resolution", "'1K' is not a size"),
        ("size", {"enum": ["1280*720"]}, "resolution", "holds by default is not said"),
        (
            "size",
            {"enum": ["1280*720", "1281*720"], "default": "1280*720"},
            "resolution",
            "1281*720 and 1280*720 are both 720P of 16:9",
        ),
    ],
)
def test_a_word_that_is_not_certain_is_left_out_and_said(
    name: str, limits: Any, word: str, reason: str
) -> None:
    guesses = read(document({"prompt": PROMPT, name: limits})).guesses
    assert word not in guesses.words
    assert reason in guesses.uncertain[word]


def test_quality_means_the_resolution_where_its_values_do() -> None:
    guesses = read(document({"prompt": PROMPT, "quality": {"enum": ["360p", "720P"]}})).guesses
    assert guesses.words["resolution"] == {
        "field": "quality",
        "values": {"360P": "360p", "720P": "720P"},
    }


JUNK = (None, True, 5, -1, 1e9, "x", "", [], {}, ["a"], {"$ref": "#/paths"}, {"not": {}}, {"a": 1})
KEYS = ("type", "enum", "const", "properties", "required", "oneOf", "allOf", "not", "items", "$ref")


@pytest.mark.parametrize("seed", range(3))
def test_a_damaged_document_is_read_or_refused(seed: int) -> None:
    random = Random(seed)
    for _ in range(20):
        found = deepcopy(random.choice([SCHEMA_REPLY, yaml.safe_load(TWO_WAYS)]))
        for _ in range(3):
            part = random.choice(mappings_in(found))
            part[random.choice([*part, *KEYS])] = deepcopy(random.choice(JUNK))
        with suppress(UsageError):
            read(json.dumps(found))


def mappings_in(value: Any) -> list[dict[str, Any]]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    own = [value] if isinstance(value, dict) else []
    return [*own, *(found for one in inner for found in mappings_in(one))]
