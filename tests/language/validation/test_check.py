"""What a wrong value is called, where it stands, and what the message says of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from storyboard.errors import UsageError
from storyboard.language.validation.check import Origin, check_file, check_payload
from storyboard.language.yaml.source import parse_source
from storyboard.models.card import ModelCard
from storyboard.models.catalog import load_catalog
from storyboard.models.schema.errors import find_errors
from storyboard.models.schema.storyboard import include_schema, storyboard_schema
from storyboard.models.schema.validator import compile_check
from storyboard.records import Position, Problem
from storyboard.reporting.value_paths import ValuePath
from tests.models.cards import KLING, card_document, two_models, wan_card, write_card

CATALOG = load_catalog()
SCHEMA = storyboard_schema([wan_card()])
REQUIRES = "alibaba/wan2.7-t2v requires"


def problems_of(text: str, schema: dict[str, Any] = SCHEMA) -> tuple[Problem, ...]:
    source = parse_source(text, "film.yaml")
    assert source.problems == ()
    assert source.root is not None
    return check_file(source.root, schema, display_name="film.yaml")


def problems_of_shot(text: str) -> tuple[Problem, ...]:
    """`text` stands in the first shot, from line 4, column 5."""
    return problems_of(f"version: 1\nshots:\n  - id: a\n    {text}\n")


def one(problems: tuple[Problem, ...]) -> Problem:
    assert len(problems) == 1, [problem.message for problem in problems]
    return problems[0]


def test_a_storyboard_without_faults_has_no_problems() -> None:
    assert problems_of_shot("prompt: Rain\n    duration: 5.0\n    ratio: 16:9") == ()


@pytest.mark.parametrize(
    ("text", "code", "message", "hint"),
    [
        (
            "duration: 20",
            "too-large",
            "duration: 20 is more than 15, the most that alibaba/wan2.7-t2v allows",
            "split the shot in two",
        ),
        (
            "duration: 5 sec",
            "wrong-type",
            "duration: '5 sec' is text; alibaba/wan2.7-t2v requires a whole number from 2 to 15",
            "write 5",
        ),
        (
            "duration: 1",
            "too-small",
            "duration: 1 is less than 2, the least that alibaba/wan2.7-t2v allows",
            None,
        ),
        (
            "duration: 4.5",
            "wrong-type",
            f"duration: 4.5 is not a whole number; {REQUIRES} a whole number from 2 to 15",
            None,
        ),
        (
            "duration: true",
            "wrong-type",
            f"duration: true is not a number; {REQUIRES} a whole number from 2 to 15",
            None,
        ),
        (
            "duration: '5'",
            "wrong-type",
            f"duration: '5' is text; {REQUIRES} a whole number from 2 to 15",
            "write 5 without quotes",
        ),
        (
            "negative_prompt: [blurry, text]",
            "wrong-type",
            f"negative_prompt: is a list; {REQUIRES} text of at most 500 characters",
            "write it as one text, with commas between the words",
        ),
        (
            "duration: [5]",
            "wrong-type",
            f"duration: is a list; {REQUIRES} a whole number from 2 to 15",
            None,
        ),
        (
            "resolution: 1080p",
            "not-allowed",
            f"resolution: '1080p' is not allowed; {REQUIRES} '720P' or '1080P'",
            "did you mean '1080P'?",
        ),
        (
            "resolution: 720",
            "not-allowed",
            f"resolution: '720' is not allowed; {REQUIRES} '720P' or '1080P'",
            "did you mean '720P'?",
        ),
        (
            "ratio: 16x9",
            "not-allowed",
            f"ratio: '16x9' is not allowed; {REQUIRES} '16:9', '9:16', '1:1', '4:3' or '3:4'",
            "did you mean '16:9'?",
        ),
        (
            "ratio: 21:9",
            "not-allowed",
            f"ratio: '21:9' is not allowed; {REQUIRES} '16:9', '9:16', '1:1', '4:3' or '3:4'",
            "the nearest is '16:9'",
        ),
        (
            "prompt_extend: yes",
            "wrong-type",
            f"prompt_extend: 'yes' is text; {REQUIRES} true or false",
            "write true",
        ),
        (
            "prompt_extend: 0",
            "wrong-type",
            f"prompt_extend: 0 is a number; {REQUIRES} true or false",
            None,
        ),
        (
            "seed: -1",
            "too-small",
            "seed: -1 is less than 0, the least that alibaba/wan2.7-t2v allows",
            "leave seed empty, and the API chooses one",
        ),
        (
            "seed: 2147483648",
            "too-large",
            "seed: 2147483648 is more than 2147483647, the most that alibaba/wan2.7-t2v allows",
            None,
        ),
        (
            "seed: [hero]",
            "wrong-type",
            f"seed: is a list; {REQUIRES} a whole number from 0 to 2147483647, the name of "
            "a shared seed or auto",
            None,
        ),
        ("prompt: ''", "too-short", "prompt: is empty; at least 1 character is needed", None),
        (
            "prompt:",
            "wrong-type",
            f"prompt: is empty; {REQUIRES} text of 1 to 5,000 characters",
            None,
        ),
        (
            f"prompt: {'a' * 5012}",
            "too-long",
            "prompt: is 5,012 characters long; alibaba/wan2.7-t2v allows at most 5,000",
            None,
        ),
        (
            "audio_url: music/rain.mp3",
            "wrong-form",
            "audio_url: 'music/rain.mp3' is not allowed: an address starts with http:// or "
            "https:// and a host, and contains no spaces; other characters are percent-encoded",
            None,
        ),
        ("takes: 0", "too-small", "takes: 0 is less than 1, the least that is allowed", None),
        ("skip: '5'", "wrong-type", "skip: '5' is text; true or false is needed", None),
        ("skip: “5”", "wrong-type", "skip: '“5”' is text; true or false is needed", None),
        (
            "skip: “no”",
            "wrong-type",
            "skip: '“no”' is text; true or false is needed",
            "write false",
        ),
        (
            "takes: 'true'",
            "wrong-type",
            "takes: 'true' is text; a whole number, at least 1 is needed",
            None,
        ),
        (
            "duration: '5.5'",
            "wrong-type",
            f"duration: '5.5' is text; {REQUIRES} a whole number from 2 to 15",
            "the nearest is 5 or 6",
        ),
        (
            "takes: '2.5'",
            "wrong-type",
            "takes: '2.5' is text; a whole number, at least 1 is needed",
            None,
        ),
        ("matrix: true", "wrong-type", "matrix: true is not a mapping; a mapping is needed", None),
        ("tags: {a: b}", "wrong-type", "tags: is a mapping; text or a list is needed", None),
        (
            "tags: [a, !!int 2]",
            "wrong-type",
            "tags[1]: 2 is a number; text is needed",
            "put it in quotes",
        ),
        (
            "negative: {a: b}",
            "wrong-type",
            "negative: is a mapping; text or a list is needed",
            None,
        ),
        ("matrix: {}", "too-few", "matrix: is empty; at least one entry is needed", None),
        ("skip: perhaps", "wrong-type", "skip: 'perhaps' is text; true or false is needed", None),
        (
            "model: alibaba/wan2.7",
            "not-allowed",
            "model: 'alibaba/wan2.7' is not allowed: no model has this name; "
            "storyboard models list shows them all",
            "did you mean 'alibaba/wan2.7-t2v'?",
        ),
        (
            "rows: '{{ x }}.csv'",
            "wrong-form",
            "rows: '{{ x }}.csv' is not allowed: templates do not work here; this value is used "
            "as written",
            None,
        ),
        ("promt: Rain", "unknown-key", "promt: unknown key", "did you mean 'prompt'?"),
        (
            "xyzzy: Rain",
            "unknown-key",
            "xyzzy: unknown key",
            "put keys of your own under meta: {xyzzy: ...}",
        ),
        (
            "seeds: {}",
            "unknown-key",
            "seeds: unknown key",
            "'seeds' belongs at the top of the file",
        ),
    ],
)
def test_each_mistake_in_a_shot_is_said_in_full(
    text: str, code: str, message: str, hint: str | None
) -> None:
    problem = one(problems_of_shot(text))
    assert problem.message == f"shots[0].{message}"
    assert (problem.code, problem.hint) == (code, hint)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            "version: 2\nshots: [{id: a}]",
            "version: 2 is not allowed; storyboard reads version 1 of the format",
            None,
        ),
        (
            "version: '1'\nshots: [{id: a}]",
            "version: '1' is not allowed; storyboard reads version 1 of the format",
            "write 1 without quotes",
        ),
        (
            "version: 'true'\nshots: [{id: a}]",
            "version: 'true' is not allowed; storyboard reads version 1 of the format",
            None,
        ),
        ("shots: [{id: a}]", "missing key 'version'", "add version: 1"),
        (
            "version: 1",
            "missing key 'shots': a storyboard needs shots, or scenes that contain them",
            None,
        ),
        (
            "title: x",
            "missing keys 'version' and 'shots': a storyboard needs shots, or scenes that contain "
            "them",
            "add version: 1",
        ),
        ("version: 1\nshots:", "shots: is empty; a list is needed", None),
        (
            "version: 1\nscenes: [{id: s, shots: [{id: a}]}]\nshots: [{id: b}]",
            "shots: a storyboard has either scenes or shots at the top, not both",
            None,
        ),
        (
            "version: 1\nscenes: [{}]",
            "scenes[0]: missing keys 'id' and 'shots'",
            "add id: and a name",
        ),
        (
            "version: 1\nshots: [{id: a}]\nduration: 5",
            "duration: unknown key",
            "'duration' belongs in defaults or in a shot",
        ),
        (
            "version: 1\nshots: [{id: a}]\ndefaults: {matrix: {}}",
            "defaults.matrix: unknown key",
            "'matrix' belongs in a shot",
        ),
        (
            "version: 1\nshots: [{id: a}]\nvars: {take: 1}",
            "vars.take: 'take' is not allowed: this name already has a meaning in templates",
            None,
        ),
        (
            "version: 1\nshots: [{id: a}]\nseeds: {auto: 1}",
            "seeds.auto: 'auto' is not allowed: auto derives a seed from the shot's id, so a "
            "shared seed needs another name",
            None,
        ),
        (
            "version: 1\nshots: [{id: 'a b'}]",
            "shots[0].id: 'a b' is not allowed: an id consists of A-Z, a-z, 0-9, dot, underscore "
            "and hyphen, and begins with a letter or a digit",
            "write a-b",
        ),
        (
            "version: 1\nshots: [{id: Café 1}]",
            "shots[0].id: 'Café 1' is not allowed: an id consists of A-Z, a-z, 0-9, dot, "
            "underscore and hyphen, and begins with a letter or a digit",
            "write cafe-1",
        ),
        (
            "version: 1\nshots: [{id: 東京1}]",
            "shots[0].id: '東京1' is not allowed: an id consists of A-Z, a-z, 0-9, dot, "
            "underscore and hyphen, and begins with a letter or a digit",
            None,
        ),
        (
            "version: 1\nshots: [A kite]",
            "shots[0]: 'A kite' is text; a mapping is needed",
            "write - id: and a name, and on the line below prompt: and this text",
        ),
        (
            "version: 1\nshots: {pier: {prompt: A pier}}",
            "shots: is a mapping; a list is needed",
            "begin each shot with - id: pier",
        ),
        (
            "version: 1\nshots: {the pier: {prompt: A pier}}",
            "shots: is a mapping; a list is needed",
            "begin each entry with a hyphen and a space",
        ),
        (
            "version: 1\nshots: {}",
            "shots: is a mapping; a list is needed",
            "begin each entry with a hyphen and a space",
        ),
        (
            "version: 1\nshots: [id\uff1aa]",
            "shots[0]: 'id\uff1aa' is text; a mapping is needed",
            "this is the wide colon of Chinese and Japanese; write ': ' in its place",
        ),
        (
            "version: 1\nshots: [远景\uff1a海]",
            "shots[0]: '远景\uff1a海' is text; a mapping is needed",
            "write - id: and a name, and on the line below prompt: and this text",
        ),
        (
            "version: 1\nshots: [{id: a}]\nnegatives: [blurry]",
            "negatives: is a list; a mapping is needed",
            "write each entry as name: value, without hyphens and brackets",
        ),
        (
            "version: 1\nshots: [{id: a}]\nvars: {my-hero: x}",
            "vars.my-hero: 'my-hero' is not allowed: the name of a var consists of letters, "
            "digits and underscores, and does not begin with a digit",
            "write my_hero",
        ),
        (
            "version: 1\nshots: [{id: a}]\nvars: {-take: x}",
            "vars[\"-take\"]: '-take' is not allowed: the name of a var consists of letters, "
            "digits and underscores, and does not begin with a digit",
            None,
        ),
        ("[a]", "film.yaml contains a list; keys with values are needed, such as version: 1", None),
        (
            "hello",
            "film.yaml contains a single value; keys with values are needed, such as version: 1",
            None,
        ),
        (
            "version\uff1a1\nshots\uff1a\n",
            "film.yaml contains a single value; keys with values are needed, such as version: 1",
            "this is the wide colon of Chinese and Japanese; write ': ' in its place",
        ),
    ],
)
def test_each_mistake_of_shape_is_said_once(text: str, message: str, hint: str | None) -> None:
    problem = one(problems_of(text + "\n"))
    assert (problem.message, problem.hint) == (message, hint)


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("duration: 20", Position("film.yaml", 4, 15, 2)),  # the value
        ("promt: Rain", Position("film.yaml", 4, 5, 5)),  # the key
        ("vars: {shot: 1}", Position("film.yaml", 4, 12, 4)),
        ("tags: [ok, [1]]", Position("film.yaml", 4, 16, 3)),
    ],
)
def test_a_problem_points_at_the_value_or_at_the_key_that_is_wrong(
    text: str, position: Position
) -> None:
    assert one(problems_of_shot(text)).position == position


def test_shots_beside_scenes_are_pointed_out_at_their_key() -> None:
    scenes = "scenes: [{id: s, shots: [{id: a}]}]"
    problem = one(problems_of(f"version: 1\n{scenes}\nshots:\n  - {{id: b}}\n"))
    assert problem.position == Position("film.yaml", 3, 1, 5)


def test_a_missing_key_is_pointed_out_at_the_first_key_beside_it() -> None:
    problem = one(problems_of("version: 1\nshots:\n  - prompt: Rain\n"))
    assert problem.message == "shots[0]: missing key 'id'"
    assert problem.position == Position("film.yaml", 3, 5, 6)


def test_a_misspelt_key_is_not_also_reported_as_missing() -> None:
    problem = one(problems_of("verison: 1\nshots: [{id: a}]\n"))
    assert problem.message == "verison: unknown key"
    assert problem.hint == "did you mean 'version'?"


def test_all_problems_are_found_and_sorted_by_place() -> None:
    found = problems_of(
        "version: 1\ndefaults: {ratio: 1:2}\nshots:\n  - {id: a, duration: 99, seed: -1}\n  - 5\n"
    )
    assert [problem.message.split(":")[0] for problem in found] == [
        "defaults.ratio",
        "shots[0].duration",
        "shots[0].seed",
        "shots[1]",
    ]


def test_a_wrong_value_behind_an_anchor_is_one_problem() -> None:
    problem = one(
        problems_of(
            "version: 1\ndefaults: &d {duration: 99}\nscenes:\n"
            "  - {id: s, defaults: *d, shots: [{id: a}]}\n"
            "  - {id: t, defaults: *d, shots: [{id: b}]}\n"
        )
    )
    assert problem.message.startswith("defaults.duration: 99 is more than 15")


def test_space_around_a_prompt_does_not_count_since_it_is_not_sent() -> None:
    assert problems_of_shot(f"prompt: |\n      {'a' * 5000}\n") == ()


def test_control_characters_never_reach_the_message() -> None:
    problem = one(problems_of_shot(r'resolution: "\e[31mred"'))
    assert "'\\x1b[31mred' is not allowed" in problem.message
    assert "\x1b" not in problem.message


def test_a_long_value_is_shortened_in_the_message() -> None:
    assert len(one(problems_of_shot(f"resolution: {'x' * 9000}")).message) < 200


def test_shots_in_an_included_file_are_explained() -> None:
    problem = one(problems_of("shots: [{id: a}]\n", include_schema([wan_card()])))
    assert problem.message == "shots: unknown key"
    assert problem.hint == "an included file contains no shots, only what they share"


def test_where_models_differ_each_ones_limits_are_named(tmp_path: Path) -> None:
    schema = storyboard_schema(two_models(tmp_path).cards())
    problem = one(problems_of("version: 1\nshots: [{id: a, duration: 99}]\n", schema))
    assert problem.message == (
        "shots[0].duration: 99 is not allowed; alibaba/wan2.7-t2v: a whole number from 2 to 15; "
        "kling/v1: 5 or 10"
    )


def test_where_the_file_names_its_model_only_that_ones_limits_are_named(tmp_path: Path) -> None:
    schema = storyboard_schema(two_models(tmp_path).cards())
    found = problems_of(
        "version: 1\nmodel: kling/v1\nshots: [{id: a, duration: 99, cfg_scale: 2, seed: 1}]\n",
        schema,
    )
    assert [problem.message for problem in found] == [
        "shots[0].duration: 99 is not allowed; kling/v1 requires 5 or 10",
        "shots[0].cfg_scale: 2 is more than 1, the most that kling/v1 allows",
        "shots[0].seed: kling/v1 has no such parameter",
    ]


# Payloads

PLACE = Position("film.yaml", 9, 5, 3)
GOOD = {
    "prompt": "Rain",
    "negative_prompt": "blurry",
    "audio_url": "https://example.com/rain.mp3",
    "resolution": "1080P",
    "ratio": "16:9",
    "duration": 8,
    "prompt_extend": False,
    "seed": 42,
}


@pytest.fixture(scope="module")
def wan() -> ModelCard:
    card = CATALOG.get("alibaba/wan2.7-t2v")
    assert card is not None
    return card


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        *(("aspect_ratio", "ratio"), ("seconds", "duration"), ("length", "duration")),
        *(("quality", "resolution"), ("size", "resolution"), ("text", "prompt")),
        *(("description", "prompt"), ("comment", "notes"), ("Seconds", "duration")),
    ],
)
def test_a_name_from_another_tool_is_hinted_at_the_key_that_it_means(key: str, meant: str) -> None:
    assert one(problems_of_shot(f"{key}: x")).hint == f"did you mean '{meant}'?"
    beside = problems_of_shot(f"{meant}: 5\n    {key}: x")
    hints = [problem.hint for problem in beside if problem.code == "unknown-key"]
    assert hints != [f"did you mean '{meant}'?"]


@pytest.mark.parametrize("key", ["camera", "style", "scene", "mood", "0 of my own", "description"])
def test_a_key_of_ones_own_belongs_under_meta(key: str) -> None:
    hint = one(problems_of_shot(f"prompt: Rain\n    {key}: x")).hint
    assert hint
    assert hint.startswith("put keys of your own under meta")


def payload_problems(payload: dict[str, Any], card: ModelCard) -> tuple[Problem, ...]:
    def origin(name: str, path: ValuePath) -> Origin:
        return Origin(PLACE, {"duration": "99"}.get(name))

    return check_payload(payload, card, origin, "pier.t2", values=payload)


def open_card(wan: ModelCard) -> ModelCard:
    """A card whose fields `prompt` and `settings` have no limits."""
    fields = {"prompt": {"type": "string"}, "settings": {"type": "object"}}
    return replace(
        wan, request_schema={"$schema": wan.request_schema["$schema"], "properties": fields}
    )


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"a": value}
    return value


def test_a_request_deeper_than_a_manifest_can_hold_is_a_problem(wan: ModelCard) -> None:
    card = open_card(wan)
    assert payload_problems({"prompt": "Rain", "settings": nested(31)}, card) == ()
    [problem] = payload_problems({"prompt": "Rain", "settings": nested(32)}, card)
    assert problem.code == "nested-too-deep"
    assert problem.message == "take pier.t2: settings: is nested more than 32 levels deep"


def test_a_request_longer_than_a_state_file_can_hold_is_a_problem(wan: ModelCard) -> None:
    card = open_card(wan)
    assert payload_problems({"prompt": "a" * 199_000}, card) == ()
    [problem] = payload_problems({"prompt": "a" * 200_000}, card)
    assert problem.code == "too-long"
    assert problem.message == (
        "take pier.t2: prompt: has 200,014 characters, more than 200,000, "
        "the most that a request may have"
    )
    halves = {"prompt": "a" * 150_000, "settings": {"a": "a" * 150_000}}
    [problem] = payload_problems(halves, card)
    assert problem.message.startswith("take pier.t2: the request has 300,")


def test_a_payload_within_the_limits_has_no_problems(wan: ModelCard) -> None:
    assert payload_problems(GOOD, wan) == ()
    assert payload_problems({"prompt": "Rain", "duration": 5.0}, wan) == ()


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        (
            {"duration": 99},
            "too-large",
            "duration: 99 is more than 15, the most that alibaba/wan2.7-t2v allows",
        ),
        ({"prompt": ""}, "too-short", "prompt: is empty; at least 1 character is needed"),
        (
            {"prompt": "a" * 5012},
            "too-long",
            "prompt: is 5,012 characters long; alibaba/wan2.7-t2v allows at most 5,000",
        ),
        (
            {"resolution": "1080p"},
            "not-allowed",
            f"resolution: '1080p' is not allowed; {REQUIRES} '720P' or '1080P'",
        ),
        (
            {"seed": True},
            "wrong-type",
            f"seed: true is not a number; {REQUIRES} a whole number from 0 to 2147483647",
        ),
        ({"seed": None}, "wrong-type", f"seed: is empty; {REQUIRES} a whole number from 0 to 214"),
        ({"sed": 1}, "unknown-parameter", "sed: alibaba/wan2.7-t2v has no such parameter"),
    ],
)
def test_each_mistake_in_a_payload_names_the_take_and_the_parameter(
    wan: ModelCard, change: dict[str, Any], code: str, message: str
) -> None:
    problem = one(payload_problems({**GOOD, **change}, wan))
    assert problem.message.startswith(f"take pier.t2: {message}")
    assert (problem.code, problem.position) == (code, PLACE)


def test_a_missing_prompt_is_named(wan: ModelCard) -> None:
    problem = one(payload_problems({}, wan))
    assert problem.message == "take pier.t2: prompt: is missing; alibaba/wan2.7-t2v needs it"
    assert problem.code == "missing-parameter"


def test_a_misspelt_parameter_gets_a_hint(wan: ModelCard) -> None:
    problem = one(payload_problems({**GOOD, "promt_extend": True}, wan))
    assert problem.hint == "did you mean 'prompt_extend'?"


def test_what_a_template_made_is_shown(wan: ModelCard) -> None:
    assert one(payload_problems({**GOOD, "duration": 99}, wan)).rendered == "99"
    assert one(payload_problems({**GOOD, "seed": -1}, wan)).rendered is None


def test_all_problems_of_a_payload_are_found(wan: ModelCard) -> None:
    found = payload_problems({"duration": 99, "ratio": "1:2", "colour": "red"}, wan)
    assert sorted(problem.code for problem in found) == [
        "missing-parameter",
        "not-allowed",
        "too-large",
        "unknown-parameter",
    ]


def test_the_quick_answer_and_the_thorough_one_agree(wan: ModelCard) -> None:
    values: tuple[Any, ...] = (
        None, True, False, 0, 1, 1.0, 5, 5.0, 5.5, -1, 2**31, "", "5", "16:9", "1080P", "x" * 600,
        "x" * 5001, "https://example.com/a", "https://example.com/a\n", [], ["16:9"], {}, {"a": 1},
    )  # fmt: skip
    is_sure = compile_check(wan.request_schema)
    for name in (*GOOD, "colour"):
        for value in values:
            payload = {**GOOD, name: value}
            errors = list(find_errors(payload, wan.request_schema))
            assert is_sure(payload) is (not errors), payload
    assert is_sure({}) is False


def test_rules_between_parameters_are_checked_too(tmp_path: Path) -> None:
    document = card_document("kling/v1", KLING)
    request = document["request"]
    request["if"] = {"properties": {"duration": {"const": 10}}, "required": ["duration"]}
    request["then"] = {"properties": {"aspect_ratio": {"const": "1:1"}}}
    write_card(tmp_path, "kling/v1", document)
    card = load_catalog(tmp_path).get("kling/v1")
    assert card is not None
    good = {"prompt": "Rain", "duration": 10, "aspect_ratio": "1:1"}
    assert payload_problems(good, card) == ()
    problem = one(payload_problems({**good, "aspect_ratio": "16:9"}, card))
    assert problem.message == "take pier.t2: aspect_ratio: '16:9' is not allowed; '1:1' is needed"


def test_a_card_whose_limits_are_no_schema_is_told(tmp_path: Path) -> None:
    write_card(
        tmp_path,
        "kling/v1",
        card_document("kling/v1", {"a": {"type": "string", "multipleOf": "x"}}),
    )
    card = load_catalog(tmp_path).get("kling/v1")
    assert card is not None
    with pytest.raises(
        UsageError, match=r"model card kling/v1: request\.properties\.a\.multipleOf: 'x' is not"
    ):
        check_payload({}, card, lambda *_: Origin(PLACE), "a", values={})
