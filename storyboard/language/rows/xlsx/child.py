"""Reads one sheet's rows from a workbook, in a separate process whose crash costs nothing else.

    python child.py < INPUT

This is a separate program, started by `read`. The library allocates every cell up to the farthest
one, so a workbook with two cells can use up all memory and end the process. INPUT is one line of
JSON (the sheet's name or null), then the workbook. Prints one JSON object: `rows`, each with its
number in the sheet and its cells as text; `sheets`, if it is not clear which one is meant;
`unsaved`, a cell whose formula has no value; or `error`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

from storyboard.child_process import limit_resources
from storyboard.language.rows.xlsx.formats import BUILT_IN, Value, format_cell

MAX_CPU_S = 20
MAX_UNPACKED_BYTES = 256 << 20
_MAX_ROWS = 100_100  # one more than is read, and some lines above the column names
_MAX_TEXT = 64 << 20  # characters

_CELL = re.compile(rb'<(?:\w+:)?c(?=[^<>]*? s="(\d{1,5})")[^<>]*? r="([A-Z]{1,3}\d{1,7})"')
_FORMULA = rb"<(?:\w+:)?f\b(?:[^<>]*/>|[^<>]*>[^<]*</(?:\w+:)?f>)"
_UNSAVED = re.compile(
    rb'<(?:\w+:)?c(?![^<>]* t="(?:str|s)")(?=[^<>]* r="([A-Z]{1,3}\d{1,7})")[^<>]*>'
    + _FORMULA
    + rb"(?:<(?:\w+:)?v ?/>|<(?:\w+:)?v></(?:\w+:)?v>)?</(?:\w+:)?c>"
)
"""A formula without its value, as programs write it that cannot calculate."""

_ERROR = re.compile(
    rb'<(?:\w+:)?c(?=[^<>]* t="e")(?=[^<>]* r="([A-Z]{1,3}\d{1,7})")[^<>]*>(?:'
    + _FORMULA
    + rb")?<(?:\w+:)?v>(#[^<]{1,20})<"
)
# A workbook with a password is a stream of this name in a compound file, not a zip file. Source:
# "\EncryptedPackage Stream" in [MS-OFFCRYPTO].
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")

_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def read_sheet(content: bytes, name: str | None) -> dict[str, Any]:
    """Return what this program prints."""
    from python_calamine import CalamineWorkbook

    if content.startswith(_COMPOUND) and _ENCRYPTED in content:
        return {"error": "locked"}
    try:
        with ZipFile(BytesIO(content)) as parts:
            if sum(part.file_size for part in parts.infolist()) > MAX_UNPACKED_BYTES:
                return {"error": "large"}
            book = CalamineWorkbook.from_filelike(BytesIO(content))
            names = [name] if name is not None else _filled_sheets(book)
            if len(names) != 1 or names[0] not in book.sheet_names:
                return {"sheets": names if name is None else book.sheet_names}
            sheet = book.get_sheet_by_name(names[0])
            path = _path_of_sheet(parts, names[0])
            xml = parts.read(path) if path else b""
            has_formulas = b"<f" in xml or b":f" in xml  # much faster than the pattern
            if has_formulas and (unsaved := _UNSAVED.search(xml)):
                return {"unsaved": unsaved[1].decode()}
            formats = _read_formats(parts, xml)
            found = _ERROR.findall(xml) if b't="e"' in xml else ()
            errors = {cell.decode(): text.decode() for cell, text in found}
    except MemoryError:
        raise  # ends this process; the caller notices
    except BaseException:  # a panic in the library is not an Exception
        return {"error": "broken"}
    rows: list[tuple[int, list[str]]] = []
    left = _MAX_TEXT
    for number, cells in _rows(sheet, formats, errors):
        left -= sum(map(len, cells))
        if left < 0:
            return {"error": "large"}
        rows.append((number, cells))
        if len(rows) == _MAX_ROWS:
            break
    return {"rows": rows}


def _filled_sheets(book: Any) -> list[str]:
    """Return the visible sheets; if there are several, only those that contain something."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    kind = (SheetTypeEnum.WorkSheet, SheetVisibleEnum.Visible)
    seen = [one.name for one in book.sheets_metadata if (one.typ, one.visible) == kind]
    if len(seen) < 2:
        return seen
    return [name for name in seen if book.get_sheet_by_name(name).total_height] or seen[:1]


def _rows(
    sheet: Any, formats: Mapping[str, str], errors: Mapping[str, str]
) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not empty, with their numbers and without trailing empty cells.

    Cells that are merged downwards all have the value that is seen there.
    """
    first = sheet.start[1] if sheet.start else 0
    columns = [_column(first + number) for number in range(sheet.width)]
    merged = _merged_downwards(sheet, first)
    filled: dict[int, tuple[int, str]] = {}
    for number, row in enumerate(sheet.iter_rows(), start=1):
        cells = [
            _text(value, formats.get(f"{column}{number}", ""))
            for column, value in zip(columns, row, strict=True)
        ]
        if errors:
            cells = [
                errors.get(f"{column}{number}", cell)
                for column, cell in zip(columns, cells, strict=True)
            ]
        if any(map(str.strip, cells)):
            for column, (last, text) in filled.items():
                cells[column] = text if number <= last else cells[column]
        filled |= {column: (last, cells[column]) for column, last in merged.get(number, ())}
        while cells and not cells[-1].strip():
            cells.pop()
        if cells:
            yield number, cells


def _merged_downwards(sheet: Any, first: int) -> dict[int, list[tuple[int, int]]]:
    """Return the column and the last row of what is merged downwards, by the row it begins in.

    Rows count from 1, columns from 0 at `first`. A title that is merged sideways stays one cell.
    """
    found: dict[int, list[tuple[int, int]]] = {}
    for (top, left), (bottom, _) in sheet.merged_cell_ranges or ():
        if bottom > top and first <= left < first + sheet.width:
            found.setdefault(top + 1, []).append((left - first, bottom + 1))
    return found


def _text(value: Value, code: str) -> str:
    return value if type(value) is str and "\r" not in value else format_cell(value, code)


def _column(number: int) -> str:
    """Return the letters of a column; `number` counts from 0."""
    letters = ""
    while number >= 0:
        letters = chr(ord("A") + number % 26) + letters
        number = number // 26 - 1
    return letters


def _read_formats(parts: ZipFile, xml: bytes) -> dict[str, str]:
    """Return the number formats of a sheet's cells that have one, by cell name (`B3`)."""
    codes = _format_codes(parts)
    if not any(codes):
        return {}
    return {
        cell.decode(): codes[int(style)]
        for style, cell in _CELL.findall(xml)
        if int(style) < len(codes) and codes[int(style)]
    }


def _format_codes(parts: ZipFile) -> list[str]:
    """Return the number format of each style; empty for one that shows plain values."""
    if "xl/styles.xml" not in parts.namelist():
        return []
    styles = _tree(parts, "xl/styles.xml")
    own = {one.get("numFmtId"): one.get("formatCode", "") for one in styles.findall(".//{*}numFmt")}
    ids = [one.get("numFmtId", "0") for one in styles.findall("{*}cellXfs/{*}xf")]
    return [own.get(one) or BUILT_IN.get(int(one), "") for one in ids]


def _path_of_sheet(parts: ZipFile, name: str) -> str | None:
    book = _tree(parts, "xl/workbook.xml")
    links = _tree(parts, "xl/_rels/workbook.xml.rels")
    targets = {link.get("Id"): link.get("Target", "") for link in links}
    for sheet in book.findall("{*}sheets/{*}sheet"):
        if sheet.get("name") == name:
            target = targets.get(sheet.get(_RELATION), "")
            path = target[1:] if target.startswith("/") else f"xl/{target}"
            return path if path in parts.namelist() else None
    return None


def _tree(parts: ZipFile, name: str) -> ElementTree.Element:
    return ElementTree.fromstring(parts.read(name))  # noqa: S314 (an attack costs this process)


if __name__ == "__main__":
    limit_resources(MAX_CPU_S)
    wanted = json.loads(sys.stdin.buffer.readline())
    sys.stdout.write(json.dumps(read_sheet(sys.stdin.buffer.read(), wanted)))
