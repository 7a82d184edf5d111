"""Reads CSV as people and spreadsheets write it: every cell is text."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence

from storyboard.language.nodes import Row
from storyboard.language.rows.table import read_table
from storyboard.language.text_files import MAX_BYTES
from storyboard.records import Position, Problem
from storyboard.reporting.lines import split_lines

_DELIMITERS = (",", ";", "\t", "|")
"""If a header has none of these, or equally many of several, the first one wins."""

_SEPARATOR_LINE = re.compile(r"sep=([,;\t|])", re.IGNORECASE)
_QUOTED = re.compile(r'"([^"]*(?:""[^"]*)*)"')


def read_csv(
    text: str, display_name: str, *, delimiter: str | None = None
) -> Iterator[Row | Problem]:
    """Read the rows below a header line; without `delimiter`, detect it from the header.

    Blank lines are skipped. Line breaks inside cells become \\n, so that a checkout on Windows
    makes the same request.
    """
    lines = split_lines(text)
    first = next((number for number, line in enumerate(lines, start=1) if line.strip()), 1)
    header = lines[first - 1]
    if header.lstrip().startswith("|") and delimiter is None:
        message = "this is a table in Markdown, not CSV"
        hint = "rename the file so that it ends in .md"
        yield Problem(_position(lines, display_name, first), "csv-syntax", message, hint)
        return
    separator = _SEPARATOR_LINE.fullmatch(lines[0])
    delimiter = separator[1] if separator else delimiter or _find_delimiter(header)
    csv.field_size_limit(MAX_BYTES)  # by default, the csv module stops at 128 KiB per cell
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=delimiter, strict=True)
    if separator:
        next(reader)
    line = reader.line_num + 1
    names: list[str] = []

    def records() -> Iterator[tuple[Position, list[str]]]:
        nonlocal line, names
        for record in reader:
            position = _position(lines, display_name, line)
            line, names = reader.line_num + 1, names or record
            yield position, record

    try:
        yield from read_table(records(), separator=delimiter)
    except csv.Error as error:
        message = _syntax_message(str(error), lines[line - 1 :], names, delimiter)
        hint = "a quote inside a quoted cell is written twice"
        yield Problem(_position(lines, display_name, line), "csv-syntax", message, hint)


def _find_delimiter(header: str) -> str:
    """Return the delimiter that occurs most often in the header outside quoted names."""
    return max(_DELIMITERS, key=_QUOTED.sub("", header).count)


def _position(lines: Sequence[str], display_name: str, line: int) -> Position:
    return Position(display_name, line, 1, max(len(lines[line - 1]), 1))


def _syntax_message(error: str, lines: Sequence[str], names: Sequence[str], delimiter: str) -> str:
    """Explain the csv module's error, for the row that begins with the first of `lines`."""
    if error.endswith("expected after '\"'"):
        return "there is text after a closing quote, in the row that begins here"
    if error != "unexpected end of data":
        return f"this row cannot be read as CSV: {error}"
    # Read leniently, the row ends with the unclosed cell.
    cells = next(csv.reader(lines, delimiter=delimiter))
    column = f"column {names[len(cells) - 1].strip()!r}: " if len(cells) <= len(names) else ""
    return f"{column}a quote is opened in this row but never closed"
