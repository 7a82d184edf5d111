"""What makes a prompt too long."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.language.boards import HEAD, load_text

LONG, SHORT = "x" * 5_200, "y" * 100


def hint_of(folder: Path, text: str, **files: str) -> str | None:
    (problem,) = [p for p in load_text(folder, HEAD + text, **files).problems if not p.is_warning]
    assert problem.code == "too-long"
    return problem.hint


@pytest.mark.parametrize(
    ("variables", "prompt", "hint"),
    [
        (f"a: {LONG}, b: {SHORT}", "{{ b }} {{ a }}", "vars.a adds 5,200 of them"),
        (
            f"a: {'x' * 2_600}, b: {'y' * 3_000}",
            "{{ a }} {{ b }} {{ a }}",
            "vars.a adds 5,200 of them",
        ),
        (f"a: '{{{{ b }}}} at night', b: {LONG}", "A {{ a | upper }}", "vars.b adds 5,200 of them"),
        (f"a: '{SHORT} {{{{ b * 52 }}}}', b: {SHORT}", "A {{ a }}", "vars.a adds 5,301 of them"),
        ("a: 5200", "{{ 'x' * a }}", None),
        (f"a: {LONG}", "{{ 'matrix.a' }} {{ a }}", "vars.a adds 5,200 of them"),
        ("a: ''", f"{{{{ a }}}}{LONG}", None),
    ],
)
def test_the_var_that_adds_most_is_named(
    variables: str, prompt: str, hint: str | None, tmp_path: Path
) -> None:
    text = f'vars: {{{variables}}}\nshots: [{{id: s, prompt: "{prompt}"}}]\n'
    assert hint_of(tmp_path, text) == hint


def test_vars_that_mention_one_another_in_a_circle_come_to_an_end(tmp_path: Path) -> None:
    variables = """a: "{{ 'x' * 5200 if true else b }}", b: '{{ a }}'"""
    text = f"vars: {{{variables}}}\nshots: [{{id: s, prompt: '{{{{ a }}}}'}}]\n"
    assert hint_of(tmp_path, text) in ("vars.a adds 5,200 of them", "vars.b adds 5,200 of them")


def test_a_suffix_of_the_defaults_counts_too(tmp_path: Path) -> None:
    text = f"vars: {{look: {LONG}}}\ndefaults: {{prompt_suffix: ', {{{{ look }}}}'}}\n"
    hint = hint_of(tmp_path, f"{text}shots: [{{id: s, prompt: A boat}}]\n")
    assert hint == "vars.look adds 5,200 of them"


def test_so_do_a_cell_and_an_axis(tmp_path: Path) -> None:
    row = "shots: [{id: s, rows: rows.csv, prompt: '{{ row.sku }} {{ row.About }}'}]\n"
    assert (
        hint_of(tmp_path, row, rows_csv=f"sku,About\n1,{LONG}\n") == "row.About adds 5,200 of them"
    )
    axis = f"shots: [{{id: s, matrix: {{a: [{LONG}]}}, prompt: 'A {{{{ matrix.a }}}}'}}]\n"
    assert hint_of(tmp_path, axis) == "matrix.a adds 5,200 of them"


def test_a_shared_negative_prompt_is_named(tmp_path: Path) -> None:
    text = f"negatives: {{base: {SHORT}, many: {'z' * 600}}}\n"
    hint = hint_of(tmp_path, f"{text}shots: [{{id: s, prompt: A boat, negative: 'base, many'}}]\n")
    assert hint == "negatives.many adds 600 of them"
