"""Small workbooks of Excel, written by hand."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

Cell = str | float | bool | tuple[float, str] | None
"""A value, or a number with its number format."""

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'

_ROOT = (
    f'<Relationships {_PACKAGE}><Relationship Id="r1" Type="{_OFFICE}/officeDocument" '
    'Target="xl/workbook.xml"/></Relationships>'
)


def workbook(
    sheets: Mapping[str, Sequence[Sequence[Cell]]],
    *,
    hidden: Sequence[str] = (),
    others: Mapping[str, str] | None = None,
) -> bytes:
    """A workbook with these sheets, each a list of rows; `others` are parts to add or replace."""
    formats: list[str] = []
    parts = {
        f"xl/worksheets/sheet{number}.xml": _sheet(rows, formats)
        for number, rows in enumerate(sheets.values(), start=1)
    }
    entries = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{number}" r:id="r{number}"'
        f"{' state=' + quoteattr('hidden') if name in hidden else ''}/>"
        for number, name in enumerate(sheets, start=1)
    )
    links = "".join(
        f'<Relationship Id="r{number}" Type="{_OFFICE}/worksheet" '
        f'Target="worksheets/sheet{number}.xml"/>'
        for number in range(1, len(sheets) + 1)
    )
    codes = "".join(
        f'<numFmt numFmtId="{number}" formatCode={quoteattr(code)}/>'
        for number, code in enumerate(formats, start=164)
    )
    styles = "".join(f'<xf numFmtId="{number}"/>' for number in range(164, 164 + len(formats)))
    parts |= {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": _ROOT,
        "xl/workbook.xml": f'<workbook {_MAIN} xmlns:r="{_OFFICE}"><sheets>{entries}</sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": f"<Relationships {_PACKAGE}>{links}</Relationships>",
        "xl/styles.xml": f"<styleSheet {_MAIN}><numFmts>{codes}</numFmts>"
        f'<cellXfs><xf numFmtId="0"/>{styles}</cellXfs></styleSheet>',
        **(others or {}),
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return file.getvalue()


def sheet_xml(cells: str) -> str:
    """The part of a sheet that holds these `<row>` elements."""
    return f"<worksheet {_MAIN}><sheetData>{cells}</sheetData></worksheet>"


def _sheet(rows: Sequence[Sequence[Cell]], formats: list[str]) -> str:
    lines = []
    for line, row in enumerate(rows, start=1):
        cells = (_cell(f"{chr(65 + at)}{line}", cell, formats) for at, cell in enumerate(row))
        lines.append(f'<row r="{line}">{"".join(cells)}</row>')
    return sheet_xml("".join(lines))


def _cell(name: str, value: Cell, formats: list[str]) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return f'<c r="{name}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, str):
        return f'<c r="{name}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    if isinstance(value, tuple):
        number, code = value
        if code not in formats:
            formats.append(code)
        return f'<c r="{name}" s="{formats.index(code) + 1}"><v>{number}</v></c>'
    return f'<c r="{name}"><v>{value}</v></c>'
