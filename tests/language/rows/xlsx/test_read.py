"""Rows of a workbook, with the lines that its sheet shows."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest

from storyboard.language.rows.read import Rows, read_rows
from storyboard.language.rows.xlsx import read
from storyboard.reporting.problems import format_problems
from tests.language.rows.xlsx.workbooks import sheet_xml, workbook

BOARD = [
    ["Neon Harbor", None, None, None],
    ["Client: X", "2026", None, None],
    ["id", "Shot Size", "prompt", "seconds"],
    ["a", "Wide", "A kite", 5],
    [],
    ["b", "Close", "A boat\nat sea", None],
]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the child process answers, in place of one."""
    given: list[Any] = []
    monkeypatch.setattr(read, "ask_child", lambda program, content: given.pop())
    return given


def rows_of(folder: Path, content: bytes, name: str = "s.xlsx", **options: Any) -> Rows:
    (folder / name).write_bytes(content)
    return read_rows(folder / name, name, **options)


def said(rows: Rows) -> str:
    """The problems as they are printed, without their codes."""
    text = format_problems(rows.problems, {"s.xlsx": rows.text}, style="text")
    return re.sub(r" \[SB\d+\]", "", text)


def test_the_header_is_found_below_titles(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, workbook({"S": BOARD}))
    assert rows.problems == ()
    assert list(rows.rows) == [
        {"id": "a", "Shot Size": "Wide", "prompt": "A kite", "seconds": "5"},
        {"id": "b", "Shot Size": "Close", "prompt": "A boat\nat sea", "seconds": ""},
    ]
    assert [row.position.line for row in rows.rows] == [4, 6]
    assert rows.text.split("\n")[3] == "a\tWide\tA kite\t5"


def test_a_cell_far_from_the_others_costs_bounded_memory_and_time(tmp_path: Path) -> None:
    cells = '<row r="1"><c r="A1"><v>1</v></c></row>'
    cells += '<row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
    content = workbook({"S": []}, others={"xl/worksheets/sheet1.xml": sheet_xml(cells)})
    before = time.process_time()
    rows = rows_of(tmp_path, content)
    assert time.process_time() - before < 2
    assert said(rows).startswith("s.xlsx:1:1: reading it takes more than 20 s or 1024 MiB")
    assert "export it as CSV (UTF-8)" in said(rows)


def test_the_cells_of_a_comment_are_passed_over_at_once(tmp_path: Path) -> None:
    comment = f"<!--{'<c ' * 100_000} t='e' <f -->".replace("'", '"')
    cells = (
        '<row r="1"><c r="A1" t="str"><v>id</v></c></row><row r="2"><c r="A2"><v>7</v></c></row>'
    )
    sheet = {"xl/worksheets/sheet1.xml": sheet_xml(comment + cells)}
    rows = rows_of(tmp_path, workbook({"S": []}, others=sheet))
    assert [dict(row) for row in rows.rows] == [{"id": "7"}]


def test_columns_without_a_name_are_left_out_as_in_csv(tmp_path: Path, answers: list[Any]) -> None:
    answers.append(
        {"rows": [[1, ["id", "", "prompt"]], [2, ["a", "x", "A kite"]], [3, ["", "", "", "y"]]]}
    )
    rows = rows_of(tmp_path, b"")
    assert list(rows.rows) == [{"id": "a", "prompt": "A kite"}, {"id": "", "prompt": ""}]
    assert "columns 2, 4 have no name and are ignored" in said(rows)
    assert "    1 | id        prompt\n" in said(rows)


@pytest.mark.parametrize(
    ("answer", "options", "expected"),
    [
        (
            {"sheets": ["Act 1", "Act 2"]},
            {},
            "it has 2 sheets: 'Act 1', 'Act 2'\n"
            "    hint: name the one you mean: rows: {file: ..., sheet: 'Act 1'}",
        ),
        (
            {"sheets": ["Act 1", "Act 2"]},
            {"sheet": "act1"},
            "it has no sheet 'act1'; its sheets are 'Act 1', 'Act 2'\n"
            "    hint: did you mean 'Act 1'?",
        ),
        (
            {"unsaved": "B2"},
            {},
            "the value of the formula in B2 is not saved in it\n"
            "    hint: open it in a spreadsheet program and save it, or export it as CSV (UTF-8)",
        ),
        (
            {"error": "locked"},
            {},
            "is locked with a password\n"
            "    hint: save it without one, or export the sheet as CSV (UTF-8)",
        ),
        (
            {"error": "broken"},
            {},
            "is not a valid Excel workbook\n"
            "    hint: open it and save it as .xlsx, or as CSV (UTF-8)",
        ),
    ],
)
def test_what_cannot_be_read_is_a_problem_with_a_way_out(
    tmp_path: Path, answers: list[Any], answer: Any, options: Any, expected: str
) -> None:
    answers.append(answer)
    rows = rows_of(tmp_path, b"", **options)
    assert (rows.rows, rows.text) == ((), "")
    assert expected in said(rows)


def test_without_the_library_the_message_names_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "find_spec", lambda name: None)
    assert said(rows_of(tmp_path, b"")) == (
        "s.xlsx:1:1: reading an Excel workbook needs python-calamine\n"
        "    hint: pip install 'storyboard-render[xlsx]', or export the sheet as CSV (UTF-8)"
    )


def test_only_a_workbook_has_sheets(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, b"[]", name="s.json", sheet="S")
    assert said(rows) == (
        "s.json:1:1: .json files have no sheets; only .xlsx files have\n    hint: remove sheet:"
    )
    rows = rows_of(tmp_path, b"", key="clips")
    assert ".xlsx files have no keys" in said(rows)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("s.xls", "save it as .xlsx, or export the sheet as CSV (UTF-8)"),
        ("s.docx", "save the table as CSV, or the text as .txt"),
        ("s.fdx", "save a table as CSV (UTF-8), or one prompt per line as .txt"),
    ],
)
def test_every_format_that_is_not_read_says_how_to_save_it(
    tmp_path: Path, name: str, hint: str
) -> None:
    assert f"hint: {hint}" in said(rows_of(tmp_path, b"x", name=name))
