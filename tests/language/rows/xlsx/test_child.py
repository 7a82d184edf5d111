"""The rows of a sheet, as the child process finds them."""

from __future__ import annotations

from typing import Any

import pytest

from storyboard.language.rows.xlsx import child
from storyboard.language.rows.xlsx.child import read_sheet
from tests.language.rows.xlsx.workbooks import sheet_xml, workbook

BOARD = [["Board", None], [], ["id", "prompt"], ["a", "A kite"]]


def rows(content: bytes, name: str | None = None) -> Any:
    return read_sheet(content, name)["rows"]


def test_rows_that_hold_something_come_with_their_numbers() -> None:
    assert rows(workbook({"S": BOARD})) == [
        (1, ["Board"]),
        (3, ["id", "prompt"]),
        (4, ["a", "A kite"]),
    ]


def test_cells_are_what_the_sheet_shows() -> None:
    line = [5, 2.5, True, (10, "0000"), (0.5, "0%"), (46085, "dd.mm.yyyy"), (5 / 1440, "h:mm")]
    assert rows(workbook({"S": [line]})) == [
        (1, ["5", "2.5", "TRUE", "0010", "50%", "04.03.2026", "0:05"])
    ]


def test_a_sheet_that_begins_in_the_middle_keeps_its_formats() -> None:
    content = workbook({"S": [[], [None, None, (7, "000")]]})
    assert rows(content) == [(2, ["007"])]


def test_a_format_that_the_file_has_not_shows_the_plain_value() -> None:
    cells = '<row r="1"><c r="A1" s="99"><v>7</v></c><c s="1"><v>8</v></c></row>'
    content = workbook({"S": []}, others={"xl/worksheets/sheet1.xml": sheet_xml(cells)})
    assert rows(content) == [(1, ["7", "8"])]


def test_the_one_sheet_that_is_seen_and_filled_needs_no_name() -> None:
    sheets = {"Lists": BOARD, "Shots": [["id"], ["b"]], "Empty": []}
    content = workbook(sheets, hidden=["Lists"])
    assert rows(content) == [(1, ["id"]), (2, ["b"])]
    assert rows(content, "Lists")[0] == (1, ["Board"])


def test_of_several_sheets_the_names_are_told() -> None:
    content = workbook({"Act 1": BOARD, "Act 2": BOARD})
    assert read_sheet(content, None) == {"sheets": ["Act 1", "Act 2"]}
    assert read_sheet(content, "Act 3") == {"sheets": ["Act 1", "Act 2"]}


@pytest.mark.parametrize(
    "content", [b"", b"id,prompt", b"PK\x03\x04junk", workbook({"S": BOARD})[:-40]]
)
def test_what_is_no_workbook_is_told(content: bytes) -> None:
    assert read_sheet(content, None) == {"error": "broken"}


def test_a_workbook_with_a_password_is_told_from_a_broken_one() -> None:
    package = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1144)
    assert read_sheet(package, None) == {"error": "broken"}
    package += "EncryptedPackage".encode("utf-16-le") + bytes(4096)
    assert read_sheet(package, None) == {"error": "locked"}


def test_a_workbook_with_a_broken_sheet_is_none_either() -> None:
    broken = {"xl/worksheets/sheet1.xml": sheet_xml('<row r="1"><c r="?"><v>1</v></c></row>')}
    content = workbook({"S": BOARD}, others=broken)
    assert read_sheet(content, None) == {"error": "broken"}


def test_a_workbook_that_unpacks_to_too_much_is_not_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(child, "MAX_UNPACKED_BYTES", 2_000_000)
    content = workbook({"S": BOARD}, others={"xl/media/bomb.xml": "0" * 3_000_000})
    assert len(content) < 10_000
    assert read_sheet(content, None) == {"error": "large"}


def test_more_text_than_is_read_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "_MAX_TEXT", 10)
    assert read_sheet(workbook({"S": BOARD}), None) == {"error": "large"}


def test_rows_behind_the_most_that_are_read_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "_MAX_ROWS", 2)
    assert len(rows(workbook({"S": BOARD}))) == 2


def sheet_of(cells: str, *, merged: str = "") -> bytes:
    """A workbook of one sheet with these `<row>` elements and merged cells."""
    xml = sheet_xml(cells)
    if merged:
        merged = f'<mergeCells count="1"><mergeCell ref="{merged}"/></mergeCells>'
        xml = xml.replace("</sheetData>", f"</sheetData>{merged}")
    return workbook({"S": []}, others={"xl/worksheets/sheet1.xml": xml})


def test_cells_merged_downwards_all_have_the_value_that_is_seen_there() -> None:
    cells = "".join(
        f'<row r="{line}"><c r="B{line}"><v>{line}</v></c>{cell}</row>'
        for line, cell in enumerate(("", '<c r="C2"><v>7</v></c>', "", ""), start=1)
    )
    assert rows(sheet_of(cells, merged="C2:C3")) == [
        (1, ["1"]),
        (2, ["2", "7"]),
        (3, ["3", "7"]),
        (4, ["4"]),
    ]


def test_merged_cells_alone_make_no_row_and_a_title_stays_one_cell() -> None:
    cells = '<row r="1"><c r="A1"><v>1</v></c></row><row r="9"><c r="B9"><v>2</v></c></row>'
    assert rows(sheet_of(cells, merged="A1:B8")) == [(1, ["1"]), (9, ["", "2"])]


@pytest.mark.parametrize("formula", ["<f>#REF!*2</f>", '<f t="shared" si="0"/>', ""])
def test_the_error_of_a_cell_is_its_text(formula: str) -> None:
    cells = f'<row r="1"><c r="A1" t="e">{formula}<v>#REF!</v></c><c r="B1"><v>5</v></c></row>'
    assert rows(sheet_of(cells)) == [(1, ["#REF!", "5"])]


@pytest.mark.parametrize(
    "cell", ['<c r="B2"><f>2+3</f></c>', '<c s="1" r="B2"><f t="shared" si="0"/><v /></c>']
)
def test_a_formula_whose_value_is_not_saved_is_told(cell: str) -> None:
    cells = f'<row r="2"><c r="A2"><f>1+1</f><v>2</v></c>{cell}</row>'
    assert read_sheet(sheet_of(cells), None) == {"unsaved": "B2"}


def test_a_formula_that_makes_no_text_is_an_empty_cell() -> None:
    cells = '<row r="2"><c r="A2"><v>2</v></c><c r="B2" t="str"><f>""</f><v></v></c></row>'
    assert rows(sheet_of(cells)) == [(2, ["2"])]
