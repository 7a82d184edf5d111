"""Variants: settings above every level, checked together, and a model that is tried."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.language.load import Reading, load_storyboard
from storyboard.language.overrides import read_overrides
from storyboard.records import Payload, Storyboard
from tests.language.boards import HEAD, load, load_text, told
from tests.language.test_load import two_models
from tests.models.cards import two_models as with_kling

FILM = """\
version: 1
model: alibaba/wan2.7-t2v
negatives: {base: blurry, people: extra fingers}
defaults: {resolution: 1080P, duration: 5, prompt_extend: false, negative: base}
variants:
  draft: {resolution: 720P, duration: 3, negative: null, takes: 1, prompt_suffix: ", a sketch"}
scenes:
  - id: pier
    defaults: {duration: 6}
    shots:
      - {id: dawn, prompt: A pier at dawn, duration: 9, takes: 2, seed: 7}
      - {id: night, prompt: A pier at night, negative: [base, people]}
"""


def as_variant(folder: Path, text: str, variant: str | None, **files: str) -> Storyboard:
    load_text(folder, text, **files)
    path = folder / "film.yaml"
    return load(path, display_name="film.yaml", reading=Reading(variant))


def payloads(board: Storyboard) -> dict[str, Payload]:
    assert told(board) == []
    return {take.id: take.payload for take in board.takes}


def checked(folder: Path, text: str) -> list[str]:
    """What validate says of a text and all its variants."""
    load_text(folder, text)
    reading = Reading(checks_variants=True)
    return told(load(folder / "film.yaml", display_name="film.yaml", reading=reading))


def test_a_variant_s_settings_beat_file_scene_and_shot(tmp_path: Path) -> None:
    found = payloads(as_variant(tmp_path, FILM, "draft"))
    common = {"resolution": "720P", "duration": 3, "prompt_extend": False}
    assert found == {
        "dawn": {**common, "prompt": "A pier at dawn, a sketch", "seed": 7},
        "night": {**common, "prompt": "A pier at night, a sketch"},
    }


def test_without_it_a_film_is_what_it_would_be_with_no_variants(tmp_path: Path) -> None:
    plain = FILM.replace(FILM[FILM.index("variants:") : FILM.index("scenes:")], "")
    with_variants, without = (as_variant(tmp_path, text, None) for text in (FILM, plain))
    assert [take.fingerprint for take in with_variants.takes] == [
        take.fingerprint for take in without.takes
    ]
    assert (with_variants.name, with_variants.variant) == ("film", None)


def test_a_variant_has_a_name_that_no_film_has(tmp_path: Path) -> None:
    board = as_variant(tmp_path, FILM, "draft")
    assert (board.name, board.variant, board.variants) == ("film/draft", "draft", ("draft",))


def test_included_variants_merge_by_name_and_then_by_key(tmp_path: Path) -> None:
    house = "variants: {draft: {resolution: 720P, duration: 2}, wide: {ratio: '16:9'}}"
    text = f"{HEAD}include: [house.yaml]\nvariants: {{draft: {{duration: 4}}, last: {{}}}}\n"
    text += "shots: [{id: a, prompt: A boat}]\n"
    board = as_variant(tmp_path, text, "draft", house_yaml=house)
    assert payloads(board) == {"a": {"prompt": "A boat", "resolution": "720P", "duration": 4}}
    assert board.variants == ("draft", "wide", "last")


def test_its_templates_are_those_of_each_shot_and_var_beats_them(tmp_path: Path) -> None:
    text = f"""{HEAD}vars: {{speed: 2}}
variants:
  draft:
    duration: "{{{{ speed }}}}"
    prompt_prefix: "{{{{ shot.id }}}}: "
    ratio: "{{{{ '' }}}}"
shots:
  - {{id: a, prompt: A boat, ratio: '1:1', duration: 8}}
  - {{id: b, prompt: A boat, vars: {{speed: 3}}}}
"""
    found = payloads(as_variant(tmp_path, text, "draft"))
    assert found["a"] == {"prompt": "a: A boat", "duration": 2, "ratio": "1:1"}
    assert found["b"] == {"prompt": "b: A boat", "duration": 3}
    overrides, _, _ = read_overrides(["speed=7"], ())
    board = load(tmp_path / "film.yaml", overrides=overrides, reading=Reading("draft"))
    assert {take.payload["duration"] for take in board.takes} == {7}


def test_meta_merges_by_key(tmp_path: Path) -> None:
    text = f"{HEAD}variants: {{draft: {{meta: {{grade: rough}}, tags: draft}}}}\n"
    text += "shots: [{id: a, prompt: A boat, meta: {slate: 12A, grade: fine}, tags: [sea]}]\n"
    [take] = as_variant(tmp_path, text, "draft").takes
    assert (take.meta, take.tags) == ({"slate": "12A", "grade": "rough"}, ("draft",))


def test_an_unknown_variant_is_a_problem_with_a_suggestion(tmp_path: Path) -> None:
    [problem] = as_variant(tmp_path, FILM, "drat").problems
    assert problem.message == "there is no variant 'drat'; known: draft"
    assert problem.hint == "did you mean 'draft'?"
    assert (problem.position.line, problem.repairs) == (5, ())
    [none] = as_variant(tmp_path, f"{HEAD}shots: [{{id: a, prompt: A}}]", "drat").problems
    assert none.message == "there is no variant 'drat'; known: none"


BAD = f"""{HEAD}defaults: {{prompt_extend: false}}
variants:
  draft: {{duration: "{{{{ 3 * 7 }}}}"}}
  rough: {{duration: "{{{{ 3 * 7 }}}}"}}
  loose: {{ratio: "{{{{ '5:4' }}}}"}}
shots:
  - {{id: a, prompt: "{{{{ hero }}}}"}}
  - {{id: b, prompt: A boat, duration: "{{{{ 1 }}}}"}}
"""


def test_all_variants_are_checked_together_and_each_problem_told_once(tmp_path: Path) -> None:
    limit = "take a: duration: 21 is more than 15, the most that alibaba/wan2.7-t2v allows"
    own = [
        "film.yaml:9:25: shots[0].prompt: 'hero' is not defined",
        "film.yaml:10:39: take b: duration: 1 is less than 2, the least that alibaba/wan2.7-t2v "
        "allows",
    ]
    found = checked(tmp_path, BAD)
    assert [line for line in found if "variant" not in line] == own
    assert [line for line in found if "variant" in line] == [
        f"film.yaml:5:21: variant draft: {limit}",
        f"film.yaml:6:21: variant rough: {limit}",
        "film.yaml:7:18: variant loose: take a: ratio: '5:4' is not allowed; alibaba/wan2.7-t2v "
        "requires '16:9', '9:16', '1:1', '4:3' or '3:4'",
    ]
    assert told(load(tmp_path / "film.yaml", display_name="film.yaml")) == own


def test_a_problem_that_several_variants_have_names_them_all(tmp_path: Path) -> None:
    text = f"""{HEAD}defaults: {{duration: 5}}
variants: {{draft: {{resolution: 720P, takes: 2}}, rough: {{takes: 2}}}}
shots:
  - {{id: a, prompt: "A boat {{{{ take if take == 1 else odd }}}}"}}
"""
    found = [line for line in checked(tmp_path, text) if "variant" in line]
    assert found == ["film.yaml:6:55: variants draft, rough: shots[0].prompt: 'odd' is not defined"]


def test_what_a_variant_lacks_as_the_film_does_is_told_once(tmp_path: Path) -> None:
    text = "version: 1\nvariants: {draft: {}, own: {model: alibaba/wan2.7-t2v}}\n"
    text += "shots: [{id: a, prompt: A boat}]\n"
    missing = "film.yaml:1:1: missing key 'model': a shot needs a model that renders it"
    assert checked(tmp_path, text) == [missing]
    assert told(as_variant(tmp_path, text, "draft")) == [missing]
    assert payloads(as_variant(tmp_path, text, "own")) == {"a": {"prompt": "A boat"}}


def test_what_only_a_variant_uses_is_used_and_what_it_does_not_is_no_matter(tmp_path: Path) -> None:
    text = f"""{HEAD}vars: {{rough: a sketch of}}
negatives: {{a: blurry, b: watermark, c: text}}
defaults: {{prompt_extend: false, negative: "{{{{ 'a' }}}}"}}
variants:
  draft: {{negative: "{{{{ 'b' }}}}", prompt_prefix: "{{{{ rough }}}} "}}
  none: {{negative: null}}
shots: [{{id: a, prompt: A boat, seed: 3}}]
"""
    assert checked(tmp_path, text) == [
        "film.yaml:4:38: warning: negatives.c: nothing uses this negative"
    ]
    for variant in (None, "draft", "none"):
        assert told(as_variant(tmp_path, text, variant)) == []
    overrides, _, _ = read_overrides(["ruogh=x"], ())
    board = load(tmp_path / "film.yaml", overrides=overrides, reading=Reading("draft"))
    assert [problem.code for problem in board.problems] == ["unused-var"]


def test_a_comment_that_silences_a_warning_of_one_variant_is_used(tmp_path: Path) -> None:
    text = f"""{HEAD}variants: {{same: {{prompt: A boat, duration: 5}}}}
shots:
  - {{id: a, prompt: A boat, duration: 5}}
  - {{id: b, prompt: A kite, duration: 5}}  # storyboard: ignore[SB201]
"""
    assert checked(tmp_path, text) == []
    assert told(as_variant(tmp_path, text, None)) == []
    unused = text.replace("prompt: A boat, duration: 5}}", "duration: 6}}")
    assert [line for line in checked(tmp_path, unused) if "does not occur" in line]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("sandbox", "a variant names a folder"),
        ("Draft.SandBox", "a variant names a folder"),
        ("localhost-8080", "a variant names a folder"),
        ("storyboard", "a variant names a folder"),
        ("a/b", "an id consists of"),
        ("..", "an id consists of"),
        ("con", "Windows reserves this name"),
        ("x.t1", "an id cannot end in .t"),
        ("'{{ x }}'", "an id consists of"),
    ],
)
def test_a_name_that_no_folder_of_a_variant_can_have_is_a_problem(
    tmp_path: Path, name: str, words: str
) -> None:
    text = f"{HEAD}variants: {{{name}: {{}}}}\nshots: [{{id: a, prompt: A boat}}]\n"
    [line] = checked(tmp_path, text)
    assert line.startswith("film.yaml:3:12: variants")
    assert words in line


def test_names_that_differ_by_case_alone_are_a_problem(tmp_path: Path) -> None:
    text = f"{HEAD}variants: {{draft: {{}}, Draft: {{}}}}\nshots: [{{id: a, prompt: A boat}}]\n"
    assert checked(tmp_path, text) == [
        "film.yaml:3:23: variants.Draft: the variant 'draft' at film.yaml:3:12 would have the same "
        "folder"
    ]


def test_a_variant_takes_what_defaults_take_and_nothing_else(tmp_path: Path) -> None:
    text = f"""{HEAD}variants:
  draft: {{durration: 3, duration: 20, shots: [], vars: {{a: 1}}}}
shots: [{{id: a, prompt: A boat}}]
"""
    assert [line.partition(" (")[0] for line in checked(tmp_path, text)] == [
        "film.yaml:4:11: variants.draft.durration: unknown key",
        "film.yaml:4:35: variants.draft.duration: 20 is more than 15, the most that "
        "alibaba/wan2.7-t2v allows",
        "film.yaml:4:39: variants.draft.shots: unknown key",
        "film.yaml:4:50: variants.draft.vars: unknown key",
    ]


def test_a_word_of_a_variant_beats_the_model_s_own_name_for_it_in_the_file(tmp_path: Path) -> None:
    text = """version: 1
model: kling/v1
defaults: {aspect_ratio: '16:9', ratio: '16:9'}
variants:
  word: {ratio: '1:1'}
  field: {aspect_ratio: '1:1'}
  both: {ratio: '16:9', aspect_ratio: '1:1'}
shots: [{id: a, prompt: A boat, aspect_ratio: '16:9'}]
"""
    (tmp_path / "film.yaml").write_text(text, "utf-8")
    catalog = with_kling(tmp_path / "models")
    for variant in ("word", "field", "both"):
        board = load_storyboard(tmp_path / "film.yaml", catalog, reading=Reading(variant))
        assert payloads(board) == {"a": {"prompt": "A boat", "aspect_ratio": "1:1"}}, variant


# Another model


MIXED = """\
version: 1
model: alibaba/wan2.7-t2v
variants: {draft: {model: maker/other}}
defaults: {prompt_extend: false}
shots:
  - {id: a, prompt: A boat, negative_prompt: blurry}
  - {id: b, prompt: A boat at night, model: maker/other, grain: "010"}
"""


def tried(folder: Path, reading: Reading) -> Storyboard:
    (folder / "film.yaml").write_text(MIXED, "utf-8")
    catalog = two_models(folder)
    return load_storyboard(folder / "film.yaml", catalog, display_name="film.yaml", reading=reading)


@pytest.mark.parametrize("reading", [Reading("draft"), Reading(model="maker/other")])
def test_every_shot_has_the_model_of_the_variant_or_the_one_that_is_tried(
    tmp_path: Path, reading: Reading
) -> None:
    board = tried(tmp_path, reading)
    assert [take.model for take in board.takes] == ["maker/other"] * 2
    assert told(board) == [
        "film.yaml:6:46: shots[0].negative_prompt: maker/other has no such parameter"
    ]


def test_a_model_that_is_tried_beats_that_of_a_variant(tmp_path: Path) -> None:
    board = tried(tmp_path, Reading("draft", "alibaba/wan2.7-t2v"))
    assert [take.model for take in board.takes] == ["alibaba/wan2.7-t2v"] * 2
    assert [line.partition(": ")[2] for line in told(board)] == [
        "shots[1].grain: alibaba/wan2.7-t2v has no such parameter"
    ]
