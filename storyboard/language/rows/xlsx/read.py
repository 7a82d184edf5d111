"""Reads an Excel workbook as rows with positions; their lines are the sheet's row numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from storyboard.child_process import MAX_MEMORY_BYTES, ask_child
from storyboard.language.nodes import Row
from storyboard.language.rows.shapes import FILE
from storyboard.language.rows.table import read_table
from storyboard.language.rows.xlsx.child import MAX_CPU_S, MAX_UNPACKED_BYTES
from storyboard.language.text_files import file_problem
from storyboard.records import Position, Problem
from storyboard.reporting.suggest import did_you_mean
from storyboard.reporting.value_paths import format_value

_CHILD = Path(__file__).with_name("child.py")
_LIBRARY = "python_calamine"
_SAVE = "save the sheet as a workbook of its own (.xlsx), or export it as CSV (UTF-8)"
_MAX_SHEETS = 10

_ERRORS: Mapping[str, tuple[str, str]] = {
    "locked": (
        "is locked with a password",
        "save it without one, or export the sheet as CSV (UTF-8)",
    ),
    "broken": ("is not a valid Excel workbook", "open it and save it as .xlsx, or as CSV (UTF-8)"),
    "large": (
        f"unpacks to more than {MAX_UNPACKED_BYTES >> 20} MiB, or contains too much text",
        _SAVE,
    ),
}


class Sheet(NamedTuple):
    """The rows of a sheet and their problems; `text` has one line for each row."""

    text: str
    found: Iterator[Row | Problem]


def read_workbook(content: bytes, display_name: str, *, name: str | None = None) -> Sheet:
    """Read the rows of the sheet `name`, or of the only one; a mistake in it is a problem."""
    if find_spec(_LIBRARY) is None:
        message = "reading an Excel workbook needs python-calamine"
        hint = "pip install 'storyboard-render[xlsx]', or export the sheet as CSV (UTF-8)"
        return _unreadable(display_name, "unreadable-file", message, hint)
    match ask_child(_CHILD, json.dumps(name).encode() + b"\n" + content):
        case {"rows": list(rows)}:
            return _to_sheet([(number, cells) for number, cells in rows], display_name)
        case {"sheets": list(sheets)}:
            return _unreadable(display_name, "no-such-key", *_which_sheet(sheets, name))
        case {"unsaved": str(cell)}:
            message = f"the value of the formula in {cell} is not saved in it"
            hint = "open it in a spreadsheet program and save it, or export it as CSV (UTF-8)"
            return _unreadable(display_name, "unreadable-file", message, hint)
        case {"error": str(error)}:
            return _unreadable(display_name, "unreadable-file", *_ERRORS[error])
        case _:
            message = f"reading it takes more than {MAX_CPU_S} s or {MAX_MEMORY_BYTES >> 20} MiB"
            hint = f"a cell far from the others can do that; {_SAVE}"
            return _unreadable(display_name, "file-too-large", message, hint)


def _to_sheet(rows: Sequence[tuple[int, list[str]]], display_name: str) -> Sheet:
    width = max((len(cells) for _, cells in rows), default=0)
    lines = {number: "\t".join(cells).replace("\n", " ") for number, cells in rows}
    text = "\n".join(lines.get(number, "") for number in range(1, max(lines, default=0) + 1))
    records = (
        (_position(display_name, number, lines[number]), cells + [""] * (width - len(cells)))
        for number, cells in rows[_find_header(rows) :]
    )
    return Sheet(text, read_table(records, separator="\t"))


def _find_header(rows: Sequence[tuple[int, list[str]]]) -> int:
    """Find the row of column names: the first with more than half as many cells as the fullest row.

    Titles and notes above it fill one or two cells.
    """
    counts = [sum(map(bool, map(str.strip, cells))) for _, cells in rows]
    most = max(counts, default=0)
    return next((index for index, count in enumerate(counts) if 2 * count > most), 0)


def _which_sheet(sheets: Sequence[Any], name: str | None) -> tuple[str, str | None]:
    known = ", ".join(map(format_value, sheets[:_MAX_SHEETS]))
    if len(sheets) > _MAX_SHEETS:
        known += f" and {len(sheets) - _MAX_SHEETS:,} more"
    if name is not None:
        hint = did_you_mean(name, sheets)
        return f"it has no sheet {format_value(name)}; its sheets are {known}", hint
    if not sheets:
        return "it has no visible sheet", _SAVE
    example = f"rows: {{{FILE}, sheet: {format_value(sheets[0])}}}"
    return f"it has {len(sheets)} sheets: {known}", f"name the one you mean: {example}"


def _position(display_name: str, number: int, line: str) -> Position:
    return Position(display_name, number, 1, max(len(line), 1))


def _unreadable(display_name: str, code: str, message: str, hint: str | None) -> Sheet:
    return Sheet("", iter([file_problem(display_name, code, message, hint)]))
