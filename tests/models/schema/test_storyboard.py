"""The editor's schemas: what they take, and that no key lacks what an editor shows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from storyboard.errors import UsageError
from storyboard.models.catalog import load_catalog
from storyboard.models.schema.errors import find_errors
from storyboard.models.schema.storyboard import include_schema, storyboard_schema
from storyboard.names import check_id
from tests.models.cards import card_document, two_models, wan_card, write_card

SCHEMA = storyboard_schema([wan_card()])
INCLUDE = include_schema([wan_card()])
VALIDATOR = Draft7Validator(SCHEMA)


def film(*, shot: dict[str, Any] | None = None, **top: Any) -> dict[str, Any]:
    return {"version": 1, "shots": [{"id": "a", "prompt": "Rain", **(shot or {})}], **top}


def is_valid(document: Any) -> bool:
    return not list(find_errors(document, SCHEMA))


@pytest.mark.parametrize("schema", [SCHEMA, INCLUDE], ids=["storyboard", "include"])
def test_the_schemas_are_draft_07(schema: dict[str, Any]) -> None:
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    Draft7Validator.check_schema(schema)


def keys_with_schemas(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    definitions = schema["definitions"]
    mappings = [schema, *definitions.values()]
    for mapping in mappings:
        if "additionalProperties" not in mapping:
            continue
        for name, value in mapping.get("properties", {}).items():
            reference = value.get("$ref", "").removeprefix("#/definitions/")
            yield name, definitions[reference] if reference else value


@pytest.mark.parametrize("schema", [SCHEMA, INCLUDE], ids=["storyboard", "include"])
def test_each_key_has_a_description_and_each_value_an_example(schema: dict[str, Any]) -> None:
    found = dict(keys_with_schemas(schema))
    assert {"version", "defaults", "duration", "negative"} <= set(found)
    for name, value in found.items():
        assert value.get("description"), name
        has_example = value.get("examples") or value.get("enum") or value.get("items")
        assert has_example, name


@pytest.mark.parametrize("schema", [SCHEMA, INCLUDE], ids=["storyboard", "include"])
def test_a_variant_is_completed_and_checked_as_defaults_are(schema: dict[str, Any]) -> None:
    variants = schema["properties"]["variants"]
    assert variants["additionalProperties"] == {"$ref": "#/definitions/variant"}
    variant, defaults = (schema["definitions"][name] for name in ("variant", "defaults"))
    texts = {"description", "examples"}
    assert {key: one for key, one in variant.items() if key not in texts} == {
        key: one for key, one in defaults.items() if key not in texts
    }
    assert variant["description"] != defaults["description"]


def test_the_literals_of_a_variant_are_held_to_the_model_of_the_file_or_to_its_own(
    tmp_path: Path,
) -> None:
    cards = two_models(tmp_path).cards()
    schema = storyboard_schema(cards)

    real, other = (card.name for card in cards)

    def errors(top: str, **variant: object) -> list[tuple[object, ...]]:
        document = film(model=top, variants={"draft": variant})
        return [error.path for error in find_errors(document, schema)]

    assert errors(other, cfg_scale=0.5) == []
    assert errors(real, cfg_scale=0.5) == [("variants", "draft", "cfg_scale")]
    assert errors(real, cfg_scale=0.5, model=other) == []


def test_the_apis_defaults_are_shown() -> None:
    definitions = SCHEMA["definitions"]
    assert definitions["parameter.duration"]["default"] == 5
    assert definitions["parameter.prompt_extend"]["default"] is True
    assert "default" not in definitions["parameter.seed"]


def test_every_value_is_an_example() -> None:
    definitions = SCHEMA["definitions"]
    assert definitions["parameter.ratio"]["examples"] == ["16:9", "9:16", "1:1", "4:3", "3:4"]
    assert sorted(definitions["parameter.duration"]["examples"]) == list(range(2, 16))
    assert definitions["parameter.prompt_extend"]["examples"] == [False, True]


def test_no_helper_has_a_description_that_editors_would_show_for_a_key() -> None:
    assert "description" not in SCHEMA["definitions"]["template"]
    for name, definition in SCHEMA["definitions"].items():
        for branch in ("if", "then", "else"):
            assert "description" not in json.dumps(definition.get(branch, {})), name


def test_a_rule_in_words_has_the_name_that_its_readers_know() -> None:
    rule = "an address starts with http:// or https://"
    limits = SCHEMA["definitions"]["parameter.audio_url"]["else"]
    assert limits["errorMessage"].startswith(rule)
    assert "x-error-message" not in json.dumps(SCHEMA)
    card = wan_card()
    assert card.parameters["audio_url"].limits["x-error-message"].startswith(rule)
    assert "errorMessage" not in json.dumps(card.request_schema)


@pytest.mark.parametrize("schema", [SCHEMA, INCLUDE], ids=["storyboard", "include"])
def test_examples_are_themselves_allowed(schema: dict[str, Any]) -> None:
    for name, value in keys_with_schemas(schema):
        validator = Draft7Validator({"definitions": schema["definitions"], "allOf": [value]})
        for example in value.get("examples", []):
            assert validator.is_valid(example), (name, example)


@pytest.mark.parametrize(
    "document",
    [
        film(),
        film(title=None, model="alibaba/wan2.7-t2v", include=["house-style.yaml"]),
        film(vars={"hero": "a woman", "plan": {"a": [1]}, "décor": 1}, negatives={"base": "text"}),
        film(seeds={"hero": 42, "other": "{{ 1 + 1 }}"}),
        film(defaults={"resolution": "720P", "meta": {"x": [1]}, "takes": 2, "locked": False}),
        film(shot={"duration": 5.0}),
        film(shot={"duration": "{{ row.seconds }}", "prompt_extend": "{% if x %}true{% endif %}"}),
        film(shot={"duration": None, "resolution": None, "seed": None, "tags": None, "meta": None}),
        film(shot={"seed": "hero"}),
        film(shot={"seed": "auto"}),
        film(shot={"prompt": "{{ x }}" + "a" * 6000, "ratio": "{{ r }}", "audio_url": "{# #}"}),
        film(shot={"negative": ["base", "{{ x }}"], "skip": "{{ x }}", "takes": "{{ n }}"}),
        film(shot={"id": "city-{{ matrix.city | slug }}", "matrix": {"city": ["Osaka", 3, True]}}),
        film(shot={"matrix": {"include": [{"city": "Oslo"}], "exclude": [{"city": "Porto"}]}}),
        film(
            shot={
                "rows": "products.csv",
                "vars": {"a": 1},
                "notes": "x",
                "model": "alibaba/wan2.7-t2v",
            }
        ),
        {
            "version": 1,
            "scenes": [
                {"id": "pier", "title": "Pier", "vars": {}, "defaults": {}, "shots": [{"id": "a"}]}
            ],
        },
    ],
)
def test_what_a_storyboard_may_say(document: dict[str, Any]) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(document)] == []


@pytest.mark.parametrize(
    "document",
    [
        {"version": 1},
        {"version": 2, "shots": [{"id": "a"}]},
        {"shots": [{"id": "a"}]},
        {"version": 1, "shots": [{"id": "a"}], "scenes": [{"id": "s", "shots": [{"id": "b"}]}]},
        {"version": 1, "shots": []},
        {"version": 1, "scenes": [{"id": "s"}]},
        {"version": 1, "scenes": [{"id": "s", "shots": [{"id": "a"}], "duration": 5}]},
        film(duration=5),
        film(model="alibaba/wan2.7"),
        film(include="house-style.yaml"),
        film(include=["{{ name }}.yaml"]),
        film(vars={"shot": 1}),
        film(vars={"none": 1}),
        film(vars={"a-b": 1}),
        film(vars={"a\n": 1}),
        film(seeds={"hero": 2**31}),
        film(seeds={"hero": None}),
        film(seeds={"hero": "forty"}),
        film(seeds={"auto": 1}),
        film(negatives={"base": ["blurry"]}),
        film(defaults={"id": "a"}),
        film(defaults={"matrix": {"a": [1]}}),
        film(defaults={"rows": "a.csv"}),
        film(defaults={"vars": {}}),
        film(shot={"duration": 1}),
        film(shot={"duration": 5.5}),
        film(shot={"duration": True}),
        film(shot={"duration": "5"}),
        film(shot={"resolution": "1080p"}),
        film(shot={"prompt": ""}),
        film(shot={"prompt": None}),
        film(shot={"prompt": "a" * 5001}),
        film(shot={"negative_prompt": "a" * 501}),
        film(shot={"seed": -1}),
        film(shot={"seed": ""}),
        film(shot={"seed": [1]}),
        film(shot={"takes": 0}),
        film(shot={"tags": 5}),
        film(shot={"negative": [1]}),
        film(shot={"skip": "yes"}),
        film(shot={"rows": "{{ x }}.csv"}),
        film(shot={"rows": ""}),
        film(shot={"matrix": {}}),
        film(shot={"matrix": {"city": []}}),
        film(shot={"matrix": {"city": "Osaka"}}),
        film(shot={"matrix": {"city": ["a"], "exclude": [{}]}}),
        film(shot={"id": "a" * 101}),
        film(shot={"id": 1}),
        film(shot={"colour": "red"}),
    ],
)
def test_what_a_storyboard_may_not_say(document: dict[str, Any]) -> None:
    assert not is_valid(document)


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "0010",
        "A.b_c-d",
        "",
        "-a",
        "a b",
        "a\n",
        "ä",
        "con",
        "CON.x",
        "com0",
        "com1",
        "nul-",
        "a.t1",
        "a.T22",
        "a.t",
        "a.",
        "x" * 100,
        "x" * 101,
        "lpt9.a",
        "auxiliary",
    ],
)
def test_ids_mean_the_same_before_and_after_templates(text: str) -> None:
    assert is_valid(film(shot={"id": text})) is (check_id(text) is None)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/rain.mp3",
        "http://example.com:8080/a/b.wav?sig=a%20b&x=1#t",
        "HTTPS://my_bucket.s3.example.com/x",
        "https://192.0.2.1/a",
        "https://[2001:db8::1]/a",
        "https://example.com",
    ],
)
def test_an_audio_url_is_an_address_with_a_host(url: str) -> None:
    assert is_valid(film(shot={"audio_url": url}))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "rain.mp3",
        "file:///etc/passwd",
        "ftp://example.com/a",
        "https://",
        "https:///a",
        "https://example.com/a b",
        "https://example.com/a\n",
        "https://example.com/\x07",
        "https://me:secret@example.com/a",
        "https://exämple.com/a",
        "https://example.com/ä",
        "https://example.com/100%",
        "https://example.com\\a",
        "https://-a.com/x",
        " https://a.com/x",
        "https://a.com:port/x",
        "javascript:alert(1)",
    ],
)
def test_what_is_no_audio_url(url: str) -> None:
    assert not is_valid(film(shot={"audio_url": url}))


def test_an_included_file_holds_what_films_share_and_no_shots() -> None:
    validator = Draft7Validator(INCLUDE)
    assert validator.is_valid(
        {"vars": {"a": 1}, "defaults": {"duration": 5}, "include": ["b.yaml"]}
    )
    assert validator.is_valid({})
    assert not validator.is_valid({"shots": [{"id": "a"}]})
    assert not validator.is_valid({"defaults": {"duration": 50}})


def test_a_parameter_may_not_be_called_like_a_key_of_the_storyboard(tmp_path: Path) -> None:
    document = card_document("kling/v1", {"prompt": {"type": "string"}, "tags": {"type": "string"}})
    write_card(tmp_path, "kling/v1", document)
    with pytest.raises(UsageError) as caught:
        storyboard_schema(load_catalog(tmp_path).cards())
    assert str(caught.value) == (
        "model card kling/v1: the parameter 'tags' has the name of a storyboard's own key"
    )


def test_without_a_model_card_there_is_no_schema(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no model card was found"):
        storyboard_schema(load_catalog(tmp_path).cards())


# Several models


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Draft7Validator:
    schema = storyboard_schema(two_models(tmp_path_factory.mktemp("models")).cards())
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema)


KLING, WAN = "kling/v1", "alibaba/wan2.7-t2v"


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        # No model named: what any of them takes.
        (film(shot={"duration": 7}), True),
        (film(shot={"duration": 16}), False),
        (film(shot={"cfg_scale": 0.5, "seed": 3}), True),
        (film(model="{{ x }}"), False),
        # The file names one.
        (film(model=KLING, shot={"duration": 7}), False),
        (film(model=KLING, shot={"duration": 10}), True),
        (film(model=KLING, shot={"duration": "{{ d }}"}), True),
        (film(model=KLING, defaults={"seed": 3}), False),
        (film(model=KLING, defaults={"seed": None}), True),
        (film(model=WAN, shot={"duration": 7}), True),
        (film(model=WAN, shot={"cfg_scale": 0.5}), False),
        # Something nearer names another.
        (film(model=KLING, shot={"model": WAN, "duration": 7}), True),
        (film(model=KLING, defaults={"model": WAN}, shot={"duration": 7}), True),
    ],
)
def test_with_several_models_the_one_that_is_named_decides(
    both: Draft7Validator, document: dict[str, Any], expected: bool
) -> None:
    assert both.is_valid(document) is expected


@pytest.mark.parametrize(
    ("scene", "expected"),
    [({}, False), ({"defaults": {"duration": 4}}, False), ({"defaults": {"model": WAN}}, True)],
)
def test_a_scene_may_have_a_model_of_its_own(
    both: Draft7Validator, scene: dict[str, Any], expected: bool
) -> None:
    shots = [{"id": "a", "duration": 7}]
    document = {"version": 1, "model": KLING, "scenes": [{"id": "s", "shots": shots, **scene}]}
    assert both.is_valid(document) is expected


def test_editors_do_not_offer_a_model_that_has_gone_and_still_allow_it(tmp_path: Path) -> None:
    two_models(tmp_path)
    gone = card_document("kling/v0", retires="2026-01-31", read="2026-11-22")
    later = card_document("kling/v2", retires="2027-01-31", read="2026-11-22")
    for document in (gone, later):
        write_card(tmp_path, document["name"], document)
    schema = storyboard_schema(load_catalog(tmp_path).cards())
    model = schema["definitions"]["model"]
    assert model["then"]["items"] == model["else"]
    offered, allowed = model["else"]["anyOf"]
    staying = ["alibaba/wan2.7-t2v", "kling/v1", "kling/v2"]
    assert offered["enum"] == staying
    assert model["examples"] == [*staying, staying[:2]]
    assert allowed == {"not": {"not": {"enum": ["kling/v0"]}}}
    board = {"version": 1, "model": "kling/v0", "shots": [{"id": "a", "prompt": "A boat"}]}
    assert list(find_errors(board, schema)) == []
    assert list(find_errors({**board, "model": "kling/v3"}, schema)) != []
