"""What is called unused: what no text of the storyboard or its includes mentions."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.records import Severity
from tests.language.boards import HEAD, load_text, told


@pytest.mark.parametrize(
    "text",
    [
        # Mentioned in a branch that is not taken, in a default that every shot overrides.
        "vars: {x: 1}\nshots: [{id: a, prompt: 'A boat{% if false %}{{ x }}{% endif %}'}]\n",
        "vars: {x: 1}\ndefaults: {prompt: '{{ x }}'}\nshots: [{id: a, prompt: A boat}]\n",
        "negatives: {x: a}\ndefaults: {negative: [x]}\n"
        "shots: [{id: a, prompt: A boat, negative: null}]\n",
        "seeds: {x: 1}\ndefaults: {seed: x}\nshots: [{id: a, prompt: A boat, seed: null}]\n",
        # Mentioned through other vars, of other levels.
        "vars: {x: 1, y: '{{ x }}'}\n"
        "shots: [{id: a, vars: {z: '{{ y }}'}, prompt: 'A boat {{ z }}'}]\n",
        # By a skipped shot.
        "vars: {x: 1}\nnegatives: {y: a}\nshots:\n  - {id: a, prompt: A boat}\n"
        "  - {id: b, prompt: '{{ x }}', negative: \"{{ 'y' }}\", skip: true}\n",
        # In notes, tags, meta, titles, a matrix.
        "vars: {x: 1}\nshots: [{id: a, prompt: A boat, notes: '{{ x }}'}]\n",
        "vars: {x: 1}\nshots: [{id: a, prompt: A boat, meta: {k: ['{{ x }}']}}]\n",
        "vars: {x: 1}\nshots: [{id: a, prompt: A boat, tags: ['{{ x }}']}]\n",
        "vars: {x: 1}\nscenes: [{id: s, title: '{{ x }}', shots: [{id: a, prompt: A boat}]}]\n",
        "vars: {x: 1}\n"
        "shots: [{id: 'a{{ matrix.m }}', prompt: A boat, matrix: {m: ['{{ x }}']}}]\n",
    ],
)
def test_what_is_mentioned_anywhere_counts_as_used(tmp_path: Path, text: str) -> None:
    assert told(load_text(tmp_path, HEAD + text)) == []


def test_a_var_that_only_an_included_text_or_a_macro_mentions_is_used(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "camera.j2").write_text("{% macro pan() %}{{ pace }}{% endmacro %}")
    board = load_text(
        tmp_path,
        HEAD
        + "include: [style.yaml]\nvars: {look: film, pace: slow}\n"
        + "shots: [{id: a, prompt: 'A boat {{ camera.pan() }}'}]\n",
        style_yaml="vars: {mine: 1}\ndefaults: {prompt_suffix: ', {{ look }}'}\n",
    )
    assert told(board) == []
    assert board.takes[0].payload["prompt"] == "A boat slow, film"


def test_what_a_misspelt_name_was_meant_for_is_not_called_unused_as_well(tmp_path: Path) -> None:
    board = load_text(
        tmp_path,
        HEAD
        + "vars: {hero: Ann}\nnegatives: {base: blurry}\nseeds: {walk: 1}\n"
        + "shots: [{id: a, prompt: '{{ heroo }}', negative: bsae, seed: wlak}]\n",
    )
    assert [line.split(": ", 2)[2] for line in told(board)] == [
        "'heroo' is not defined",
        "there is no shared negative 'bsae'; known: base",
        "there is no shared seed 'wlak'; known: walk, auto",
    ]


@pytest.mark.parametrize(
    "mistake", ["{{ hero | uper }}", "{{ hero ", "{% if hero %}A", "{{ 1 + }}"]
)
def test_a_template_that_cannot_be_read_makes_no_var_unused(tmp_path: Path, mistake: str) -> None:
    prompt = "{{ look }} {{ hero }} " + mistake
    text = f"vars: {{hero: Ann, look: film}}\nshots: [{{id: a, prompt: '{prompt}'}}]\n"
    (problem,) = load_text(tmp_path, HEAD + text).problems
    assert problem.severity is Severity.PROBLEM


def test_a_var_that_only_itself_mentions_is_unused(tmp_path: Path) -> None:
    text = HEAD + "vars: {x: '{{ x }}'}\nshots: [{id: a, prompt: A boat}]\n"
    assert told(load_text(tmp_path, text)) == [
        "film.yaml:3:8: warning: vars.x: nothing uses this var"
    ]
