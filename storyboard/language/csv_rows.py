"""CSV as people and spreadsheets write it: every cell is text and keeps its place.

Reads what the standard library's csv module reads in its strict mode, which
gives no columns; a test compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from storyboard.language.nodes import Entry, MappingNode, ScalarNode
from storyboard.language.table import Table
from storyboard.records import Place, Problem
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
    text: str, shown: str, *, max_rows: int = 100_000, delimiter: str | None = None
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
        for record in _read_records(text, start, line, delimiter, shown):
            if not record[0].text.strip() and not any(cell.text.strip() for cell in record):
                continue
            if not header:
                header = [_cell(cell.text.strip(), cell.place) for cell in record]
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
    text: str, index: int, line: int, delimiter: str, shown: str
) -> Iterator[list[ScalarNode]]:
    bare = re.compile(rf"[^{re.escape(delimiter)}\r\n]*")
    line_begins = index
    record: list[ScalarNode] = []
    while index < len(text) or record:
        column = index - line_begins + 1
        if text.startswith('"', index):
            quoted = _QUOTED.match(text, index)
            if quoted is None:
                place = Place(shown, line, column, line_end(text, index) - index)
                raise _Unreadable(_unclosed_quote(place))
            end = quoted.end()
            width = min(end, line_end(text, index)) - index
            value = _BREAK.sub("\n", quoted[1].replace('""', '"'))
            record.append(_cell(value, Place(shown, line, column, width)))
            if found := [match.end() for match in _BREAK.finditer(text, index, end)]:
                line += len(found)
                line_begins = found[-1]
            if end < len(text) and text[end] not in (delimiter, "\r", "\n"):
                place = Place(shown, line, end - line_begins + 1)
                raise _Unreadable(_after_quote(place))
        else:
            match = bare.match(text, index)
            end = match.end() if match else index
            place = Place(shown, line, column, max(end - index, 1))
            record.append(_cell(text[index:end], place))
        index = end
        if text.startswith(delimiter, index):
            index += 1
            if index < len(text):
                continue
            record.append(_cell("", Place(shown, line, index - line_begins + 1)))
        elif ended := _BREAK.match(text, index):
            index = line_begins = ended.end()
            line += 1
        yield record
        record = []


def _cell(text: str, place: Place) -> ScalarNode:
    return ScalarNode(text, text, place, False, place.line)


def _make_row(header: list[ScalarNode], record: list[ScalarNode]) -> MappingNode:
    entries = {
        name.text: Entry(name.place, cell) for name, cell in zip(header, record, strict=True)
    }
    first, last = record[0].place, record[-1].place
    is_one_line = first.line == last.line
    width = last.column + last.width - first.column if is_one_line else first.width
    return MappingNode(entries, Place(first.path, first.line, first.column, width))


def _check_header(header: list[ScalarNode]) -> Iterator[Problem]:
    seen: dict[str, Place] = {}
    for cell in header:
        if not cell.text:
            message = "a column without a name"
            hint = "give it a name, or take the column out"
            yield Problem(cell.place, "empty-column-name", message, hint)
        elif cell.text in seen:
            first = seen[cell.text].column
            message = f"a second column {cell.text!r}; the first one is at column {first}"
            yield Problem(cell.place, "repeated-column", message)
        else:
            seen[cell.text] = cell.place


def _wrong_length(record: list[ScalarNode], header: list[ScalarNode], delimiter: str) -> Problem:
    counts = f"{len(record)} cells, but the header has {len(header)} columns"
    if len(record) > len(header):
        name = {",": "a comma", ";": "a semicolon", "\t": "a tab"}[delimiter]
        extra = record[len(header)].place
        return Problem(extra, "row-length", counts, f"a cell that holds {name} needs double quotes")
    first = record[0].place
    hint = f"the cells from {header[len(record)].text!r} on are missing"
    last = record[-1].place
    width = last.column + last.width - first.column if last.line == first.line else first.width
    return Problem(Place(first.path, first.line, first.column, width), "row-length", counts, hint)


def _unclosed_quote(place: Place) -> Problem:
    message = "this quote is opened here and never closed"
    return Problem(place, "csv-syntax", message, "a quote inside a quoted cell is written twice")


def _after_quote(place: Place) -> Problem:
    message = "text goes on after the closing quote"
    return Problem(place, "csv-syntax", message, "a quote inside a quoted cell is written twice")
