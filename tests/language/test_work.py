"""What a long storyboard costs, in work that is counted and not in seconds."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import validators

from storyboard.language.expansion import takes
from storyboard.language.expansion.shot_scope import ShotScope
from storyboard.language.files import Disk
from storyboard.language.pictures import measure
from storyboard.language.templates.engine import JinjaRenderer
from storyboard.language.templates.sandbox import Sandbox
from storyboard.reporting import suggest
from tests.hostile.work import count_calls
from tests.language.boards import HEAD, load_text, told
from tests.language.pictures.made import png

SHOTS = 50


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each piece of work is done."""
    counted: Counter[str] = Counter()

    def count(owner: Any, name: str, key: str) -> None:
        work: Callable[..., Any] = getattr(owner, name)

        def counting(*args: Any, **kwargs: Any) -> Any:
            counted[key] += 1
            return work(*args, **kwargs)

        monkeypatch.setattr(owner, name, counting)

    count(Sandbox, "compile", "compiled")
    count(JinjaRenderer, "render", "rendered")
    count(takes, "fingerprint", "fingerprints")
    count(suggest, "_guess", "guesses")
    count(validators, "extend", "classes")
    count(Disk, "read_bytes", "read")
    count(measure, "run_child", "children")
    return counted


def test_prompts_that_differ_in_words_are_compiled_once(
    tmp_path: Path, counts: Counter[str]
) -> None:
    shots = "".join(
        f"  - {{id: s{n}, prompt: \"{{{{ hero | upper }}}} at door {n}, {{{{ 'no. {n}' }}}}\"}}\n"
        for n in range(SHOTS)
    )
    board = load_text(tmp_path, f"{HEAD}vars: {{hero: Ada}}\nshots:\n{shots}")
    assert told(board) == []
    assert board.takes[7].payload == {"prompt": "ADA at door 7, no. 7"}
    assert counts["compiled"] == 2
    assert counts["rendered"] == SHOTS


def test_what_is_the_same_for_all_rows_is_made_once(tmp_path: Path, counts: Counter[str]) -> None:
    rows = "name\n" + "".join(f"lamp {n}\n" for n in range(SHOTS))
    board = load_text(
        tmp_path,
        f"{HEAD}vars: {{look: film, all: '{{{{ look }}}}'}}\nnegatives: {{base: blurry}}\n"
        "defaults: {negative: base, prompt_suffix: ', {{ all }}', resolution: '{{ 720 }}P'}\n"
        "shots: [{id: 's{{ shot.number }}', rows: rows.csv, prompt: '{{ row.name }}'}]\n",
        rows_csv=rows,
    )
    assert told(board) == []
    assert board.takes[7].payload == {
        "prompt": "lamp 7, film",
        "negative_prompt": "blurry",
        "resolution": "720P",
    }
    # The id and the prompt of each shot; the suffix, the var in it and the resolution once.
    assert counts["rendered"] == 2 * SHOTS + 3
    assert counts["fingerprints"] == SHOTS


def test_a_column_that_a_table_has_not_costs_no_more_for_many_rows(
    tmp_path: Path, counts: Counter[str]
) -> None:
    text = (
        f"{HEAD}defaults: {{duration: 5}}\n"
        "shots:\n  - id: '{{ row.id }}'\n    rows: rows.csv\n    prompt: A {{ row.promt }}\n"
        "    duration: '{{ row.secs }}'\n    notes: '{{ row.nots | upper }}'\n"
        "    tags: ['{{ row.tag }}', '{{ row.tag | default(row.x) }}']\n"
    )
    for rows in (1, SHOTS):
        counts.clear()
        table = "id,prompt,seconds\n" + "".join(f"s{n},A kite,5\n" for n in range(rows))
        board = load_text(tmp_path, text, rows_csv=table)
        assert told(board) == [
            "film.yaml:7:22: shots[0].prompt: row has no 'promt'",
            "film.yaml:8:23: shots[0].duration: row has no 'secs'",
            "film.yaml:9:20: shots[0].notes: row has no 'nots'",
            "film.yaml:10:20: shots[0].tags[0]: row has no 'tag'",
            "film.yaml:10:55: shots[0].tags[1]: row has no 'x'",
        ]
        assert board.problems[0].hint == "did you mean 'prompt'?"
        assert counts["guesses"] == 6  # one of them for the prompt, which is missing
        assert counts["classes"] <= 1  # it is kept for the storyboards that follow
        # The id, and what need not ask for the column in each row, as a default has it.
        assert counts["rendered"] == 2 * rows + 4


def test_a_fault_that_only_some_rows_have_hides_no_other(tmp_path: Path) -> None:
    prompt = "{% if row.a == 'x' %}{{ row.nope }}{% else %}{{ row.a | int // 0 }}{% endif %}"
    shot = f'{{id: "s{{{{ shot.number }}}}", rows: rows.csv, prompt: "{prompt}"}}'
    text = f"{HEAD}shots: [{shot}]\n"
    found = told(load_text(tmp_path, text, rows_csv="a\nx\n1\nx\n2\n"))
    assert [line.split(": ", 2)[2] for line in found] == [
        "division by zero (rows.csv:3, row.a: '1')",
        "division by zero (rows.csv:5, row.a: '2')",
        "row has no 'nope'",
    ]


def test_a_value_that_asks_for_the_row_through_a_var_or_meta_is_made_for_each(
    tmp_path: Path,
) -> None:
    board = load_text(
        tmp_path,
        f"{HEAD}vars: {{who: '{{{{ row.name }}}}', tag: '{{{{ who }}}}!'}}\n"
        "shots:\n  - id: 's{{ shot.number }}'\n    rows: rows.csv\n    prompt: A boat\n"
        "    meta: {slate: '{{ row.name }}'}\n"
        "    prompt_suffix: ' {{ tag }} {{ meta.slate }}'\n"
        "    prompt_prefix: '{% if row.name == \"b\" %}{{ take }}{% endif %}'\n",
        rows_csv="name\na\nb\na\n",
    )
    assert told(board) == ["film.yaml:5:9: warning: take s3: same request as s1, rendered once"]
    assert [take.payload["prompt"] for take in board.takes] == [
        "A boat a! a",
        "1A boat b! b",
        "A boat a! a",
    ]


_TEXTS = st.lists(
    st.sampled_from(
        [
            *("x", " ", "{{ row.a }}", "{{ row.b }}", "{{ one }}", "{{ two }}", "{{ three }}"),
            *("{{ take }}", "{{ shot.id }}", "{{ matrix.m }}", "{{ meta.k }}", "{{ meta.l }}"),
            *("{{ row.c | default('y') }}", "{% if row.a == '1' %}{{ row.b }}{% endif %}"),
            *("{% for n in [1, 2] %}{{ n ~ row.a }}{% endfor %}", "{{ title }}", "{{ nope }}"),
        ]
    ),
    min_size=1,
    max_size=3,
).map("".join)


@settings(deadline=None)
@given(st.data())
def test_what_is_remembered_for_an_entry_changes_nothing(data: st.DataObject) -> None:
    document = {
        "version": 1,
        "model": "alibaba/wan2.7-t2v",
        "title": "T",
        "vars": {"one": data.draw(_TEXTS), "two": "{{ one }}", "three": data.draw(_TEXTS)},
        "negatives": {"base": data.draw(_TEXTS)},
        "seeds": {"hero": "{{ row.b }}"},
        "defaults": {
            "prompt_prefix": data.draw(_TEXTS),
            "negative": data.draw(st.sampled_from(["base", "{{ row.n }}", None])),
            "negative_prompt": data.draw(_TEXTS),
            "seed": data.draw(st.sampled_from(["auto", "hero", "{{ row.a }}", 7])),
            "meta": {"k": data.draw(_TEXTS), "l": "{{ meta.k }}"},
        },
        "shots": [
            {
                "id": "s{{ shot.number }}",
                "rows": "rows.csv",
                "prompt": data.draw(_TEXTS),
                "prompt_suffix": data.draw(_TEXTS),
                "takes": data.draw(st.sampled_from([1, 2])),
                "matrix": {"m": ["p", "q"]},
            }
        ],
    }
    with tempfile.TemporaryDirectory() as folder:
        text, rows = json.dumps(document), "a,b,n\n1,2,base\n3,4,\n1,2,base\n"
        board = load_text(Path(folder), text, rows_csv=rows)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ShotScope, "render_text", ShotScope._render_text)
            expected = load_text(Path(folder), text, rows_csv=rows)
    assert board.takes == expected.takes
    assert board.problems == expected.problems


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (["--version"], {"yaml", "jinja2", "requests", "jsonschema_rs", "sqlite3", "tqdm"}),
        (["--help"], {"yaml", "jinja2", "requests", "jsonschema_rs", "sqlite3", "tqdm"}),
        (
            ["validate", "film.yaml"],
            {"jinja2", "requests", "jsonschema", "sqlite3", "tqdm", "xml", "lzma"},
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_command_imports_only_what_it_needs(
    tmp_path: Path, arguments: list[str], unwanted: set[str]
) -> None:
    (tmp_path / "film.yaml").write_text(f"{HEAD}shots: [{{id: a, prompt: A boat}}]\n")
    program = (
        "import sys; from storyboard.cli import run; assert run(sys.argv[1:]) == 0; "
        "print(*{name.split('.')[0] for name in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert not unwanted & set(done.stdout.splitlines()[-1].split())


def test_a_picture_that_many_shots_name_is_read_and_decoded_once(
    tmp_path: Path, counts: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measure, "_REMEMBERED", {})
    shots = "".join(
        f"  - {{id: s{n}, prompt: A pier {n}, first_frame: {'./' * (n % 3)}{'ab'[n % 2]}.png}}\n"
        for n in range(SHOTS)
    )
    text = f"version: 1\nmodel: alibaba/wan2.7-i2v\nshots:\n{shots}"
    board = load_text(tmp_path, text, a_png=png(16, 9), b_png=png(9, 16))
    assert told(board) == []
    assert counts["read"] == 1 + 2 + 2  # the film; each picture to name it, and to decode it
    assert counts["children"] == 1


def test_a_chain_costs_no_more_than_its_links(tmp_path: Path) -> None:
    def steps(length: int) -> int:
        """The steps of Python that it takes to check a chain of so many takes."""
        waits = "".join(
            f"  - {{id: s{n}, prompt: A {n}, first_frame: {{take: s{n - 1}}}}}\n"
            for n in range(1, length)
        )
        first = "  - {id: s0, prompt: A, first_frame: https://example.com/a.png}\n"
        text = f"version: 1\nmodel: alibaba/wan2.7-i2v\nshots:\n{first}{waits}"
        return calls_of(lambda: load_text(tmp_path, text))

    steps(5)
    assert steps(400) < 2.5 * steps(200)


def calls_of(work: Callable[[], object]) -> int:
    """How many Python functions are called."""
    return count_calls(work, with_c=False)
