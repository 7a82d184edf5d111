"""Reads one sheet's rows from a workbook, in a separate process whose crash costs nothing else.

    python child.py < INPUT

This is a separate program, started by `read`. The library allocates every cell up to the farthest
one, so a workbook with two cells can use up all memory and end the process. INPUT is one line of
JSON (the sheet's name or null), then the workbook. Prints one JSON object: `rows`, each with its
number in the sheet and its cells as text; `sheets`, if it is not clear which one is meant; or
`error`.
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

_CELL = re.compile(rb'<(?:\w+:)?c(?=[^>]*? s="(\d{1,5})")[^>]*? r="([A-Z]{1,3}\d{1,7})"')
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
            formats = _read_formats(parts, names[0])
    except MemoryError:
        raise  # ends this process; the caller notices
    except BaseException:  # a panic in the library is not an Exception
        return {"error": "broken"}
    rows: list[tuple[int, list[str]]] = []
    left = _MAX_TEXT
    for number, cells in _rows(sheet, formats):
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


def _rows(sheet: Any, formats: Mapping[str, str]) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not empty, with their numbers and without trailing empty cells."""
    first = sheet.start[1] if sheet.start else 0
    columns = [_column(first + number) for number in range(sheet.width)]
    for number, row in enumerate(sheet.iter_rows(), start=1):
        cells = [
            _text(value, formats.get(f"{column}{number}", ""))
            for column, value in zip(columns, row, strict=True)
        ]
        while cells and not cells[-1].strip():
            cells.pop()
        if cells:
            yield number, cells


def _text(value: Value, code: str) -> str:
    return value if type(value) is str and "\r" not in value else format_cell(value, code)


def _column(number: int) -> str:
    """Return the letters of a column; `number` counts from 0."""
    letters = ""
    while number >= 0:
        letters = chr(ord("A") + number % 26) + letters
        number = number // 26 - 1
    return letters


def _read_formats(parts: ZipFile, sheet: str) -> dict[str, str]:
    """Return the number formats of the sheet's cells that have one, by cell name (`B3`)."""
    codes = _format_codes(parts)
    path = _path_of_sheet(parts, sheet)
    if not any(codes) or path is None:
        return {}
    return {
        cell.decode(): codes[int(style)]
        for style, cell in _CELL.findall(parts.read(path))
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
