"""Whole storyboards, from their files to takes and problems; each case of the format is a file."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import pytest

from storyboard.language.load import load_storyboard
from storyboard.language.overrides import read_overrides
from storyboard.models.catalog import Catalog, load_catalog
from storyboard.records import Severity, Storyboard, Take
from storyboard.reporting.problems import format_problems
from tests.language.boards import HEAD, compare, load, load_text, told
from tests.language.rows.xlsx.workbooks import workbook

REPO = Path(__file__).parents[2]
CASES = REPO / "tests" / "storyboards"
EXAMPLES = REPO / "examples"


def cases(folder: str) -> list[Path]:
    """A case is a file, or a folder with film.yaml in it."""
    home = CASES / folder
    return sorted([*home.glob("*.yaml"), *home.glob("*/film.yaml")])


def name_of(case: Path) -> str:
    return case.parent.name if case.stem == "film" else case.stem


# Cases that are files


@pytest.mark.parametrize("case", cases("invalid"), ids=name_of)
def test_mistakes_are_told_at_their_places(case: Path) -> None:
    board = load(case, display_name=case.name)
    text = format_problems(board.problems, board.sources, style="text")
    compare(f"{text}\n", case.with_suffix(".expected"))


@pytest.mark.parametrize("case", cases("valid"), ids=name_of)
def test_a_sound_storyboard_makes_these_takes(case: Path) -> None:
    board = load(case, display_name=case.name)
    assert format_problems(board.problems, board.sources) == ""
    lines = [json.dumps(described(take), ensure_ascii=False) for take in board.takes]
    compare("\n".join(lines) + "\n", case.with_suffix(".jsonl"))


def described(take: Take) -> dict[str, object]:
    """A take as one line of the expected output; what it does not have is left out."""
    facts = {
        "id": take.id,
        "shot": take.shot,
        "scene": take.scene,
        "take": take.number,
        "tags": list(take.tags),
        "locked": take.is_locked,
        "notes": take.notes,
        "meta": dict(take.meta),
        "payload": take.payload,
        "fingerprint": take.fingerprint,
        "inputs": [one._asdict() for one in take.inputs],
        "repeat": take.repeat,
        "pause": take.is_paused,
        "fallbacks": [described(one) for one in take.fallbacks],
    }
    return {name: value for name, value in facts.items() if value}


def test_twenty_mistakes_make_twenty_problems() -> None:
    board = load(CASES / "invalid" / "twenty-mistakes.yaml", display_name="twenty-mistakes.yaml")
    assert len(board.problems) == 20
    assert len({(p.position.line, p.position.column) for p in board.problems}) == 20
    assert {problem.severity for problem in board.problems} == {Severity.PROBLEM}


def test_no_expected_output_is_left_without_its_case() -> None:
    outputs = [*CASES.glob("*/**/*.expected"), *CASES.glob("*/**/*.jsonl")]
    assert [path for path in outputs if not path.with_suffix(".yaml").exists()] == []


@pytest.mark.parametrize(
    "path",
    [p for p in sorted(EXAMPLES.glob("*.yaml")) if "include.schema.json" not in p.read_text()],
    ids=lambda path: path.stem,
)
def test_every_example_is_sound_and_warns_of_nothing(path: Path) -> None:
    board = load(path)
    assert told(board) == []
    assert board.takes


# The command line's vars


def test_vars_of_the_command_line_beat_every_level(tmp_path: Path) -> None:
    variables, problems, _ = read_overrides(["colour=green"], [])
    (tmp_path / "film.yaml").write_text(
        f"{HEAD}vars: {{colour: red, coat: 'a {{{{ colour }}}} coat'}}\n"
        "shots: [{id: a, vars: {colour: blue}, prompt: '{{ coat }}'}]\n"
    )
    board = load(tmp_path / "film.yaml", overrides=variables)
    assert problems == []
    assert [take.payload["prompt"] for take in board.takes] == ["a green coat"]
    assert board.problems == ()


def test_a_storyboard_knows_the_titles_of_its_scenes(tmp_path: Path) -> None:
    text = """
vars: {city: Osaka}
scenes:
  - {id: pier, title: "Pier in {{ city }}", shots: [{id: a, prompt: A}]}
  - {id: street, shots: [{id: b, prompt: B}]}
"""
    board = load_text(tmp_path, HEAD + text)
    assert (told(board), board.scene_titles) == ([], {"pier": "Pier in Osaka"})


def test_vars_from_a_file_keep_their_types_and_those_of_options_are_text(tmp_path: Path) -> None:
    file = tmp_path / "vars.yaml"
    file.write_text("n: 3\nshow: true\ncity: Osaka\n")
    variables, problems, sources = read_overrides(["city=Porto", "m=3=4"], [file])
    assert problems == []
    assert {name: node.data for name, node in variables.items()} == {
        "n": 3,
        "show": True,
        "city": "Porto",
        "m": "3=4",
    }
    assert sources == {str(file): file.read_text()}


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("hero", "'hero' is not NAME=VALUE"),
        ("=x", "[\"\"]: '' is not allowed: the name of a var consists of"),
        ("my-hero=x", "my-hero: 'my-hero' is not allowed: the name of a var consists of"),
        ("take=1", "take: 'take' is not allowed: this name already has a meaning in templates"),
        ("hero=\udcff", "contains bytes that are not characters"),
    ],
)
def test_an_option_that_is_no_var_is_a_problem(assignment: str, message: str) -> None:
    variables, problems, _ = read_overrides([assignment], [])
    assert variables == {}
    assert [problem.message.startswith(message) for problem in problems] == [True], problems


def test_the_names_in_a_file_of_vars_are_checked_and_it_has_to_be_a_mapping(tmp_path: Path) -> None:
    names, items = tmp_path / "names.yaml", tmp_path / "list.yaml"
    names.write_text("row: 1\n")
    items.write_text("[1]\n")
    _, problems, _ = read_overrides([], [names, items, tmp_path / "none.yaml"])
    assert [problem.message for problem in problems] == [
        "row: 'row' is not allowed: this name already has a meaning in templates",
        "a file of vars is a mapping of names to values",
        "there is no such file",
    ]


def test_an_unused_option_is_warned_of_with_the_name_that_was_meant(tmp_path: Path) -> None:
    variables, _, _ = read_overrides(["heroo=x", "zzz=y"], [])
    (tmp_path / "film.yaml").write_text(
        HEAD + "vars: {hero: Ann}\nshots: [{id: a, prompt: '{{ hero }}'}]\n"
    )
    board = load(tmp_path / "film.yaml", overrides=variables)
    assert [(p.message, p.hint, p.severity) for p in board.problems] == [
        ("heroo: nothing uses this var", "did you mean 'hero'?", Severity.WARNING),
        ("zzz: nothing uses this var", None, Severity.WARNING),
    ]


# Files that storyboards name


def test_a_file_included_twice_is_read_once_at_its_first_place(tmp_path: Path) -> None:
    board = load_text(
        tmp_path,
        f"{HEAD}include: [a.yaml, b.yaml]\nshots: [{{id: a, prompt: '{{{{ x }}}}'}}]\n",
        a_yaml="include: [c.yaml]\nvars: {x: a}\n",
        b_yaml="include: [./c.yaml]\n",
        c_yaml="vars: {x: c}\n",
    )
    assert [take.payload["prompt"] for take in board.takes] == ["a"]


def test_includes_that_double_at_each_level_are_read_once_each(tmp_path: Path) -> None:
    for level in range(40):
        (tmp_path / f"l{level}.yaml").write_text(f"include: [l{level + 1}.yaml, l{level + 1}.yaml]")
    (tmp_path / "l40.yaml").write_text("vars: {x: 1}")
    board = load_text(tmp_path, HEAD + "include: [l0.yaml]\nshots: [{id: a, prompt: A boat}]\n")
    assert told(board) == []


def test_included_files_may_not_go_on_for_ever(tmp_path: Path) -> None:
    for level in range(60):
        (tmp_path / f"l{level}.yaml").write_text(f"include: [l{level + 1}.yaml]")
    board = load_text(tmp_path, HEAD + "include: [l0.yaml]\nshots: [{id: a, prompt: A boat}]\n")
    assert told(board) == [
        "l49.yaml:1:11: include[0]: files include one another more than 50 levels deep"
    ]


def test_rows_are_read_once_for_several_shots_and_their_mistakes_told_once(tmp_path: Path) -> None:
    board = load_text(
        tmp_path,
        HEAD
        + "shots:\n"
        + "".join(
            f"  - {{id: '{n}-{{{{ row.x }}}}', rows: rows.csv, prompt: 'A {n} {{{{ row.x }}}}'}}\n"
            for n in ("boat", "pier")
        ),
        rows_csv="x,y\n1,2\n3\n",
    )
    assert told(board) == ["rows.csv:3:1: 1 cell, but the header has 2 columns"]
    assert [take.id for take in board.takes] == ["boat-1", "pier-1"]


def test_every_bad_row_is_told_and_a_column_that_no_row_has_is_told_once(tmp_path: Path) -> None:
    board = load_text(
        tmp_path,
        f"{HEAD}shots:\n  - id: 'p-{{{{ row.n }}}}'\n    rows: rows.csv\n"
        "    prompt: A boat {{ row.n }}\n    duration: '{{ row.n }}'\n    seed: '{{ row.nn }}'\n",
        rows_csv="n\n" + "".join(f"{n}\n" for n in range(1000)),
    )
    assert told(board)[:2] == [
        "film.yaml:7:15: take p-0: duration: 0 is less than 2, the least that "
        "alibaba/wan2.7-t2v allows (rows.csv:2, row.n: '0')",
        "film.yaml:7:15: take p-1: duration: 1 is less than 2, the least that "
        "alibaba/wan2.7-t2v allows (rows.csv:3, row.n: '1')",
    ]
    assert told(board)[20:] == [
        "film.yaml:7:15: 966 more rows have a problem here; --format json names all of them",
        "film.yaml:8:19: shots[0].seed: row has no 'nn'",
    ]
    assert sum(problem.row is not None for problem in board.problems) == 986


@pytest.mark.parametrize(
    ("name", "rows", "lines"),
    [
        ("r.csv", "n,s\na,5\nb,five\nc,5\nd,99\n", [3, 5]),
        ("r.jsonl", '{"n": "a", "s": 5}\n{"n": "b", "s": "x"}\n\n{"n": "c", "s": 99}\n', [2, 4]),
        ("r.json", '[{"n": "a", "s": 5},\n {"n": "b", "s": "x"},\n{"n": "c", "s": 99}]', [2, 3]),
        ("r.yaml", "- {n: a, s: 5}\n- n: b\n  s: x\n- n: c\n  s: 99\n", [2, 4]),
        ("r.jsonl", '{"n": "a", "s": 5}\n{"n": "b"}\n{"n": "c"}\n', [2, 3]),
    ],
)
def test_a_bad_row_is_told_with_its_line_and_its_cells_in_every_format(
    tmp_path: Path, name: str, rows: str, lines: list[int]
) -> None:
    board = load_text(
        tmp_path,
        f"{HEAD}vars: {{how_long: '{{{{ row.s }}}}'}}\nshots:\n  - id: '{{{{ row.n }}}}'\n"
        f"    rows: {name}\n    prompt: A boat\n    duration: '{{{{ how_long }}}}'\n",
        **{name.replace(".", "_"): rows},
    )
    sources = [problem.row for problem in board.problems if problem.row]
    assert [(row.position.path, row.position.line) for row in sources] == [
        (name, line) for line in lines
    ]
    assert {key for row in sources for key, _ in row.cells} <= {"s"}


@pytest.mark.parametrize(
    ("template", "row", "code"),
    [
        ("prompt: '{{ row.p }}'", "r.csv:3", "empty-prompt"),
        ("prompt: A boat {{ 1 // (row.q | int) }}", "r.csv:3", "template-error"),
        ("prompt: A boat\n    takes: '{{ row.q }}'", "r.csv:3", "bad-takes"),
        ("prompt: A boat\n    seed: '{{ row.p }}'", "r.csv:2", "unknown-seed"),
        ("prompt: A boat\n    locked: '{{ row.p }}'", "r.csv:2", "wrong-type"),
    ],
)
def test_a_fault_of_one_row_names_that_row(
    tmp_path: Path, template: str, row: str, code: str
) -> None:
    text = f"{HEAD}shots:\n  - id: 's{{{{ shot.number }}}}'\n    rows: r.csv\n    {template}\n"
    board = load_text(tmp_path, text, r_csv="p,q\nA kite,5\n,0\n")
    (problem,) = (problem for problem in board.problems if not problem.is_warning)
    assert problem.code == code
    assert problem.row
    assert f"{problem.row.position.path}:{problem.row.position.line}" == row


def test_an_id_that_a_cell_cannot_be_is_told_with_the_filter_that_makes_one(tmp_path: Path) -> None:
    text = f"{HEAD}shots: [{{id: 's-{{{{ row.n }}}}', rows: r.csv, prompt: A boat}}]\n"
    board = load_text(tmp_path, text, r_csv="n\na\nb c\n")
    (problem,) = (problem for problem in board.problems if not problem.is_warning)
    assert problem.row
    assert problem.row.cells == (("n", "b c"),)
    assert problem.hint == "slug turns any text into an id, as in {{ row.name | slug }}"


def test_a_column_with_a_space_is_found_by_its_name_with_an_underscore(tmp_path: Path) -> None:
    text = (
        f"{HEAD}shots: [{{id: 's{{{{ row.Shot_No }}}}', rows: r.csv, "
        'prompt: \'{{ row.Shot_Size }}, {{ row["Shot Size"] }}, {{ row.a_b }}, '
        "{{ row.Dur_s }}'}]\n"
    )
    board = load_text(tmp_path, text, r_csv="Shot No,Shot Size,a_b,a b,Dur. (s)\n1,Wide,x,y,5\n")
    assert told(board) == []
    assert board.takes[0].payload["prompt"] == "Wide, Wide, x, 5"


@pytest.mark.parametrize(
    ("prompt", "hint"),
    [
        ("{{ row.Shot Size }}", "write row['Shot Size']"),
        ("{{ row.Shot Sise }}", "did you mean row['Shot Size']?"),
        ("{{ Shot Size }}", "write row['Shot Size']"),
        ("{{ Shot_Size }}", "did you mean row['Shot Size']?"),
        ("{{ name }}", "did you mean row.Name?"),
        ("{{ row.Shot_Sise }}", "did you mean row['Shot Size']?"),
        ("{{ row['Shot Sise'] }}", "did you mean row['Shot Size']?"),
        ("{{ row.Nme }}", "did you mean 'Name'?"),
    ],
)
def test_a_column_with_a_space_is_named_as_a_template_writes_it(
    tmp_path: Path, prompt: str, hint: str
) -> None:
    text = f'{HEAD}shots: [{{id: a, rows: r.csv, prompt: "{prompt}"}}]\n'
    board = load_text(tmp_path, text, r_csv="Shot,Shot Size,Name\n1,Wide,x\n")
    (problem,) = board.problems
    assert problem.hint == hint


def test_a_name_with_a_space_is_underlined_and_shown_in_brackets(tmp_path: Path) -> None:
    text = f'{HEAD}shots:\n- id: a\n  rows: r.csv\n  prompt: "A {{{{ row.Shot Size }}}}"\n'
    (problem,) = load_text(tmp_path, text, r_csv="Shot Size\nWide\n").problems
    assert problem.position == ("film.yaml", 6, 21, 9)
    words = "a name with a space ('Shot Size') needs brackets"
    assert problem.message == f"shots[0].prompt: {words}"
    assert problem.hint == "write row['Shot Size']"


def test_a_foreign_name_for_the_prompt_is_told_once(tmp_path: Path) -> None:
    board = load_text(tmp_path, f"{HEAD}shots: [{{id: a, text: A boat}}]\n")
    assert told(board) == ["film.yaml:3:17: shots[0].text: unknown key"]


def test_a_name_that_two_columns_could_have_finds_neither(tmp_path: Path) -> None:
    text = f"{HEAD}shots: [{{id: a, rows: r.csv, prompt: '{{{{ row.a_b }}}}'}}]\n"
    board = load_text(tmp_path, text, r_csv="a b,a-b\n1,2\n")
    assert [problem.code for problem in board.problems] == ["undefined-name"]


def test_shown_names_are_those_the_user_typed(tmp_path: Path) -> None:
    (tmp_path / "film.yaml").write_text(
        HEAD + "include: [styles/a.yaml]\nshots: [{id: a, rows: none.csv, prompt: A boat}]\n"
    )
    (tmp_path / "styles").mkdir()
    (tmp_path / "styles" / "a.yaml").write_text("include: [../b.yaml]\nfoo: 1\n")
    (tmp_path / "b.yaml").write_text("bar: 1\n")
    board = load(tmp_path / "film.yaml", display_name="films/film.yaml")
    assert told(board) == [
        "films/b.yaml:1:1: bar: unknown key",
        "films/film.yaml:4:23: shots[0].rows: 'none.csv': there is no such file",
        "films/styles/a.yaml:2:1: foo: unknown key",
    ]
    assert set(board.sources) >= {"films/film.yaml", "films/b.yaml", "films/styles/a.yaml"}


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("shot.csv", "did you mean 'shots.csv'?"),
        ("more.yml", "did you mean 'more.yaml'?"),
        ("shot.json", None),
        ("tables/shot.csv", "did you mean 'shots.csv' in the same folder?"),
        ("link.csv", None),
        ("data\\shots.csv", "write / between folder and file, which works on every system"),
        (
            "https://a.test/shots.csv",
            "download it, and name the file: nothing is read from the web",
        ),
        ("https://a.test/edit", "download it, and name the file: nothing is read from the web"),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="a backslash separates folders there")
def test_a_missing_file_gets_the_name_that_was_meant(
    tmp_path: Path, name: str, hint: str | None
) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "shots.csv").write_text("name\nx\n")
    (tmp_path / "link.csv").symlink_to("none.csv")
    text = f"{HEAD}shots: [{{id: a, rows: '{name}', prompt: A boat}}]\n"
    [problem] = load_text(tmp_path, text, shots_csv="name\nx\n", more_yaml="[]").problems
    assert problem.hint == hint


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' file names are Unicode")
def test_a_name_that_no_storyboard_can_contain_is_not_suggested(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"shot-list\xff.csv")).touch()
    text = f"{HEAD}shots: [{{id: a, rows: shot-list.csv, prompt: A boat}}]\n"
    [problem] = load_text(tmp_path, text).problems
    assert problem.hint is None


# Several models


def two_models(folder: Path) -> Catalog:
    """The model that the program comes with, and one of another maker with a text of its own."""
    text = (REPO / "schemas" / "models" / "alibaba" / "wan2.7-t2v.yaml").read_text("utf-8")
    other = text.replace("name: alibaba/wan2.7-t2v", "name: maker/other").replace(
        ", negative_prompt: negative_prompt", ""
    )
    start, end = other.index("    negative_prompt:"), other.index("    audio_url:")
    grain = "    grain: {type: string, description: How coarse., enum: ['010', '020']}\n"
    for name, content in (
        ("alibaba/wan2.7-t2v", text),
        ("maker/other", other[:start] + grain + other[end:]),
    ):
        path = folder / "models" / f"{name}.yaml"
        path.parent.mkdir(parents=True)
        path.write_text(content, encoding="utf-8")
    return load_catalog(folder / "models")


def test_each_shot_is_held_to_its_own_model(tmp_path: Path) -> None:
    (tmp_path / "film.yaml").write_text("""version: 1
model: maker/other
defaults: {negative_prompt: blurry, prompt_extend: false}
shots:
  - {id: a, prompt: A boat, grain: 010, negative_prompt: null}
  - {id: b, prompt: A boat, model: alibaba/wan2.7-t2v}
  - {id: c, prompt: A boat, grain: "0{{ 3 }}0", negative_prompt: "{{ '' }}"}
  - {id: d, prompt: A boat, grain: 020, model: alibaba/wan2.7-t2v}
  - {id: e, prompt: A boat}
""")
    board = load_storyboard(tmp_path / "film.yaml", two_models(tmp_path), display_name="film.yaml")
    assert told(board) == [
        "film.yaml:3:29: defaults.negative_prompt: maker/other has no such parameter",
        "film.yaml:7:36: take c: grain: '030' is not allowed; maker/other requires '010' or '020'",
        "film.yaml:8:36: shots[3].grain: alibaba/wan2.7-t2v has no such parameter",
    ]
    assert board.takes[0].payload == {"prompt": "A boat", "grain": "010", "prompt_extend": False}
    assert board.takes[1].model == "alibaba/wan2.7-t2v"


def test_a_shared_seed_is_named_in_the_same_way_where_there_are_several_models(
    tmp_path: Path,
) -> None:
    text = "seeds: {hero: 42}\nshots: [{id: a, prompt: A boat, prompt_extend: false, seed: hero}]\n"
    (tmp_path / "film.yaml").write_text(HEAD + text)
    board = load_storyboard(tmp_path / "film.yaml", two_models(tmp_path))
    assert told(board) == []
    assert board.takes[0].payload["seed"] == 42


# Where rows come from


SHOT = "  - id: 's{{ shot.number }}'\n    prompt: '{{ row.prompt }}'\n"


@pytest.mark.parametrize(
    "rows",
    [
        "r.json",
        "{file: r.json}",
        "{file: n.json, key: clips}",
        "[{prompt: A kite}, A boat]",
        "\n      - prompt: A kite\n        duration: 0010\n      - A boat",
    ],
)
def test_rows_are_a_file_or_a_key_in_one_or_stand_in_the_storyboard(
    tmp_path: Path, rows: str
) -> None:
    inner = '[{"prompt": "A kite"}, "A boat"]'
    board = load_text(
        tmp_path,
        f"{HEAD}shots:\n{SHOT}    rows: {rows}\n",
        r_json=inner,
        n_json=f'{{"clips": {inner}}}',
    )
    assert told(board) == []
    assert [take.payload["prompt"] for take in board.takes] == ["A kite", "A boat"]


def test_cells_that_stand_in_the_storyboard_are_data_and_have_a_position(tmp_path: Path) -> None:
    rows = "[{prompt: A kite, n: 99}, {prompt: '{{ nope }}', n: 5}]"
    text = f"{HEAD}shots:\n{SHOT}    rows: {rows}\n    duration: '{{{{ row.n }}}}'\n"
    board = load_text(tmp_path, text)
    assert board.takes[1].payload["prompt"] == "{{ nope }}"
    (problem,) = (problem for problem in board.problems if not problem.is_warning)
    assert problem.row
    assert (problem.row.position.path, problem.row.position.line) == ("film.yaml", 6)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("{key: clips}", "film.yaml:6:12: shots[0].rows: missing key 'file'"),
        ("{file: r.json, keys: x}", "film.yaml:6:26: shots[0].rows.keys: unknown key"),
        ("{file: no.json}", "film.yaml:6:18: shots[0].rows.file: 'no.json': there is no such file"),
        ("{file: r.json, key: x}", "r.json:1:1: there is no key 'x' here"),
        ("[[1]]", "film.yaml:6:12: shots[0].rows[0]: is a list"),
        ("5", "film.yaml:6:11: shots[0].rows: '5': a name without an extension does not say how"),
        ("[]", "film.yaml:6:11: shots[0].rows: "),
    ],
)
def test_mistakes_in_naming_rows_are_told(tmp_path: Path, rows: str, message: str) -> None:
    board = load_text(tmp_path, f"{HEAD}shots:\n{SHOT}    rows: {rows}\n", r_json='{"a": 1}')
    assert told(board)[0].startswith(message)


def test_the_sheets_of_one_workbook_have_lines_of_their_own(tmp_path: Path) -> None:
    sheets = {"Act 1": [["prompt", "s"], ["A kite", 5]], "Act 2": [["prompt", "s"], ["A boat", 99]]}
    shots = "".join(
        f"{SHOT.replace('s{{', name[-1] + '{{')}    rows: {{file: w.xlsx, sheet: {name}}}\n"
        "    duration: '{{ row.s }}'\n"
        for name in sheets
    )
    board = load_text(tmp_path, f"{HEAD}shots:\n{shots}", w_xlsx=(content := workbook(sheets)))
    assert told(board) == [
        "film.yaml:11:15: take 22: duration: 99 is more than 15, the most that "
        "alibaba/wan2.7-t2v allows (w.xlsx [Act 2]:2, row.s: '99')"
    ]
    assert dict(board.workbooks.values()) == {"w.xlsx": content}
    assert board.sources["w.xlsx [Act 1]"] == "prompt\ts\nA kite\t5"


# What says nothing

SAYS_NOTHING = """
vars: {look: grey, by_row: "{{ row.look }}"}
negatives: {base: blurry}
seeds: {hero: 42}
defaults:
  duration: 5
  seed: hero
  negative: base
  prompt: A default
  prompt_suffix: ", {{ look }}"
  takes: 2
  tags: [film]
  notes: By default
  meta: {slate: A}
  locked: true
shots:
  - id: "s{{ shot.number }}"
    rows: r.csv
    vars: {look: "{{ row.look }}"}
    prompt: "{{ row.prompt }}"
    duration: "{{ row.seconds }}"
    seed: "{{ row.seed }}"
    negative: "{% if row.look %}base{% endif %}"
    prompt_suffix: "{{ row.suffix }}"
    takes: "{{ row.takes }}"
    notes: "{{ row.look }}"
    meta: {slate: "{{ row.look }}"}
    locked: "{{ row.look and false }}"
"""


def test_an_empty_cell_leaves_what_farther_levels_say(tmp_path: Path) -> None:
    board = load_text(
        tmp_path,
        HEAD + SAYS_NOTHING.lstrip(),
        r_csv="n,prompt,seconds,seed,suffix,takes,look\n1, , ,,,,\n2,A boat,7,9,!,1,blue\n",
    )
    assert [problem for problem in board.problems if not problem.is_warning] == []
    first, second, third = board.takes
    assert first.payload == {
        "prompt": "A default, grey",
        "negative_prompt": "blurry",
        "duration": 5,
        "seed": 42,
    }
    assert second.payload["seed"] == 43
    assert (first.tags, first.notes, first.meta) == (("film",), "By default", {"slate": "A"})
    assert first.is_locked
    assert third.payload == {
        "prompt": "A boat!",
        "negative_prompt": "blurry",
        "duration": 7,
        "seed": 9,
    }
    assert (third.notes, third.meta) == ("blue", {"slate": "blue"})
    assert not third.is_locked


def test_the_next_level_that_says_something_holds_and_a_null_is_one(tmp_path: Path) -> None:
    text = (
        f"{HEAD}defaults: {{duration: 5, seed: 1, resolution: 720P, prompt_suffix: ' film'}}\n"
        "scenes:\n"
        "  - id: one\n"
        "    defaults: {duration: \"{{ '' }}\", seed: null, resolution: \"{{ '' }}\"}\n"
        "    shots:\n"
        "      - {id: a, prompt: A, duration: \"{{ ' ' }}\", seed: \"{{ '' }}\", "
        "prompt_suffix: ''}\n"
        "      - {id: b, prompt: B, resolution: null}\n"
    )
    board = load_text(tmp_path, text)
    assert told(board) == []
    assert [take.payload for take in board.takes] == [
        {"prompt": "A", "resolution": "720P", "duration": 5},
        {"prompt": "B film", "duration": 5},
    ]


def test_a_fault_in_a_nearer_template_is_told_and_hides_what_is_farther(tmp_path: Path) -> None:
    text = (
        f"{HEAD}defaults: {{duration: 5}}\nshots: [{{id: a, prompt: A, duration: '{{{{ x }}}}'}}]\n"
    )
    assert told(load_text(tmp_path, text)) == [
        "film.yaml:4:42: shots[0].duration: 'x' is not defined"
    ]


# What is allowed and seldom meant


@pytest.mark.parametrize(
    ("prompt", "code", "line"),
    [
        ("&kite in the air", "unused-anchor", "5:13: warning: shots[0].prompt: &kite is read as"),
        (
            "A {hero} walks",
            "placeholder-in-prompt",
            "5:13: warning: take a: the prompt contains {hero}",
        ),
        (
            "to ${place}",
            "placeholder-in-prompt",
            "5:13: warning: take a: the prompt contains ${place}",
        ),
        (
            "\u201cA boat\u201d",
            "quotes-in-prompt",
            "5:13: warning: take a: the quotes \u201c\u201d",
        ),
    ],
)
def test_what_a_prompt_was_hardly_meant_to_hold_is_a_warning(
    tmp_path: Path, prompt: str, code: str, line: str
) -> None:
    board = load_text(tmp_path, f"{HEAD}shots:\n  - id: a\n    prompt: {prompt}\n")
    (problem,) = board.problems
    assert problem.code == code
    assert told(board)[0].startswith(f"film.yaml:{line}")


@pytest.mark.parametrize(
    "text",
    [
        "vars: {x: a}\nshots: [{id: a, prompt: &p '{{ x }} boat'}, {id: b, prompt: *p}]\n",
        "shots: [{id: a, prompt: 'She says \u201cgo\u201d', meta: {json: '{a}'}}]\n",
        "shots: [{id: a, prompt: '\u201cGo\u201d, he says, \u201cnow\u201d'}]\n",
        "shots: [{id: a, prompt: 'A set {1, 2} and { x }'}]\n",
    ],
)
def test_what_is_meant_is_no_warning(tmp_path: Path, text: str) -> None:
    codes = {problem.code for problem in load_text(tmp_path, HEAD + text).problems}
    assert not codes & {"unused-anchor", "placeholder-in-prompt", "quotes-in-prompt"}


@pytest.mark.parametrize(
    ("entries", "repair"),
    [
        ("prompt: A boat, at sea", ': write prompt: "A boat, at sea"'),
        ("prompt: A kite, red, tall, duration: 5", ': write prompt: "A kite, red, tall"'),
        ("prompt: A boat, red", ': write prompt: "A boat, red"'),
        ("prompt: 'A boat', red", ""),
        ("prompt: A boat, duration: 5, red", ""),
        ('prompt: A "boat", red', ""),
    ],
)
def test_a_text_that_a_comma_in_braces_cuts_short_is_told_as_that(
    tmp_path: Path, entries: str, repair: str
) -> None:
    board = load_text(tmp_path, f"{HEAD}shots: [{{id: a, {entries}}}]\n")
    hints = {problem.hint for problem in board.problems}
    assert hints == {f"inside {{ }}, text with a comma needs quotes{repair}"}


def test_a_key_without_a_value_is_no_comma_in_a_text(tmp_path: Path) -> None:
    board = load_text(tmp_path, f"{HEAD}shots:\n- id: a\n  prompt: A boat\n  red:\n")
    (problem,) = board.problems
    assert problem.hint == "put keys of your own under meta: {red: ...}"


CONFLICT = ("<<<<<<< HEAD", "b,A boat", "=======", "b,A ship", ">>>>>>> other")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "lines",
    [
        ("shots:", "<<<<<<< HEAD", "- {id: a, prompt: A}", "=======", "- {id: b, prompt: B}"),
        ("shots:", "- id: a", "  prompt: |", "    A kite", *CONFLICT),
        ("shots:", "- id: a", "  prompt: |", *(f"    {line}" for line in CONFLICT)),
        ("shots:", "- id: a", "  prompt: |", "    A kite", "    >>>>>>> other"),
    ],
)
def test_a_git_conflict_marker_is_a_problem(
    tmp_path: Path, lines: tuple[str, ...], end: str
) -> None:
    text = end.join([*HEAD.splitlines(), *lines, ""])
    (line,) = told(load_text(tmp_path, text))
    assert re.match(r"film.yaml:\d:[15]: a git conflict marker: lines of both sides", line)


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("rows_csv", "id,prompt"),
        ("rows_csv", 'id,prompt\na,"A kite'),
        ("rows_txt", "A kite"),
        ("rows_json", "["),
        ("rows_jsonl", '{"id": "a", "prompt": "A kite"}'),
        ("rows_yaml", "- {id: a, prompt: A kite}"),
        ("rows_md", "| id | prompt |\n| --- | --- |"),
    ],
)
def test_a_git_conflict_marker_among_rows_is_a_problem(
    tmp_path: Path, name: str, before: str
) -> None:
    file = name.replace("_", ".")
    shot = f"- {{id: '{{{{ row.id }}}}', rows: {file}, prompt: '{{{{ row.prompt }}}}'}}\n"
    rows = "\n".join([before, *CONFLICT, ""])
    (line,) = told(load_text(tmp_path, f"{HEAD}shots:\n{shot}", **{name: rows}))
    number = before.count("\n") + 2
    assert line.startswith(f"{file}:{number}:1: a git conflict marker")


def test_arrows_within_a_text_are_no_conflict(tmp_path: Path) -> None:
    prompt = "<<<<<<<<\n    A sign says <<<<<<< HEAD\n    =======\n    >>>>>>>more"
    text = f"{HEAD}shots:\n- id: a\n  prompt: |\n    {prompt}\n"
    assert told(load_text(tmp_path, text)) == []


def test_of_rows_that_share_a_line_the_number_is_told(tmp_path: Path) -> None:
    shot = "- {id: '{{ row.id }}', rows: rows.json, prompt: '{{ row.prompt }}'}\n"
    rows = '[{"id": "a", "prompt": "x"}, 5, {"id": "b", "prompt": ""}, {"id": "a", "prompt": "y"}]'
    lines = told(load_text(tmp_path, f"{HEAD}shots:\n{shot}", rows_json=rows))
    assert "the id 'a' is already used by the row at rows.json:1 (row 1)" in lines[0]
    assert lines[0].endswith("(rows.json:1 (row 4), row.id: 'a')")
    assert lines[1].endswith("the prompt is empty (rows.json:1 (row 3), row.prompt: '')")


def test_of_rows_on_lines_of_their_own_no_number_is_told(tmp_path: Path) -> None:
    shot = "- {id: '{{ row.id }}', rows: rows.json, prompt: '{{ row.prompt }}'}\n"
    rows = '[{"id": "a", "prompt": "x"},\n{"id": "b", "prompt": ""}]'
    (line,) = told(load_text(tmp_path, f"{HEAD}shots:\n{shot}", rows_json=rows))
    assert line.endswith("(rows.json:2, row.prompt: '')")


@pytest.mark.parametrize("file", ["rows.json", "my rows.json"])
def test_the_hint_for_a_list_under_a_key_names_the_file(tmp_path: Path, file: str) -> None:
    rows = '{"project": {"clips": [{"prompt": "A kite"}]}}'
    for name in ("rows.json", "my rows.json"):
        (tmp_path / name).write_text(rows)
    text = f"{HEAD}shots: [{{id: a, rows: {file}, prompt: '{{{{ row.prompt }}}}'}}]\n"
    (problem,) = load_text(tmp_path, text).problems
    key = "project.clips"
    assert problem.hint == f"name the key of the list: rows: {{file: {file}, key: {key}}}"


def shot_with_cell(folder: Path, key: str, cell: str) -> Storyboard:
    shot = f"{{id: a, rows: rows.csv, prompt: A kite, {key}: '{{{{ row.x }}}}'}}"
    text = f"{HEAD}defaults: {{prompt_extend: false}}\nshots: [{shot}]\n"
    return load_text(folder, text, rows_csv=f'x\n"{cell}"\n')


@pytest.mark.parametrize(
    ("cell", "hint"), [("1,000", "write 1000"), ("12 345", "write 12345"), ("7th", None)]
)
def test_a_seed_that_is_hardly_a_name_is_told_what_a_seed_is(
    tmp_path: Path, cell: str, hint: str | None
) -> None:
    (problem,) = shot_with_cell(tmp_path, "seed", cell).problems
    assert problem.message == (
        f"shots[0].seed: {cell!r} is neither a whole number from 0 to 2147483647"
        " nor the name of a shared seed; known: auto"
    )
    assert problem.hint == hint


@pytest.mark.parametrize(
    ("key", "cell", "words", "hint"),
    [
        (*("seed", "1.000", "'1.000' may mean 1, or 1000 with a thousands separator"), "1 or 1000"),
        (*("seed", "2.500", "'2.500' may mean 2.5, or 2500 with a thousands separator"), "2500"),
        (*("seed", "1.234.567", "'1.234.567' is not allowed"), "1234567"),
        (
            *("takes", "2.000", "'2.000' may mean 2, or 2000 with a thousands separator"),
            "2 or 2000",
        ),
    ],
)
def test_a_number_that_may_have_its_thousands_marked_is_not_guessed(
    tmp_path: Path, key: str, cell: str, words: str, hint: str
) -> None:
    (problem,) = shot_with_cell(tmp_path, key, cell).problems
    assert problem.message == f"shots[0].{key}: {words}"
    meant = ", whichever you mean" if " or " in hint else ""
    assert (problem.hint, problem.rendered) == (f"write {hint}{meant}", cell)
    assert problem.row is not None


@pytest.mark.parametrize(
    ("key", "cell", "value"),
    [
        *(("duration", "5.000", 5), ("duration", "5.0", 5), ("seed", "5.0", 5)),
        *(("seed", "7.00", 7), ("seed", "0.000", 0), ("seed", "999.999.999.999", None)),
    ],
)
def test_a_number_that_can_mean_one_thing_only_is_that(
    tmp_path: Path, key: str, cell: str, value: int | None
) -> None:
    board = shot_with_cell(tmp_path, key, cell)
    if value is None:
        assert [problem.code for problem in board.problems] == ["unknown-seed"]
    else:
        assert told(board) == []
        assert board.takes[0].payload[key] == value


@pytest.mark.parametrize(("cell", "is_on"), [("1", True), ("0", False)])
def test_a_cell_of_1_or_0_is_a_switch(tmp_path: Path, cell: str, is_on: bool) -> None:
    assert (shot_with_cell(tmp_path, "skip", cell).takes == ()) is is_on
    (take,) = shot_with_cell(tmp_path, "prompt_extend", cell).takes
    assert take.payload["prompt_extend"] is is_on


@pytest.mark.parametrize("cell", ["1:05", "65s"])
def test_a_duration_of_whole_seconds_prints_as_a_whole_number(tmp_path: Path, cell: str) -> None:
    (problem,) = shot_with_cell(tmp_path, "duration", cell).problems
    assert problem.rendered == "65"


@pytest.mark.parametrize(
    ("entries", "hint"),
    [
        ("id: a, aspect-ratio: '16:9'", "did you mean 'ratio'?"),
        ("id: a, aspect ratio: '16:9'", "did you mean 'ratio'?"),
        ("id: a, aspectRatio: '16:9'", "did you mean 'ratio'?"),
        ("id: a, Duration Seconds: 5", "did you mean 'duration'?"),
        ("name: a", "did you mean 'id' or 'title'?"),
        ("id: a, name: A", "did you mean 'title'?"),
    ],
)
def test_a_foreign_key_is_known_in_every_spelling(tmp_path: Path, entries: str, hint: str) -> None:
    board = load_text(tmp_path, f"{HEAD}shots: [{{{entries}, prompt: A kite}}]\n")
    (found,) = [problem.hint for problem in board.problems if problem.code == "unknown-key"]
    assert found == hint


def test_quotes_of_a_word_processor_around_a_number_are_told(tmp_path: Path) -> None:
    shot = "{id: a, prompt: A kite, duration: \u201c5\u201d}"
    (problem,) = load_text(tmp_path, f"{HEAD}shots: [{shot}]\n").problems
    assert problem.hint == "write 5 without quotes"


def test_quotes_of_a_word_processor_around_an_id_are_told(tmp_path: Path) -> None:
    (problem,) = load_text(
        tmp_path, f"{HEAD}shots: [{{id: \u201ca\u201d, prompt: A kite}}]\n"
    ).problems
    assert problem.hint == "write straight quotes, or none"
