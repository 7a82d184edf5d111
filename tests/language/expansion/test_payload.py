"""From a shot's settings to a payload: each value read on its own, each fault at its own place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from storyboard.language.expansion.cascade import settings_under
from storyboard.language.expansion.payload import TracedPayload, build_payload, payload_inputs
from storyboard.language.expansion.shared import SharedKind, SharedValues, auto_seed, shift_seed
from storyboard.models.card import ModelCard
from storyboard.models.card_words import read_words, settings_of
from storyboard.records import Json, Problem
from tests.language.boards import card, mapping, no_pictures, scope_of


def traced_of(
    text: str, *, take: int = 1, shot: str = "a", model: ModelCard | None = None, **facts: Json
) -> tuple[TracedPayload, list[Problem], SharedValues]:
    """The payload of a shot that has the file's defaults and nothing else."""
    root = mapping(text)
    scope, layer = scope_of(text, **facts)
    shared = SharedValues(
        SharedKind("negative", settings_under(root, "negatives", "")),
        SharedKind("seed", settings_under(root, "seeds", "")),
        SharedKind("reference", {}),
        parameters=frozenset(card().parameters),
        dropped=frozenset(),
    )
    problems: list[Problem] = []
    inputs = payload_inputs(layer.settings, model or card(), shared, no_pictures(), root.position)
    traced = build_payload(inputs, scope, problems.append, shot=shot, take=take)
    return traced, problems, shared


def payload(text: str, **options: Json) -> dict[str, Json]:
    traced, problems, _ = traced_of(text, **options)  # type: ignore[arg-type]
    assert problems == []
    return traced.payload


def messages(text: str) -> list[str]:
    _, problems, _ = traced_of(text)
    return [problem.message for problem in problems]


def test_what_is_not_set_is_not_sent() -> None:
    assert payload("defaults: {prompt: A boat}") == {"prompt": "A boat"}


def test_null_and_templates_that_render_to_nothing_are_not_sent() -> None:
    text = """
defaults:
  prompt: A boat
  duration: null
  resolution: "{{ row.r }}"
  seed: " {{ row.s }} "
  prompt_extend: "{% if false %}true{% endif %}"
  negative: [null, "{{ row.r }}"]
  negative_prompt: "   "
  audio_url: "{{ row.none }}"
"""
    assert payload(text, row={"r": "", "s": " ", "none": None}) == {"prompt": "A boat"}


def test_the_prompt_is_stripped_and_its_affixes_stay_as_written() -> None:
    text = """
vars: {look: film}
defaults:
  prompt_prefix: "  Begin: "
  prompt: |

    A boat
      at sea

  prompt_suffix: ", {{ look }}\\n"
"""
    assert payload(text)["prompt"] == "  Begin: A boat\n  at sea, film\n"


@pytest.mark.parametrize(
    ("spelling", "value"),
    [("'{{ 4 }}'", 4), ("'{{ 2 * 4.0 }}'", 8), ("0x0A", 10), ("5.0", 5), ("'{{ row.d }}'", 7)],
)
def test_a_rendered_number_is_read_as_yaml_would_and_whole_ones_are_integers(
    spelling: str, value: int
) -> None:
    text = f"defaults: {{prompt: A boat, duration: {spelling}}}"
    found = payload(text, row={"d": " 7 "})["duration"]
    assert (found, type(found)) == (value, int)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        *(("true", True), ("False", False), ("TRUE", True), ("yes", True), (" Yes ", True)),
        *(
            ("n", False),
            ("off", False),
            ("perhaps", "perhaps"),
            ("1", True),
            ("0", False),
            ("2", 2),
        ),
    ],
)
def test_a_switch_is_understood_as_people_write_it_in_a_cell(cell: str, value: Json) -> None:
    text = "defaults: {prompt: A boat, prompt_extend: '{{ row.x }}'}"
    found = payload(text, row={"x": cell})["prompt_extend"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        *(("5s", 5), ("5 sec", 5), ("5.0", 5), ("0:05", 5), ("00:00:07", 7), ("1:10", 70)),
        *(("6 Seconds", 6), ("2.5s", 2.5), ("five", "five"), ("5 m", "5 m"), ("1:5", "1:5")),
    ],
)
def test_a_duration_is_understood_as_people_write_it_in_a_cell(cell: str, value: Json) -> None:
    text = "defaults: {prompt: '{{ row.x }}', duration: '{{ row.x }}'}"
    found = payload(text, row={"x": cell})
    assert (found["duration"], type(found["duration"])) == (value, type(value))
    assert found["prompt"] == cell


@pytest.mark.parametrize(
    "cell", ["base, people", "base;people", "base,, people;", ["base", "", "people"]]
)
def test_several_negatives_may_stand_in_one_cell(cell: Json) -> None:
    text = (
        "{negatives: {base: blurry, people: hands}, defaults: {prompt: A, negative: '{{ row.n }}'}}"
    )
    assert payload(text, row={"n": cell})["negative_prompt"] == "blurry, hands"


def test_a_negative_whose_name_has_a_comma_is_found_by_it() -> None:
    text = "{negatives: {'a, b': blurry}, defaults: {prompt: A, negative: 'a, b'}}"
    assert payload(text)["negative_prompt"] == "blurry"
    text = "{negatives: {'a, b': blurry}, defaults: {prompt: A, negative: '{{ row.n }}'}}"
    assert payload(text, row={"n": ["a, b"]})["negative_prompt"] == "blurry"


def test_the_name_of_a_negative_in_a_list_that_is_none_is_told() -> None:
    text = "{negatives: {base: blurry}, defaults: {prompt: A, negative: '{{ row.n }}'}}"
    _, problems, _ = traced_of(text, row={"n": ["base", "bse"]})
    assert [(problem.message, problem.rendered) for problem in problems] == [
        ("defaults.negative: there is no shared negative 'bse'; known: base", "bse")
    ]


def test_a_parameter_that_is_text_stays_text_whatever_it_looks_like() -> None:
    text = "defaults: {prompt: '{{ 10 }}', negative_prompt: '{{ true }}', resolution: 720}"
    assert payload(text) == {"prompt": "10", "negative_prompt": "true", "resolution": "720"}


def test_negatives_are_joined_in_the_listed_order_and_the_literal_one_comes_last() -> None:
    text = """
negatives: {base: " blurry ", people: "extra {{ what }}", empty: ""}
vars: {what: fingers}
defaults:
  prompt: A boat
  negative: [people, empty, base]
  negative_prompt: " text "
"""
    traced, problems, shared = traced_of(text)
    assert problems == []
    assert traced.payload["negative_prompt"] == "extra fingers, blurry, text"
    assert shared.negatives.used == {"people", "empty", "base"}


def test_every_unknown_negative_is_told_and_those_that_were_meant_count_as_used() -> None:
    text = """
negatives: {base: blurry, people: hands}
defaults: {prompt: A boat, negative: [bsae, people, zzz]}
"""
    traced, problems, shared = traced_of(text)
    assert [(p.message, p.hint) for p in problems] == [
        (
            "defaults.negative[0]: there is no shared negative 'bsae'; known: base, people",
            "did you mean 'base'?",
        ),
        (
            "defaults.negative[2]: there is no shared negative 'zzz'; known: base, people",
            "literal text belongs under negative_prompt",
        ),
    ]
    assert shared.negatives.used >= {"base", "people"}
    assert "negative_prompt" not in traced.payload


# Seeds


@pytest.mark.parametrize(
    ("seed", "value"),
    [("7", 7), ("hero", 42), ("' hero '", 42), ("'{{ \"he\" }}ro'", 42), ("made", 5), ("16.0", 16)],
)
def test_a_seed_is_a_number_or_the_name_of_a_shared_one(seed: str, value: int) -> None:
    text = (
        f"{{seeds: {{hero: 42, made: '{{{{ 2 + 3 }}}}'}}, defaults: {{prompt: x, seed: {seed}}}}}"
    )
    assert payload(text)["seed"] == value


@pytest.mark.parametrize(("shot", "seed"), [("wide", 0x0ABAA40B), ("a", 0xCA978112 - 2**31)])
def test_auto_is_the_start_of_the_ids_sha256_within_31_bits(shot: str, seed: int) -> None:
    # The digits are printed by: printf wide | sha256sum | cut -c1-8
    assert auto_seed(shot) == seed
    assert payload("defaults: {prompt: x, seed: auto}", shot=shot)["seed"] == seed


def test_take_k_uses_the_seed_plus_k_minus_one_and_wraps_within_the_range() -> None:
    text = "defaults: {prompt: x, seed: 2147483646}"
    seeds = [payload(text, take=take)["seed"] for take in (1, 2, 3, 4)]
    assert seeds == [2147483646, 2147483647, 0, 1]


def test_seeds_shift_without_a_range_and_one_outside_stays_for_the_schema() -> None:
    assert shift_seed(5, 2, None) == 7
    assert shift_seed(9, 3, (5, 10)) == 6
    assert shift_seed(11, 3, (5, 10)) == 11


@pytest.mark.parametrize(
    ("seed", "message", "hint"),
    [
        (
            "heroo",
            "defaults.seed: there is no shared seed 'heroo'; known: hero, 17, auto",
            "did you mean 'hero'?",
        ),
        (
            "'42'",
            "defaults.seed: there is no shared seed '42'; known: hero, 17, auto",
            "write 42 without quotes",
        ),
        (
            "'7'",
            "defaults.seed: there is no shared seed '7'; known: hero, 17, auto",
            "write 7 without quotes",
        ),
        (
            "'-1'",
            "defaults.seed: there is no shared seed '-1'; known: hero, 17, auto",
            "leave seed empty, and the API chooses one",
        ),
        (
            "random",
            "defaults.seed: there is no shared seed 'random'; known: hero, 17, auto",
            "leave seed empty, and the API chooses one",
        ),
        (
            "'{{ 1.5 }}'",
            "defaults.seed: 1.5 is not allowed; a whole number, the name of a shared seed or "
            "auto is needed",
            None,
        ),
        (
            "'{{ true }}'",
            "defaults.seed: true is not allowed; a whole number, the name of a shared seed or "
            "auto is needed",
            None,
        ),
    ],
)
def test_what_is_no_seed_is_a_problem(seed: str, message: str, hint: str | None) -> None:
    text = f"{{seeds: {{hero: 42, '17': 3}}, defaults: {{prompt: x, seed: {seed}}}}}"
    traced, problems, _ = traced_of(text)
    assert [(problem.message, problem.hint) for problem in problems] == [(message, hint)]
    assert "seed" not in traced.payload


def test_a_shared_seed_that_is_none_is_told_where_it_stands() -> None:
    text = """
seeds:
  hero: "{{ 'red' }}"
defaults: {prompt: x, seed: hero}
"""
    _, problems, _ = traced_of(text)
    assert [(p.position.line, p.message, p.rendered) for p in problems] == [
        (3, "seeds.hero: 'red' is not allowed; a whole number is needed", "red")
    ]


# Faults


def test_one_fault_hides_no_other() -> None:
    assert messages("""
vars: {look: "{{ a }}"}
negatives: {base: "{{ b }}", other: "{{ c }}"}
defaults:
  prompt_prefix: "{{ d }}"
  prompt: "{{ e }}"
  prompt_suffix: "{{ look }}"
  negative: [base, other]
  negative_prompt: "{{ f }}"
  duration: "{{ g }}"
  seed: "{{ h }}"
""") == [
        "defaults.prompt_prefix: 'd' is not defined",
        "defaults.prompt: 'e' is not defined",
        "vars.look: 'a' is not defined",
        "negatives.base: 'b' is not defined",
        "negatives.other: 'c' is not defined",
        "defaults.negative_prompt: 'f' is not defined",
        "defaults.duration: 'g' is not defined",
        "defaults.seed: 'h' is not defined",
    ]


def test_a_faulty_value_has_a_place_so_that_it_is_not_called_missing_somewhere_else() -> None:
    traced, problems, _ = traced_of("vars: {x: '{{ nope }}'}\ndefaults: {prompt: '{{ x }}'}")
    assert traced.faulty
    assert traced.origin_of("prompt").position == problems[0].position


def test_a_misspelt_prompt_is_missing_where_it_is_misspelt() -> None:
    traced, problems, _ = traced_of("defaults:\n  promt: A boat\n")
    assert problems == []
    position = traced.origin_of("prompt").position
    assert (position.line, position.column) == (2, 3)


@pytest.mark.parametrize("prompt", ["''", "'  '", "null", "'{{ \"\" }}'", "'{# later #}'"])
def test_an_empty_prompt_is_a_problem_even_with_affixes(prompt: str) -> None:
    found = messages(f"defaults: {{prompt: {prompt}, prompt_suffix: on film}}")
    assert found == ["defaults.prompt: the prompt is empty"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("1e999", "is too large for a number"),
        ("{{ 9 }}" * 200, "has 200 digits, more than 100"),
        (".inf{{ '' }}", "is not a number that a request can contain"),
    ],
)
def test_a_rendered_number_that_no_request_can_hold_is_a_problem(value: str, words: str) -> None:
    text = f"defaults: {{prompt: x, duration: \"{{{{ '' }}}}{value}\"}}"
    _, problems, _ = traced_of(text)
    assert [problem.message for problem in problems] == [f"defaults.duration: {words}"]
    assert problems[0].rendered


def test_what_was_made_is_kept_for_showing_and_what_stands_in_the_file_is_not() -> None:
    traced, _, _ = traced_of("""
negatives: {base: blurry}
defaults:
  prompt: A boat
  prompt_suffix: " at {{ 'sea' }}"
  negative: base
  duration: "{{ 5 }}"
  resolution: 720P
  prompt_extend: "{{ 1 == 2 }}"
  seed: 3
""")
    shown = {name: traced.origin_of(name).rendered for name in traced.payload}
    assert {name: text for name, text in shown.items() if text is not None} == {
        "prompt": "A boat at sea",
        "negative_prompt": "blurry",
        "duration": "5",
        "prompt_extend": "false",
    }


# Models with other parameters


def other_model() -> ModelCard:
    kept = {name: card().parameters[name] for name in ("prompt", "duration", "seed")}
    parameters = {**kept, "seed": kept["seed"]._replace(limits={"type": "integer"})}
    words = read_words({"words": {"duration": "duration", "seed": "seed"}}, parameters)
    settings = settings_of(parameters, words)
    return replace(
        card(), name="maker/other", parameters=parameters, words=words, settings=settings
    )


def test_a_parameter_that_the_model_lacks_is_a_problem_and_not_dropped() -> None:
    text = """
defaults:
  prompt: A boat
  negative: base
  ratio: "1:1"
  resolution: "{{ row.r }}"
  audio_url: null
  prompt_extend: "{{ '' }}"
"""
    _, problems, _ = traced_of(text, model=other_model(), row={"r": "720P"})
    assert [problem.message for problem in problems] == [
        "defaults.negative: maker/other has no parameter 'negative_prompt'",
        "defaults.ratio: maker/other has no such parameter",
        "defaults.resolution: maker/other has no such parameter",
    ]


def test_keys_that_no_model_has_are_left_to_the_schema() -> None:
    assert messages("defaults: {prompt: A boat, colour: red, takes: 2, tags: [x]}") == []


def test_without_a_range_seeds_count_on() -> None:
    text = "defaults: {prompt: x, seed: 2147483647}"
    assert payload(text, take=3, model=other_model())["seed"] == 2147483649  # type: ignore[arg-type]
