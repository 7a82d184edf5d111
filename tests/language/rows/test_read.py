"""Rows from CSV, TSV, JSON, JSONL and YAML, and the line of each mistake."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.language.nodes import Row
from storyboard.language.rows import read
from storyboard.language.rows.csv import read_csv
from storyboard.language.rows.json import read_json
from storyboard.language.rows.read import Rows, read_rows
from storyboard.language.text_files import MAX_BYTES
from storyboard.records import Position, Problem, Severity
from tests.language.boards import concise


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def rows_of(folder: Path, name: str, content: str | bytes, **options: Any) -> Rows:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_rows(path, name, **options)


def data(rows: Rows) -> list[Any]:
    assert rows.problems == ()
    return list(rows.rows)


def said(rows: Rows) -> list[str]:
    return concise(rows.problems) or [""]


# CSV


@pytest.mark.parametrize(
    "content",
    [
        "sku,name,seconds\n007,Lamp,5\n",
        "sku;name;seconds\n007;Lamp;5\n",
        "sku\tname\tseconds\r\n007\tLamp\t5\r\n",
        "sku|name|seconds\n007|Lamp|5\n",
        "sep=|\nsku|name|seconds\n007|Lamp|5\n",
        "\ufeffsku,name,seconds\n007,Lamp,5",
        "\n\nsku , name,seconds \n\n007,Lamp,5\n\n  \n,,\n",
        "  \nsku;name;seconds\n007;Lamp;5\n",
        "sep=;\nsku;name;seconds\n007;Lamp;5\n",
        '"sku";"name";seconds\n"007";Lamp;5\n',
    ],
)
def test_csv_is_read_however_it_is_written(folder: Path, content: str) -> None:
    rows = rows_of(folder, "p.csv", content)
    assert data(rows) == [{"sku": "007", "name": "Lamp", "seconds": "5"}]
    assert list(rows.rows[0]) == ["sku", "name", "seconds"]


def test_cells_of_csv_are_text_as_they_stand(folder: Path) -> None:
    rows = rows_of(folder, "p.csv", "a,b,c,d,e\n0010, yes ,,nullable,{ x }\n")
    assert data(rows) == [{"a": "0010", "b": " yes ", "c": "", "d": "nullable", "e": "{ x }"}]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("p.csv", "a,b\nx,{{ hero }}\ny,{% if x %}\nz,{{ }\n"),
        ("p.json", '[{"b": "{{ hero }}"},\n{"b": ["{% if x %}"]}, {"b": "{{ }"}]'),
        ("p.jsonl", '{"b": "{{ hero }}"}\n{"b": {"c": "{% if x %}"}}\n'),
        ("p.yaml", "- b: '{{ hero }}'\n- b: '{% if x %}'\n"),
    ],
)
def test_a_template_in_a_cell_is_data_with_one_warning_for_its_column(
    folder: Path, name: str, content: str
) -> None:
    rows = rows_of(folder, name, content)
    (problem,) = rows.problems
    assert rows.rows[0]["b"] == "{{ hero }}"
    assert (problem.code, problem.is_warning) == ("template-in-cell", True)
    assert problem.message == (
        "column 'b': the template in this cell is not filled in, as in 1 more row; cells are data"
    )
    assert problem.position.line == (2 if name == "p.csv" else 1)


def test_templates_in_several_columns_of_one_row_are_told_together(folder: Path) -> None:
    rows = rows_of(
        folder, "p.csv", "a,b,c\n{{ x }},{{ y }},z\n{{ x }},y,{{ z }}\na,{{ y }},{{ z }}\n"
    )
    assert said(rows) == [
        "p.csv:2:1: warning: columns 'a', 'b': the templates in these cells are not filled in,"
        " as in 2 more rows; cells are data",
        "p.csv:3:1: warning: column 'c': the template in this cell is not filled in,"
        " as in 1 more row; cells are data",
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("p.json", '[{"a": 1.50, "b": 1e3, "c": -0, "d": [3.10], "e": {"f": 2.0}, "g": 7}]'),
        ("p.yaml", "- {a: 1.50, b: 1e3, c: -0, d: [3.10], e: {f: 2.0}, g: 7}"),
    ],
)
def test_numbers_in_rows_print_as_they_are_written(folder: Path, name: str, content: str) -> None:
    (row,) = data(rows_of(folder, name, content))
    assert row == {"a": 1.5, "b": 1000, "c": 0, "d": [3.1], "e": {"f": 2}, "g": 7}
    assert [str(row[key]) for key in "abcg"] == ["1.50", "1e3", "-0", "7"]
    assert str(row["d"][0]) == "3.10"
    assert json.dumps(row["a"]) == "1.5"


def test_a_column_whose_name_holds_what_cannot_be_seen_is_warned_about(folder: Path) -> None:
    rows = rows_of(folder, "p.csv", "sku,na\u200bme\na,b\n")
    (problem,) = rows.problems
    assert problem.is_warning
    assert problem.hint == "there is an invisible U+200B (zero width space) here; delete it"


def test_quoted_cells_may_hold_delimiters_quotes_and_lines(folder: Path) -> None:
    rows = rows_of(folder, "p.csv", 'a,b\n"x, ""y""","one\r\ntwo"\n5" pipe,z\n')
    assert data(rows) == [{"a": 'x, "y"', "b": "one\ntwo"}, {"a": '5" pipe', "b": "z"}]


def test_a_delimiter_in_a_quoted_name_does_not_count(folder: Path) -> None:
    rows = rows_of(folder, "p.csv", '"a,b,c";d\n1;2\n')
    assert data(rows) == [{"a,b,c": "1", "d": "2"}]


def test_a_tsv_is_cut_at_tabs_whatever_else_it_holds(folder: Path) -> None:
    assert data(rows_of(folder, "p.TSV", "a,b,c\td\n1\t2\n")) == [{"a,b,c": "1", "d": "2"}]


def test_a_row_of_csv_stands_on_the_line_where_it_begins() -> None:
    found = list(read_csv('sep=,\na,b\n\n"x\n日",y\n1,2', "p.csv"))
    assert found == [
        Row(Position("p.csv", 4, 1, 2), {"a": "x\n日", "b": "y"}),
        Row(Position("p.csv", 6, 1, 3), {"a": "1", "b": "2"}),
    ]


def test_rows_of_another_length_are_problems_with_their_line(folder: Path) -> None:
    rows = rows_of(folder, "p.csv", "a,b,c\n1,2\n1,2,3\n1,Lamp, red,3\n")
    assert said(rows) == [
        "p.csv:2:1: 2 cells, but the header has 3 columns",
        "p.csv:4:1: 4 cells, but the header has 3 columns",
    ]
    assert [problem.hint for problem in rows.problems] == [
        "the cells from 'c' on are missing; an empty one needs its comma too",
        "a cell that contains a comma needs double quotes",
    ]
    assert list(rows.rows) == [{"a": "1", "b": "2", "c": "3"}]


COMMA = "a cell that contains a comma needs double quotes"
TITLE = "if the first line is a title, remove it: the names of the columns must come first"


@pytest.mark.parametrize(
    ("name", "content", "message", "hint"),
    [
        (
            "p.csv",
            "My film\nid,prompt\n",
            "2 cells, but the header has 1 column",
            f"{COMMA}; {TITLE}",
        ),
        ("p.csv", "My film,\nid,prompt\n", "column 2 has no name and is ignored", TITLE),
        ("p.csv", "prompt\nA kite, red\n", "2 cells, but the header has 1 column", COMMA),
        (
            "p.csv",
            "a|b\n1\n",
            "1 cell, but the header has 2 columns",
            "the cells from 'b' on are missing; an empty one needs its | too",
        ),
        (
            "p.csv",
            "| a | b |\n| --- | --- |\n| 1 | 2 |\n",
            "this is a table in Markdown, not CSV",
            "rename the file so that it ends in .md",
        ),
        (
            "p.csv",
            b"PK\x03\x04\x14\0\x06",
            "is a spreadsheet or another compressed file, not text",
            "export the sheet as CSV (UTF-8)",
        ),
        (
            "p.json",
            '{"a": 1}\n{"a": 2}\n',
            "there is more text after the end of the value",
            "if each line is a value of its own, rename the file so that it ends in .jsonl",
        ),
        ("p.json", "[{}] x", "there is more text after the end of the value", None),
    ],
)
def test_what_a_table_was_meant_to_be_is_told(
    folder: Path, name: str, content: str | bytes, message: str, hint: str | None
) -> None:
    problem = rows_of(folder, name, content).problems[0]
    assert (problem.message, problem.hint) == (message, hint)


def test_repeated_names_of_columns_are_a_problem(folder: Path) -> None:
    message = "p.csv:1:1: more than one column is called 'a', 'b'"
    assert said(rows_of(folder, "p.csv", "a,b,a,b,\n")) == [message]


def test_columns_without_a_name_are_left_out(folder: Path) -> None:
    rows = rows_of(folder, "p.csv", "id,prompt,,\na,A kite,,\nb,A boat, ,\nc,A train,,,,\n")
    assert data(rows) == [
        {"id": "a", "prompt": "A kite"},
        {"id": "b", "prompt": "A boat"},
        {"id": "c", "prompt": "A train"},
    ]


def test_a_column_without_a_name_that_holds_something_is_told(folder: Path) -> None:
    rows = rows_of(folder, "p.csv", ",id,,,note\n0,a,,x,\n1,b,,,y\n")
    assert list(rows.rows) == [{"id": "a", "note": ""}, {"id": "b", "note": "y"}]
    assert said(rows) == ["p.csv:1:1: warning: columns 1, 4 have no name and are ignored"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('a,b\n1,"x\n2,y\n', "2:1: column 'b': a quote is opened in this row but never closed"),
        ('a,"b\n1,2\n', "1:1: a quote is opened in this row but never closed"),
        ('a\n1,2,"x\n', "2:1: a quote is opened in this row but never closed"),
        ('a,b\n1,"x\n"y,2\n', "2:1: there is text after a closing quote, in the row that"),
    ],
)
def test_quotes_that_do_not_close_are_problems(folder: Path, content: str, message: str) -> None:
    (line,) = said(rows_of(folder, "p.csv", content))
    assert line.startswith(f"p.csv:{message}")


def test_any_error_of_the_csv_module_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storyboard.language.rows.csv.MAX_BYTES", 3)
    limit = csv.field_size_limit()
    (found,) = read_csv("a,b\n1,2345\n", "p.csv")
    csv.field_size_limit(limit)
    assert isinstance(found, Problem)
    assert (found.code, found.position.line) == ("csv-syntax", 2)


def test_a_file_without_rows_is_a_warning(folder: Path) -> None:
    for name, content in (("p.csv", "a,b\n"), ("p.json", "[]"), ("p.yaml", "[]\n")):
        (warning,) = rows_of(folder, name, content).problems
        assert warning.severity is Severity.WARNING
        assert warning.message == "no rows in this file, so it makes no shots"


def test_a_cell_may_be_long(folder: Path) -> None:
    assert data(rows_of(folder, "p.csv", "a,b\n" + "x" * 1_000_000 + ",y\n"))[0]["b"] == "y"


def rows_in(found: Iterable[Row | Problem]) -> list[Any]:
    """The cells of rows, among which there is no problem."""
    return [item.cells for item in found if isinstance(item, Row) or pytest.fail(str(item))]


_CELLS = st.text(alphabet='ab,;\t"\n\r ', max_size=6)


@settings(deadline=None)
@given(st.lists(st.lists(_CELLS, min_size=2, max_size=2), max_size=5))
def test_what_the_csv_module_writes_is_read_back(table: list[list[str]]) -> None:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["k1", "k2"])
    writer.writerows(table)
    read = rows_in(read_csv(file.getvalue(), "p.csv"))
    expected = [
        [text.replace("\r\n", "\n").replace("\r", "\n") for text in row]
        for row in csv.reader(io.StringIO(file.getvalue(), newline=""), strict=True)
        if any(text.strip() for text in row)
    ][1:]
    assert [list(row.values()) for row in read] == expected


# JSON


@pytest.mark.parametrize("is_ascii", [True, False])
def test_json_keeps_types_and_nesting(folder: Path, is_ascii: bool) -> None:
    value = [
        {"a": 1, "b": -2.5e3, "c": None, "d": [True, {"e": 'é😀\n"/'}]},
        {"f": {}, "g": [], "": 0},
    ]
    rows = rows_of(folder, "p.json", json.dumps(value, ensure_ascii=is_ascii, indent=1))
    assert data(rows) == value


def test_a_row_of_json_stands_where_it_begins() -> None:
    text = '[\r\n  {"sku": "é", "n": 12},\r  {"m": [1,\r\n 2]}, {}]'
    assert [row.position for row in read_json(text, "p.json")] == [
        Position("p.json", 2, 3, 21),
        Position("p.json", 3, 3, 9),
        Position("p.json", 4, 7, 2),
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('[{"a": 1,}]', "p.json:1:9: a trailing comma before a closing bracket"),
        ("[{},\n]", "p.json:1:4: a trailing comma before a closing bracket"),
        ('[{"a": 1\n "b": 2}]', "p.json:2:2: a comma or a closing bracket is expected here"),
        ('[{"a" 1}]', "p.json:1:7: a ':' is expected here"),
        ("[{a: 1}]", "p.json:1:3: a key in double quotes is expected here"),
        ("[{'a': 1}]", "p.json:1:3: a key in double quotes is expected here"),
        ("[{\"a\": 'x'}]", "p.json:1:8: a JSON value is expected here"),
        ('[{"a": NaN}]', "p.json:1:2: [0].a: NaN is not a JSON value"),
        ('[{"a": -Infinity}]', "p.json:1:2: [0].a: -Infinity is not a JSON value"),
        ('[{"a": 1e999}]', "p.json:1:2: [0].a: 1e999 is too large for a number"),
        ('[{"a": 01}]', "p.json:1:9: a comma or a closing bracket is expected here"),
        ('[{"a": True}]', "p.json:1:8: a JSON value is expected here"),
        (
            '[{"a": ' + "9" * 5000 + "}]",
            "p.json:1:2: [0].a: a number of 5,000 characters, more than 100",
        ),
        ('[{"a": "x\n"}]', "p.json:1:10: this text is not closed on its line, or contains a tab"),
        ('[{"a": "x', "p.json:1:8: this text is never closed"),
        ('[{"a": "\\q"}]', "p.json:1:9: this backslash has no meaning in JSON"),
        ('[{"a": "\\u12"}]', "p.json:1:9: this backslash has no meaning in JSON"),
        (
            '[{"a": "\\ud83d"}]',
            "p.json:1:2: [0].a: an escape in this text is only half a character",
        ),
        ('[{"a": }]', "p.json:1:8: a JSON value is expected here"),
        ('[{"a": 1}', "p.json:1:10: a comma or a closing bracket is expected here"),
        ('[{"a":', "p.json:1:7: a JSON value is expected here"),
        ("[] []", "p.json:1:4: there is more text after the end of the value"),
        ('[{"a": 1, "a": 2}]', "p.json:1:2: [0].a: repeated key"),
        ("[" * 100_000, "p.json:1:1: nested more than 64 levels deep"),
        ('[{"b": ' + "[" * 62 + "]" * 62 + "}, {}, {}]", ""),
        (
            '[{}, {"b": ' + "[" * 63 + "]" * 63 + "}]",
            "p.json:1:6: [1].b" + "[0]" * 62 + ": nested more than 64 levels deep",
        ),
        (
            '[{"a": [1, {"\\udfff": 1}]}]',
            'p.json:1:2: [0].a[1]["\\udfff"]: an escape in this text is only half a character',
        ),
        ('[{"a": [{"b": 1, "c": 2, "b": 3}]}]', "p.json:1:2: [0].a[0].b: repeated key"),
        ('{"a": 1}', "p.json:1:1: rows must be a list of mappings, not a mapping"),
        ('"x"', "p.json:1:1: rows must be a list of mappings, not text"),
        (
            '[{"a": 1}, 5]',
            "p.json:1:12: [1]: a row must be a mapping of column to value, or text, not a number",
        ),
        (
            '[[1], {"a": 1}]',
            "p.json:1:2: [0]: a row must be a mapping of column to value, or text, not a list",
        ),
        ("// x\n[]", "p.json:1:1: a JSON value is expected here"),
    ],
)
def test_mistakes_in_json_have_their_line_and_column(folder: Path, text: str, line: str) -> None:
    assert said(rows_of(folder, "p.json", text)) == [line]


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(alphabet=st.characters(codec="utf-8"), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(_JSON, st.booleans(), st.sampled_from([None, 1]))
def test_what_the_json_module_writes_is_read_back(
    value: Any, ascii_only: bool, indent: int | None
) -> None:
    text = json.dumps([{"cell": value}], ensure_ascii=ascii_only, indent=indent)
    assert rows_in(read_json(text, "p.json")) == [{"cell": value}]


@settings(deadline=None)
@given(st.text(alphabet='[]{}:,"\\u0019-+.eEtrufalsn \n', max_size=12))
def test_what_json_refuses_is_a_problem_and_what_it_takes_is_none(text: str) -> None:
    def no_constant(name: str) -> None:
        raise ValueError(name)

    try:
        json.loads(text, parse_constant=no_constant)
    except ValueError:
        assert codes_of(text)
    else:
        assert codes_of(text) <= {"repeated-key", "json-syntax"}


def codes_of(text: str) -> set[str]:
    found = read_json(f'[{{"cell": {text}\n}}]', "p.json")
    return {problem.code for problem in found if isinstance(problem, Problem)}


# JSON lines and YAML


@pytest.mark.parametrize("name", ["p.jsonl", "p.ndjson"])
def test_a_bad_line_of_json_hides_no_other(folder: Path, name: str) -> None:
    rows = rows_of(folder, name, '{"a": 1}\n\n{"a": 2,}\r\n  {"b": "x"}\n5\n')
    assert list(rows.rows) == [{"a": 1}, {"b": "x"}]
    assert said(rows) == [
        f"{name}:3:8: a trailing comma before a closing bracket",
        f"{name}:5:1: [2]: a row must be a mapping of column to value, or text, not a number",
    ]


@pytest.mark.parametrize("name", ["p.yaml", "p.yml"])
def test_rows_of_yaml_are_read_as_storyboards_are(folder: Path, name: str) -> None:
    rows = rows_of(folder, name, "- {id: 0010, ratio: 16:9, n: 5}\n- id: b\n  tags: [x]\n")
    assert data(rows) == [{"id": "0010", "ratio": "16:9", "n": 5}, {"id": "b", "tags": ["x"]}]
    assert said(rows_of(folder, name, "a: 1\n")) == [
        f"{name}:1:1: rows must be a list of mappings, not a mapping"
    ]
    assert said(rows_of(folder, name, "- a: 1\n  a: 2\n")) == [
        f"{name}:2:3: [0].a: repeated key; the first one is on line 1"
    ]


# All formats


@pytest.mark.parametrize("name", ["p.csv", "p.json", "p.jsonl", "p.yaml"])
def test_more_rows_than_allowed_are_a_problem(
    folder: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = {
        "p.csv": "a\n1\n2\n3\n",
        "p.json": '[{"a": 1},\n{"a": 2},\n\n{"a": 3}]',
        "p.jsonl": '{"a": 1}\n{"a": 2}\n\n{"a": 3}\n',
        "p.yaml": "- a: 1\n- a: 2\n\n- a: 3\n",
    }[name]
    monkeypatch.setattr(read, "MAX_ROWS", 2)
    rows = rows_of(folder, name, content)
    assert [problem.message for problem in rows.problems] == ["more than 2 rows"]
    assert rows.problems[0].position.line == 4
    assert len(rows.rows) == 2
    monkeypatch.setattr(read, "MAX_ROWS", 3)
    assert rows_of(folder, name, content).problems == ()


@pytest.mark.parametrize("name", ["p.xls", "products"])
def test_an_unknown_ending_names_the_known_ones(folder: Path, name: str) -> None:
    (line,) = said(rows_of(folder, name, "a"))
    assert line.endswith(
        "; allowed are .csv, .tsv, .json, .jsonl, .ndjson, .yaml, .yml, .md, .txt, .xlsx"
    )


@pytest.mark.parametrize("name", ["p.csv", "p.json", "p.jsonl", "p.yaml"])
def test_files_that_cannot_be_read_are_problems(folder: Path, name: str) -> None:
    assert said(read_rows(folder / name, name)) == [f"{name}:1:1: there is no such file"]
    assert said(rows_of(folder, name, "")) == [f"{name}:1:1: the file is empty"]
    assert said(rows_of(folder, name, b"a,b\ncaf\xe9,1\n")) == [
        f"{name}:2:4: byte 8 of the file (0xE9) is not UTF-8"
    ]
    assert said(rows_of(folder, name, b"a,b\n1,\x002\n"))[0].startswith(
        f"{name}:2:3: contains a NUL"
    )
    os.truncate(folder / name, MAX_BYTES + 1)
    assert said(read_rows(folder / name, name)) == [
        f"{name}:1:1: is larger than 64 MiB, the maximum size"
    ]
    (folder / "sub").mkdir(exist_ok=True)
    assert said(read_rows(folder / "sub", "p.csv"))[0].startswith("p.csv:1:1: a name without")


# Shapes that people have


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("p.txt", "# by the sea\nA kite, high\n\n  A boat # 2  \r\n"),
        ("p.json", '["A kite, high", "A boat # 2"]'),
        ("p.jsonl", '"A kite, high"\n"A boat # 2"\n'),
        ("p.yaml", "- A kite, high\n- 'A boat # 2'\n"),
        ("p.json", '[{"prompt": "A kite, high"}, "A boat # 2"]'),
    ],
)
def test_a_text_is_a_row_with_a_prompt(folder: Path, name: str, content: str) -> None:
    assert data(rows_of(folder, name, content)) == [
        {"prompt": "A kite, high"},
        {"prompt": "A boat # 2"},
    ]


def test_a_line_of_text_knows_where_it_stands(folder: Path) -> None:
    rows = rows_of(folder, "p.txt", "# x\n\n  A boat\n")
    assert rows.rows[0].position == Position("p.txt", 3, 3, 6)


NESTED = {"title": "T", "clips": [{"id": "a"}, {"id": "b"}], "x": {"y": [{"id": "c"}], "a.b": []}}


@pytest.mark.parametrize("name", ["p.json", "p.yaml"])
@pytest.mark.parametrize(
    ("key", "ids"), [("clips", ["a", "b"]), ("x.y", ["c"])], ids=["key", "path"]
)
def test_rows_may_stand_under_a_key(folder: Path, name: str, key: str, ids: list[str]) -> None:
    rows = rows_of(folder, name, json.dumps(NESTED, indent=1), key=key)
    assert [row["id"] for row in data(rows)] == ids
    assert [row.position.line for row in rows.rows] == ([4, 7] if key == "clips" else [13])


@pytest.mark.parametrize("name", ["p.json", "p.yaml"])
def test_a_mapping_by_name_gives_the_name_as_key(folder: Path, name: str) -> None:
    content = '{"a": {"s": 5},\n "b": {"s": 6, "key": "own"}}'
    rows = rows_of(folder, name, content)
    assert data(rows) == [{"key": "a", "s": 5}, {"key": "own", "s": 6}]
    assert [row.position.line for row in rows.rows] == [1, 2]
    nested = rows_of(folder, name, f'{{"v": 1, "shots": {content}}}', key="shots")
    assert data(nested) == data(rows)


@pytest.mark.parametrize("name", ["p.json", "p.yaml"])
@pytest.mark.parametrize(
    ("document", "key", "told"),
    [
        (
            {"title": "T", "clips": [{"id": "a"}]},
            None,
            ("not a mapping", "name the key of the list: rows: {file: ..., key: clips}"),
        ),
        (
            {"p": {"q": {"clips": [{"id": "a"}]}}, "n": 1},
            None,
            ("not a mapping", "name the key of the list: rows: {file: ..., key: p.q.clips}"),
        ),
        (
            {"a": [{"id": "a"}], "b": [{"id": "b"}]},
            None,
            ("not a mapping", "name the key of one: rows: {file: ..., key: a}; there are a, b"),
        ),
        (
            {"project": {"title": "Harbor", "board": {"clips": [{"id": "a"}]}}},
            None,
            (
                "not a mapping",
                "name the key of the list: rows: {file: ..., key: project.board.clips}",
            ),
        ),
        (
            {"p": {"clips": [{"id": "a"}]}, "meta": {"by": {"name": "Ada"}}},
            None,
            ("not a mapping", "name the key of the list: rows: {file: ..., key: p.clips}"),
        ),
        (
            {"p": {"q": {"clips": [{"id": "a"}]}}},
            "p.q",
            ("not a mapping", "name the key of the list: rows: {file: ..., key: p.q.clips}"),
        ),
        (
            {"p": {"q": {"clips": [{"id": "a"}]}}},
            "p.q.clip",
            ("there is no key 'p.q.clip' here", "did you mean 'p.q.clips'?"),
        ),
        (
            {"project": {"clips": [{"id": "a"}], "n": 1}},
            "clips",
            ("there is no key 'clips' here", "did you mean 'project.clips'?"),
        ),
        ({"n": [1]}, None, ("not a mapping", None)),
        ({"clips": [{}]}, "clip", ("there is no key 'clip' here", "did you mean 'clips'?")),
        ({"clips": [{}]}, "x.y", ("there is no key 'x.y' here", "there are lists under: clips")),
        ([{"id": "a"}], "x", ("there is no key 'x' here", None)),
        ({"clips": 5}, "clips", ("rows must be a list of mappings, not a number", None)),
    ],
)
def test_where_no_rows_are_the_keys_of_lists_are_named(
    folder: Path, name: str, document: Any, key: str | None, told: tuple[str, str | None]
) -> None:
    (problem,) = rows_of(folder, name, json.dumps(document), key=key).problems
    assert problem.message.endswith(told[0])
    assert problem.hint == told[1]


def test_rows_by_name_may_hold_lists(folder: Path) -> None:
    document = {"a": {"prompt": "A", "layers": [{"z": 1}]}, "b": {"prompt": "B"}}
    rows = data(rows_of(folder, "p.json", json.dumps(document)))
    assert [row["key"] for row in rows] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        ('{"a": {"s": 1}, "a": {"s": 2}}', None, "p.json:1:1: a: repeated key"),
        ('{"a": [{}], "a": [{}]}', "a", "p.json:1:1: a: repeated key"),
        ('{"a": {"s": NaN}}', None, "p.json:1:7: a.s: NaN is not a JSON value"),
        ('{"a": [{"s": NaN}]}', "a", "p.json:1:8: [0].s: NaN is not a JSON value"),
        ('{"a": [{}]', "a", "p.json:1:11: a comma or a closing bracket is expected here"),
        ('{"a": [{}]} x', "a", "p.json:1:13: there is more text after the end of the value"),
    ],
)
def test_mistakes_in_json_around_the_rows_are_told(
    folder: Path, text: str, key: str | None, line: str
) -> None:
    assert line in said(rows_of(folder, "p.json", text, key=key))


def test_a_table_has_no_keys(folder: Path) -> None:
    assert said(rows_of(folder, "p.csv", "a\n1\n", key="x")) == [
        "p.csv:1:1: .csv files have no keys; only .json, .yaml, .yml files have"
    ]


MARKDOWN = """# Shots

Some | text.

| Shot | Prompt          | |
|:-----|-----------------|-|
| 1    | A kite \\| a boat |
|  2 | Two<br>lines | |

The end.
"""


def test_a_table_in_markdown_is_read_from_between_the_text(folder: Path) -> None:
    rows = rows_of(folder, "p.md", MARKDOWN)
    assert list(rows.rows) == [
        {"Shot": "1", "Prompt": "A kite | a boat"},
        {"Shot": "2", "Prompt": "Two\nlines"},
    ]
    assert [row.position.line for row in rows.rows] == [7, 8]
    assert rows.problems == ()


def test_a_table_without_pipes_at_its_ends_is_a_table(folder: Path) -> None:
    rows = rows_of(folder, "p.md", "a | b\n--- | ---\n1 | 2\n3 |\n1 | 2 | 3\n")
    assert list(rows.rows) == [{"a": "1", "b": "2"}, {"a": "3", "b": ""}]
    assert said(rows) == ["p.md:5:1: 3 cells, but the header has 2 columns"]
    assert rows.problems[0].hint == "a | inside a cell is written \\|"


def test_a_short_row_below_an_empty_markdown_header_is_a_problem(folder: Path) -> None:
    (found,) = rows_of(folder, "p.md", "| |\n|-|\n|id|prompt|\n|a|\n").problems
    assert (found.position.line, found.message) == (4, "1 cell, but the header has 2 columns")
    assert found.hint == "the cells from 'prompt' on are missing; an empty one needs its | too"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("# Shots\n\n- a | b\n", "p.md:1:1: this file contains no table"),
        ("a|b\n-|-\n1|2\n\nc|d\n-|-\n", "p.md:5:1: this file contains 2 tables; the second one"),
    ],
)
def test_a_markdown_file_holds_one_table(folder: Path, text: str, line: str) -> None:
    (found,) = said(rows_of(folder, "p.md", text))
    assert found.startswith(line)


@pytest.mark.parametrize("name", ["p.xlsx", "p.ods", "p.docx"])
def test_what_cannot_be_read_says_how_to_save_it(folder: Path, name: str) -> None:
    (problem,) = rows_of(folder, name, "x").problems
    assert problem.hint
    assert "CSV" in problem.hint


def test_a_cell_that_says_that_there_is_no_value_is_empty_and_each_column_is_told(
    folder: Path,
) -> None:
    rows = rows_of(folder, "p.csv", "a,b,c\nNaN,x - y,-\n#N/A,none,1\nNone,none of us,nan\n")
    assert list(rows.rows) == [
        {"a": "", "b": "x - y", "c": ""},
        {"a": "", "b": "", "c": "1"},
        {"a": "", "b": "none of us", "c": ""},
    ]
    assert said(rows) == [
        "p.csv:2:1: warning: 'NaN' and the like are read as empty cells, in column 'a' (3),"
        " 'c' (2), 'b' (1)"
    ]


@pytest.mark.parametrize(
    "cell",
    [
        "#REF!",
        "#VALUE!",
        "#NAME?",
        "#DIV/0!",
        "NULL",
        " null ",
        "N/A",
        "n/a",
        "none",
        "-",
        "\u2014",
    ],
)
@pytest.mark.parametrize("name", ["p.csv", "p.md"])
def test_a_cell_in_which_nothing_is_meant_is_empty(folder: Path, name: str, cell: str) -> None:
    lines = [["a", "b"], ["---", "---"], ["x", cell]]
    table = [" | ".join(line) for line in lines]
    if name == "p.csv":
        table = [",".join(line) for line in (lines[0], lines[2])]
    rows = rows_of(folder, name, "\n".join(table))
    assert [row["b"] for row in rows.rows] == [""]
    assert [problem.code for problem in rows.problems] == ["empty-cell"]
