"""From nodes to takes, without files: rows are values here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from storyboard.language.expansion.cascade import Layer, settings_under
from storyboard.language.expansion.context import ExpansionContext
from storyboard.language.expansion.expand import expand_storyboard
from storyboard.language.expansion.shared import SharedKind, SharedValues
from storyboard.language.nodes import ScalarNode
from storyboard.language.templates.templates import Templates
from storyboard.models.card import ModelCard
from storyboard.records import Json, Problem, Take
from storyboard.reporting.problems import tidy
from tests.language.boards import CATALOG, HEAD, card, mapping, no_pictures

Row = dict[str, Json]


class Cards:
    """Two models: the one that comes with the program, and one more with the same parameters."""

    def get(self, name: str) -> ModelCard | None:
        if name == "maker/other":
            return replace(card(), name=name)
        return CATALOG.get(name)

    def names(self) -> tuple[str, ...]:
        return (*CATALOG.names(), "maker/other")


def expand(
    text: str, *, rows: Mapping[str, list[Row]] | None = None
) -> tuple[list[Take], list[Problem], str | None]:
    """The takes, the problems, the title."""
    root = mapping(text)
    problems: list[Problem] = []

    def read_rows(node: ScalarNode, where: str) -> Iterable[Row]:
        return (rows or {})[node.text]

    context = ExpansionContext(
        templates=Templates(None),
        cards=Cards(),
        shared=SharedValues(
            SharedKind("negative", settings_under(root, "negatives", "")),
            SharedKind("seed", settings_under(root, "seeds", "")),
            SharedKind("reference", {}),
            parameters=frozenset(card().parameters),
            dropped=frozenset(),
        ),
        pictures=no_pictures(),
        read_rows=read_rows,
        overrides=Layer(),
        sources={"film.yaml": text},
        report=problems.append,
    )
    title, takes = expand_storyboard([root], context)
    return takes, list(tidy(problems)), title


def takes_of(text: str, **options: Any) -> list[Take]:
    takes, problems, _ = expand(HEAD + text, **options)
    assert [problem.message for problem in problems] == []
    return takes


def prompts(text: str, **options: Any) -> list[Json]:
    return [take.payload["prompt"] for take in takes_of(text, **options)]


def messages(text: str, **options: Any) -> list[str]:
    return [problem.message for problem in expand(HEAD + text, **options)[1]]


def test_scenes_and_shots_come_in_file_order() -> None:
    takes = takes_of("""
scenes:
  - {id: one, shots: [{id: a, prompt: A}, {id: b, prompt: B}]}
  - {id: two, shots: [{id: c, prompt: C}]}
""")
    assert [(take.scene, take.id) for take in takes] == [("one", "a"), ("one", "b"), ("two", "c")]


def test_rows_and_matrix_multiply_with_the_rows_outside() -> None:
    text = """
shots:
  - id: "{{ row.n }}-{{ matrix.a }}-{{ matrix.b }}"
    rows: rows.csv
    matrix: {a: [x, y], b: [1, 2]}
    prompt: "{{ row.n }}{{ matrix.a }}{{ matrix.b }} {{ shot.number }}"
"""
    rows: dict[str, list[Row]] = {"rows.csv": [{"n": "r"}, {"n": "s"}]}
    assert prompts(text, rows=rows) == [
        *("rx1 1", "rx2 2", "ry1 3", "ry2 4"),
        *("sx1 5", "sx2 6", "sy1 7", "sy2 8"),
    ]


def test_the_values_of_a_matrix_may_come_from_the_row() -> None:
    text = """
shots:
  - id: "{{ row.n }}-{{ matrix.view }}"
    rows: rows.csv
    matrix:
      view: [front, "{{ row.view }}"]
      exclude: [{view: "{{ row.without }}"}]
      include: [{view: "{{ row.n }}{{ row.n }}"}]
    prompt: "{{ matrix.view }}"
"""
    rows: dict[str, list[Row]] = {
        "rows.csv": [
            {"n": "a", "view": "back", "without": "front"},
            {"n": "b", "view": "side", "without": ""},
        ]
    }
    assert prompts(text, rows=rows) == ["back", "aa", "front", "side", "bb"]


def test_a_matrix_value_keeps_its_type_and_a_null_stays() -> None:
    text = """
shots:
  - id: "n-{{ shot.number }}"
    matrix: {m: [1, true, null, 2.5, {x: deep}, "{{ 'text' }}"]}
    prompt: "{{ matrix.m.x if matrix.m is mapping else matrix.m }}."
"""
    assert prompts(text) == ["1.", "true.", ".", "2.5.", "deep.", "text."]


def test_cells_are_data_and_no_templates() -> None:
    text = "shots: [{id: 'r{{ shot.number }}', rows: r, prompt: '{{ row.p }}'}]"
    assert prompts(text, rows={"r": [{"p": "{{ 7 * 7 }}"}]}) == ["{{ 7 * 7 }}"]


def test_shots_are_numbered_from_one_skipped_ones_counted() -> None:
    text = """
scenes:
  - id: one
    shots:
      - {id: a, prompt: A, skip: true}
      - id: "b-{{ matrix.m }}"
        matrix: {m: [1, 2]}
        prompt: "{{ shot.number }}"
        skip: "{{ matrix.m == 1 }}"
  - id: two
    defaults: {skip: true}
    shots:
      - {id: c, prompt: C}
      - {id: d, prompt: "{{ shot.number }} {{ shot.id }}", skip: null}
"""
    assert prompts(text) == ["3", "5 d"]


def test_a_skipped_shot_may_have_faults_and_what_it_names_counts_as_used() -> None:
    text = """
negatives: {base: blurry}
shots:
  - {id: "a-{{ nope }}", prompt: "{{ nope }}", negative: "{{ 'base' }}", skip: true}
  - {id: b, prompt: B}
"""
    assert [take.id for take in takes_of(text)] == ["b"]


def test_a_skipped_shot_keeps_its_id_for_itself() -> None:
    found = messages("shots: [{id: a, prompt: A, skip: true}, {id: A, prompt: B}]")
    assert found == ["shots[1].id: the id 'A' is already used by film.yaml:3:14"]
    found = messages("shots: [{id: a, prompt: A}, {id: A, prompt: B, skip: true}]")
    assert found == ["shots[1].id: the id 'A' is already used by film.yaml:3:14"]
    rows: dict[str, list[Row]] = {"r": [{"x": "1"}, {"x": "2"}]}
    assert messages("shots: [{id: a, rows: r, prompt: A, skip: true}]", rows=rows) == []


def test_takes_are_numbered_and_know_their_number() -> None:
    takes = takes_of("shots: [{id: a, prompt: 'Take {{ take }}', takes: '{{ 3 }}'}]")
    assert [(take.id, take.shot, take.number) for take in takes] == [
        ("a.t1", "a", 1),
        ("a.t2", "a", 2),
        ("a.t3", "a", 3),
    ]
    assert [take.payload["prompt"] for take in takes] == ["Take 1", "Take 2", "Take 3"]


def test_equal_takes_of_one_shot_are_different_requests_and_those_of_two_shots_the_same() -> None:
    text = "shots: [{id: a, prompt: A, takes: 2}, {id: b, prompt: A, takes: 3}]"
    takes, problems, _ = expand(HEAD + text)
    prints = [take.fingerprint for take in takes]
    assert len(set(prints)) == 3
    assert prints[:2] == prints[2:4]
    assert [problem.message for problem in problems] == [
        "take b.t1: same request as a.t1, rendered once (and 1 more take)"
    ]


def test_ids_titles_tags_notes_and_meta_are_no_part_of_the_request() -> None:
    (plain,) = takes_of("shots: [{id: a, prompt: A}]")
    (full,) = takes_of("""
title: T
shots: [{id: b, prompt: A, tags: [t], notes: n, meta: {k: 1}, locked: true}]
""")
    assert plain.fingerprint == full.fingerprint
    assert (full.tags, full.notes, full.meta, full.is_locked) == (("t",), "n", {"k": 1}, True)


def test_a_scenes_values_are_known_to_its_templates() -> None:
    text = """
title: Film of {{ year }}
vars: {year: 2026}
scenes:
  - id: "{{ 'One!' | slug }}"
    title: Scene {{ scene.id }} of {{ title }}
    shots: [{id: a, prompt: "{{ scene.title }}; {{ title }}"}]
"""
    takes, problems, title = expand(HEAD + text)
    assert (problems, title) == ([], "Film of 2026")
    assert takes[0].payload["prompt"] == "Scene one of Film of 2026; Film of 2026"


def test_a_shot_has_a_title_which_is_no_part_of_the_request() -> None:
    text = """
shots:
  - {id: a, title: "Boat {{ shot.number }}", prompt: "{{ shot.title }} at sea"}
  - {id: b, title: One, prompt: B}
  - {id: c, title: ~, prompt: "C{{ shot.title }}{{ title }}{{ scene.title }}"}
  - {id: d, title: "{{ nope }}", prompt: "D{{ shot.title }}"}
"""
    takes, problems, _ = expand(HEAD + text)
    prompts = [take.payload["prompt"] for take in takes]
    assert prompts == ["Boat 1 at sea", "B", "C", "D"]
    assert [problem.message for problem in problems] == ["shots[3].title: 'nope' is not defined"]


def test_outside_of_scenes_there_is_none() -> None:
    text = "shots: [{id: a, prompt: \"{{ 'in' if scene else 'out' }}{{ scene.title }}\"}]\n"
    assert takes_of(text)[0].payload["prompt"] == "out"
    assert messages("shots: [{id: a, prompt: 'A {{ scene.id }}'}]\n") == [
        "shots[0].prompt: scene has no 'id'"
    ]


def test_names_that_have_no_value_are_not_defined() -> None:
    found = messages("""
scenes:
  - id: one
    shots:
      - {id: a, prompt: "A {{ title }}"}
      - {id: b, prompt: "B {{ scene.title }}{{ shot.title }}"}
      - {id: c, prompt: "{{ row }}{{ matrix }}"}
      - {id: "{{ take }}", prompt: D}
""")
    assert found == [
        "scenes[0].shots[2].prompt: 'row' is not defined",
        "scenes[0].shots[3].id: 'take' is not defined",
    ]


def test_a_fault_in_a_title_or_an_id_makes_no_faults_where_they_are_used() -> None:
    found = messages("""
title: "{{ a }}"
scenes:
  - id: "{{ b }}"
    title: "{{ c }}"
    shots:
      - id: "{{ scene.id | slug }}-{{ d }}"
        prompt: "{{ title }} {{ scene.title }} {{ shot.id }}."
      - {id: e, prompt: E}
""")
    assert found == [
        "title: 'a' is not defined",
        "scenes[0].id: 'b' is not defined",
        "scenes[0].title: 'c' is not defined",
        "scenes[0].shots[0].id: 'd' is not defined",
    ]


def test_the_nearest_model_wins() -> None:
    text = """
scenes:
  - {id: x, shots: [{id: a, prompt: A}]}
  - id: y
    defaults: {model: maker/other}
    shots: [{id: b, prompt: B}, {id: c, prompt: C, model: alibaba/wan2.7-t2v}]
"""
    models = {take.id: take.model for take in takes_of(text)}
    assert models == {"a": "alibaba/wan2.7-t2v", "b": "maker/other", "c": "alibaba/wan2.7-t2v"}


def test_the_model_is_part_of_the_request() -> None:
    text = "shots: [{id: a, prompt: A}, {id: b, prompt: A, model: maker/other}]"
    one, two = takes_of(text)
    assert one.fingerprint != two.fingerprint


def test_a_shot_without_any_model_is_a_problem_that_says_where_the_names_are() -> None:
    text = "version: 1\nshots: [{id: a, prompt: A}, {id: b, prompt: B, model: maker/other}]"
    takes, problems, _ = expand(text)
    assert [take.id for take in takes] == ["b"]
    assert [(p.message, p.hint, p.position.line) for p in problems] == [
        (
            "missing key 'model': a shot needs a model that renders it",
            "write model: and a name at the top; storyboard models list shows the names",
            1,
        )
    ]


def test_a_hundred_thousand_takes_are_counted_before_any_is_made() -> None:
    numbers = ", ".join(map(str, range(1000)))
    text = f"shots: [{{id: a, prompt: A, matrix: {{x: [{numbers}], y: [{numbers}]}}, takes: 9}}]"
    assert messages(text) == [
        "shots[0]: with the 1,000,000 combinations times 9 takes here the storyboard has more "
        "than 100,000 takes, the maximum for one file"
    ]
    assert messages("shots: [{id: a, prompt: A, takes: 100001}]") == [
        "shots[0]: with the 100,001 takes here the storyboard has more than 100,000 takes, the "
        "maximum for one file"
    ]


def test_takes_are_counted_over_the_whole_file_also_those_of_templates() -> None:
    text = """
defaults: {prompt: "{{ shot.id }}", takes: "{{ 2 }}"}
shots:
  - {id: a, takes: 50}
  - {id: b, takes: "{{ 99951 }}"}
  - {id: c}
"""
    found = messages(text)
    assert found == [
        "shots[1].takes: with these 99951 takes of a shot the storyboard has more than 100,000 "
        "takes, the maximum for one file"
    ]


def test_tags_are_rendered_stripped_and_each_there_once() -> None:
    text = "shots: [{id: a, prompt: A, tags: [x, ' {{ \"y\" }} ', x, '{{ \"\" }}', 10]}]"
    assert takes_of(text)[0].tags == ("x", "y", "10")


def test_meta_and_notes_are_rendered_for_each_take() -> None:
    text = """
defaults: {meta: {film: Harbor, drop: me}, notes: "for {{ shot.id }}"}
shots:
  - id: a
    takes: 2
    seed: 1
    prompt_extend: false
    prompt: A
    meta: {slate: "{{ take }}A", n: 3, list: ["{{ meta.film }}"], drop: null, no: "{{ '' }}"}
"""
    one, two = takes_of(text)
    assert one.meta == {"film": "Harbor", "slate": "1A", "n": 3, "list": ["Harbor"]}
    assert (two.meta["slate"], two.notes) == ("2A", "for a")


def test_a_seed_beside_prompt_extend_is_warned_of_where_the_seed_is_set() -> None:
    found = messages("""
defaults: {seed: 3}
shots:
  - {id: a, prompt: A}
  - {id: b, prompt: B, prompt_extend: false}
  - {id: c, prompt: C, seed: null}
  - {id: d, prompt: D, seed: auto, prompt_extend: "{{ true }}"}
""")
    tail = "prompt_extend is on while a seed is set; a rewritten prompt is not reproducible"
    assert found == [f"defaults.seed: {tail}", f"shots[3].seed: {tail}"]


def test_expanding_twice_gives_the_same() -> None:
    text = HEAD + "shots: [{id: 'a{{ matrix.x }}', prompt: A, matrix: {x: [1, 2]}}, {id: b}]"
    assert expand(text) == expand(text)


@pytest.mark.parametrize("tags", ["'night, hero; night'", "[night, hero, night]", "'night,hero,'"])
def test_tags_are_a_list_or_one_text(tags: str) -> None:
    assert takes_of(f"shots: [{{id: a, prompt: A, tags: {tags}}}]\n")[0].tags == ("night", "hero")


def test_a_tag_in_a_list_is_one_tag_whatever_it_holds() -> None:
    assert takes_of("shots: [{id: a, prompt: A, tags: ['x, y']}]\n")[0].tags == ("x, y",)


WITH_LISTS: dict[str, list[Row]] = {
    "p.json": [{"key": ["x", "y, z", 7, "x"], "empty": [], "text": "a, b; c", "deep": [["x"]]}]
}


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("'{{ row.key }}'", ("x", "y, z", "7")),
        ("'{{ row.text }}'", ("a", "b", "c")),
        ("'new, {{ row.key }}; {{ row.text }}'", ("new", "x", "y, z", "7", "a", "b", "c")),
        ("['{{ row.key }}', 'n, w']", ("x", "y, z", "7", "n, w")),
        ("\"{{ row['key'] or '' }}\"", ("x", "y, z", "7")),
        ("'{{ row.nope | default([]) }}'", ("old",)),
        ("'{{ row.empty }}'", ("old",)),
        ("'{% if row.key %}{{ row.key }}{% endif %}'", ("x", "y, z", "7")),
    ],
)
def test_a_list_in_a_row_gives_the_tags(tags: str, expected: tuple[str, ...]) -> None:
    shot = f"{{id: a, rows: p.json, prompt: A, tags: {tags}}}"
    text = f"defaults: {{tags: [old]}}\nshots: [{shot}]\n"
    assert takes_of(text, rows=WITH_LISTS)[0].tags == expected


@pytest.mark.parametrize(
    "setting",
    [
        *("tags: '{{ row.deep }}'", "notes: '{{ row.key }}'", "prompt_suffix: '{{ row.key }}'"),
        *("tags: '{{ row.key ~ 1 }}'", "negative: '{{ row }}'", "duration: '{{ row.empty }}'"),
    ],
)
def test_a_list_elsewhere_and_a_list_in_a_list_are_not_printed(setting: str) -> None:
    text = f"shots: [{{id: a, rows: p.json, prompt: A, {setting}}}]\n"
    (message,) = messages(text, rows=WITH_LISTS)
    assert "cannot be printed; only text, numbers, true and false can" in message


@pytest.mark.parametrize(("cell", "is_locked"), [("TRUE", True), ("yes", True), ("No", False)])
def test_a_flag_is_understood_as_people_write_it(cell: str, is_locked: bool) -> None:
    text = f"shots: [{{id: a, prompt: A, locked: \"{{{{ '{cell}' }}}}\"}}]\n"
    assert takes_of(text)[0].is_locked is is_locked
