"""Storyboards of sound and broken pieces: none raises, and each is read the same twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storyboard.records import Storyboard
from storyboard.reporting.problems import format_problems
from tests.language.boards import load

TEXTS = st.sampled_from(
    [
        "A boat",
        "",
        " ",
        "{{ look }}",
        "{{ row.n }}",
        "{{ matrix.m }}-{{ shot.number }}",
        "{{ nope }}",
        "{{ scene.id }} {{ take }}",
        "{% if %}",
        "{{ m.x() }}",
        "a\nb {{ look",
        "auto",
        "base",
        "1080P",
        "{{ meta.a }}",
        "{{ 3 * 3 }}",
        "é🎬\x85",
        "null",
        "x" * 101,
        "nul",
        "a.t1",
        "{#",
    ]
)
ANYTHING = st.one_of(
    TEXTS,
    st.none(),
    st.booleans(),
    st.integers(-2, 2**31 + 1),
    st.sampled_from([0.5, 5.0, 1e300]),
    st.lists(TEXTS, max_size=2),
    st.dictionaries(st.sampled_from(["a", "b", "exclude"]), TEXTS, max_size=2),
)
IDS = st.sampled_from(
    ["a", "A", "b", "c", "s-{{ shot.number }}", "{{ row.n }}", "m-{{ matrix.m }}", "a b", "{{ x }}"]
)
VARS = st.dictionaries(st.sampled_from(["look", "x", "y", "take", "m"]), ANYTHING, max_size=3)


def mostly(usual: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.one_of(usual, usual, usual, ANYTHING)


SETTINGS: dict[str, st.SearchStrategy[object]] = {
    "prompt": mostly(TEXTS),
    "negative": mostly(st.sampled_from(["base", ["base", "other"], [], "bsae", None])),
    "negative_prompt": mostly(TEXTS),
    "duration": mostly(st.sampled_from([2, 15, "{{ row.n }}", 16])),
    "resolution": mostly(st.sampled_from(["720P", "1080p"])),
    "prompt_extend": mostly(st.booleans()),
    "seed": mostly(st.sampled_from([1, 2**31 - 1, "hero", "auto", "{{ look }}"])),
    "takes": mostly(st.sampled_from([1, 2, 3, "{{ 2 }}", 100_001])),
    "tags": mostly(st.lists(TEXTS, max_size=2)),
    "meta": mostly(VARS),
    "skip": mostly(st.booleans()),
    "locked": mostly(st.booleans()),
    "prompt_prefix": mostly(TEXTS),
    "model": mostly(st.just("alibaba/wan2.7-t2v")),
    "promt": TEXTS,
}
MATRICES = st.fixed_dictionaries(
    {"m": mostly(st.lists(mostly(st.integers(0, 2)), max_size=3))},
    optional={
        "n": mostly(st.just([1, 2])),
        "exclude": mostly(st.just([{"m": 1}, {"o": 2}])),
        "include": mostly(st.just([{"m": 9}, {"p": "{{ look }}"}])),
    },
)
SHOTS = mostly(
    st.lists(
        mostly(
            st.fixed_dictionaries(
                {"id": mostly(IDS)},
                optional={
                    **SETTINGS,
                    "matrix": mostly(MATRICES),
                    "rows": mostly(st.sampled_from(["rows.csv", "rows.json", "none.csv", "."])),
                    "vars": mostly(VARS),
                },
            )
        ),
        max_size=4,
    )
)
LEVEL: dict[str, st.SearchStrategy[object]] = {
    "title": mostly(TEXTS),
    "vars": mostly(VARS),
    "defaults": mostly(st.fixed_dictionaries({}, optional=SETTINGS)),
}
SCENES = st.lists(st.fixed_dictionaries({"id": mostly(IDS), "shots": SHOTS}, optional=LEVEL))
BOARDS = st.fixed_dictionaries(
    {"version": st.just(1), "model": mostly(st.just("alibaba/wan2.7-t2v"))},
    optional={
        **LEVEL,
        "include": mostly(st.sampled_from([["style.yaml"], ["film.yaml"], ["none.yaml"]])),
        "negatives": mostly(st.just({"base": "blurry", "other": "{{ look }}"})),
        "seeds": mostly(st.just({"hero": 42, "made": "{{ 2 }}"})),
        "shots": SHOTS,
        "scenes": mostly(SCENES),
    },
)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all that the generated storyboards may name."""
    folder = tmp_path_factory.mktemp("studio")
    (folder / "rows.csv").write_text("n,x\n1,a\n2,\n")
    (folder / "rows.json").write_text('[{"n": 3}, {"n": [1], "x": null}]')
    (folder / "style.yaml").write_text("vars: {look: film}\ndefaults: {duration: 3}\n")
    (folder / "templates").mkdir()
    (folder / "templates" / "m.j2").write_text("{% macro x() %}{{ look }}{% endmacro %}")
    return folder


def load_twice(path: Path) -> Storyboard:
    """The storyboard, read twice with the same result."""
    board, again = load(path, display_name="film.yaml"), load(path, display_name="film.yaml")
    assert board == again
    return board


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(content=BOARDS)
def test_any_storyboard_is_expanded_or_explained_and_always_the_same(
    studio: Path, content: dict[str, object]
) -> None:
    path = studio / "film.yaml"
    path.write_text(json.dumps(content), encoding="utf-8")
    board = load_twice(path)
    spots = [(p.position.path, p.position.line, p.position.column, p.code) for p in board.problems]
    assert len(set(spots)) == len(spots) or "missing-key" in {spot[3] for spot in spots}
    assert format_problems(board.problems, board.sources, style="sarif")
    assert all(problem.position.path in board.sources for problem in board.problems)
    if board.is_sound:
        assert len({take.id.casefold() for take in board.takes}) == len(board.takes)
        assert all(json.dumps(take.payload, ensure_ascii=False).encode() for take in board.takes)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    content=BOARDS,
    cuts=st.lists(
        st.tuples(st.floats(0, 1), st.sampled_from([*list("{}[]:,#'\"&*!|%@\n\t -"), "{{", "}}"])),
        min_size=1,
        max_size=4,
    ),
)
def test_a_damaged_storyboard_is_expanded_or_explained(
    studio: Path, content: dict[str, object], cuts: list[tuple[float, str]]
) -> None:
    text = json.dumps(content, indent=1)
    for share, sign in cuts:
        at = int(share * len(text))
        text = text[:at] + sign + text[at + 1 :]
    path = studio / "film.yaml"
    path.write_text(text, encoding="utf-8")
    load_twice(path)
