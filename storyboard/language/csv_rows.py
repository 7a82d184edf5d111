"""CSV as people and spreadsheets write it: every cell is text and keeps its place.

Reads what the standard library's csv module reads in its strict mode, which
gives no columns; a test compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from storyboard.language.nodes import Entry, MappingNode, ScalarNode
from storyboard.language.table import Table
from storyboard.records import Position, Problem
from storyboard.reporting.lines import line_end

_DELIMITERS = ",;\t"  # in this order where a header says nothing
_SEPARATOR_LINE = re.compile(r"sep=([,;\t])(?:\r\n|\n|\r)", re.IGNORECASE)
_QUOTED = re.compile(r'"([^"]*(?:""[^"]*)*)"')
_BREAK = re.compile(r"\r\n|\n|\r")


class _Unreadable(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def read_table(
    text: str, display_name: str, *, max_rows: int = 100_000, delimiter: str | None = None
) -> Table:
    """The rows below a header line; without a delimiter the header tells which it is.

    Blank lines are skipped, and rows whose cells are all empty, which
    spreadsheets leave at the end. Line breaks inside cells become \\n, so that
    a checkout on Windows makes the same request. Reads at most one row more
    than `max_rows`.
    """
    start, line = 0, 1
    if mark := _SEPARATOR_LINE.match(text):
        delimiter, start, line = mark[1], mark.end(), 2
    delimiter = delimiter or _find_delimiter(text, start)
    rows: list[MappingNode] = []
    problems: list[Problem] = []
    header: list[ScalarNode] = []
    try:
        for record in _read_records(text, start, line, delimiter, display_name):
            if not record[0].text.strip() and not any(cell.text.strip() for cell in record):
                continue
            if not header:
                header = [_cell(cell.text.strip(), cell.position) for cell in record]
                problems.extend(_check_header(header))
                continue
            if len(record) == len(header):
                rows.append(_make_row(header, record))
                if len(rows) > max_rows:
                    break
            else:
                problems.append(_wrong_length(record, header, delimiter))
    except _Unreadable as error:
        problems.append(error.problem)
    return Table(tuple(rows), tuple(cell.text for cell in header), tuple(problems))


def _find_delimiter(text: str, start: int) -> str:
    """The delimiter that occurs most often in the header, quoted names left out."""
    while start < len(text) and _BREAK.match(text, start):
        start += 1
    header = _QUOTED.sub("", text[start : line_end(text, start)])
    return max(_DELIMITERS, key=header.count)


def _read_records(
    text: str, index: int, line: int, delimiter: str, display_name: str
) -> Iterator[list[ScalarNode]]:
    bare = re.compile(rf"[^{re.escape(delimiter)}\r\n]*")
    line_begins = index
    record: list[ScalarNode] = []
    while index < len(text) or record:
        column = index - line_begins + 1
        if text.startswith('"', index):
            quoted = _QUOTED.match(text, index)
            if quoted is None:
                position = Position(display_name, line, column, line_end(text, index) - index)
                raise _Unreadable(_unclosed_quote(position))
            end = quoted.end()
            width = min(end, line_end(text, index)) - index
            value = _BREAK.sub("\n", quoted[1].replace('""', '"'))
            record.append(_cell(value, Position(display_name, line, column, width)))
            if found := [match.end() for match in _BREAK.finditer(text, index, end)]:
                line += len(found)
                line_begins = found[-1]
            if end < len(text) and text[end] not in (delimiter, "\r", "\n"):
                position = Position(display_name, line, end - line_begins + 1)
                raise _Unreadable(_after_quote(position))
        else:
            match = bare.match(text, index)
            end = match.end() if match else index
            position = Position(display_name, line, column, max(end - index, 1))
            record.append(_cell(text[index:end], position))
        index = end
        if text.startswith(delimiter, index):
            index += 1
            if index < len(text):
                continue
            record.append(_cell("", Position(display_name, line, index - line_begins + 1)))
        elif ended := _BREAK.match(text, index):
            index = line_begins = ended.end()
            line += 1
        yield record
        record = []


def _cell(text: str, position: Position) -> ScalarNode:
    return ScalarNode(text, text, position, False, position.line)


def _make_row(header: list[ScalarNode], record: list[ScalarNode]) -> MappingNode:
    entries = {
        name.text: Entry(name.position, cell) for name, cell in zip(header, record, strict=True)
    }
    first, last = record[0].position, record[-1].position
    is_one_line = first.line == last.line
    width = last.column + last.width - first.column if is_one_line else first.width
    return MappingNode(entries, Position(first.path, first.line, first.column, width))


def _check_header(header: list[ScalarNode]) -> Iterator[Problem]:
    seen: dict[str, Position] = {}
    for cell in header:
        if not cell.text:
            message = "a column without a name"
            hint = "give it a name, or take the column out"
            yield Problem(cell.position, "empty-column-name", message, hint)
        elif cell.text in seen:
            first = seen[cell.text].column
            message = f"a second column {cell.text!r}; the first one is at column {first}"
            yield Problem(cell.position, "repeated-column", message)
        else:
            seen[cell.text] = cell.position


def _wrong_length(record: list[ScalarNode], header: list[ScalarNode], delimiter: str) -> Problem:
    counts = f"{len(record)} cells, but the header has {len(header)} columns"
    if len(record) > len(header):
        name = {",": "a comma", ";": "a semicolon", "\t": "a tab"}[delimiter]
        extra = record[len(header)].position
        return Problem(extra, "row-length", counts, f"a cell that holds {name} needs double quotes")
    first = record[0].position
    hint = f"the cells from {header[len(record)].text!r} on are missing"
    last = record[-1].position
    width = last.column + last.width - first.column if last.line == first.line else first.width
    return Problem(
        Position(first.path, first.line, first.column, width), "row-length", counts, hint
    )


def _unclosed_quote(position: Position) -> Problem:
    message = "this quote is opened here and never closed"
    return Problem(position, "csv-syntax", message, "a quote inside a quoted cell is written twice")


def _after_quote(position: Position) -> Problem:
    message = "text goes on after the closing quote"
    return Problem(position, "csv-syntax", message, "a quote inside a quoted cell is written twice")
