"""Rows: files of which each line, or each entry, makes a shot of its own.

Touches no file but the one it is asked to read. A new format is a function
and a line in `FORMATS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from storyboard.language.nodes import MappingNode, Row, SequenceNode
from storyboard.language.rows.csv import read_csv
from storyboard.language.rows.json import read_json, read_json_lines, row_problem
from storyboard.language.rows.values import RowValues
from storyboard.language.text_files import MAX_BYTES, read_text
from storyboard.language.yaml.source import parse_source
from storyboard.records import Json, Position, Problem, Severity

MAX_ROWS = 100_000


class Rows(NamedTuple):
    """One file of rows as it was read.

    Each row maps columns to cells; a row of JSON or YAML need not have all
    columns. Cells of CSV are text; those of JSON and YAML are what they are
    there. Rows with a problem are left out. `text` is for quoting lines.
    """

    text: str
    rows: tuple[RowValues, ...] = ()
    problems: tuple[Problem, ...] = ()


def read_rows(
    path: Path, display_name: str, *, max_rows: int = MAX_ROWS, max_bytes: int = MAX_BYTES
) -> Rows:
    """Read rows from CSV, TSV, JSON, JSONL or YAML; the ending of the name says which.

    Whatever is wrong with the file is a problem in the answer, never an
    exception. Stops after `max_rows` rows, or as many problems.
    """
    top = Position(display_name, 1, 1)
    read = FORMATS.get(path.suffix.lower())
    if read is None:
        ending = f"the ending {path.suffix}" if path.suffix else "a name without an ending"
        message = f"{ending} does not say how to read rows; allowed are {', '.join(FORMATS)}"
        return Rows("", problems=(Problem(top, "rows-format", message),))
    file = read_text(path, display_name, max_bytes=max_bytes)
    if file.problem is not None:
        return Rows(file.text, problems=(file.problem,))
    rows: list[RowValues] = []
    is_table = path.suffix.lower() in TABLES
    problems: list[Problem] = []
    for found in read(file.text, display_name):
        if len(problems if isinstance(found, Problem) else rows) == max_rows:
            problems.append(_too_many(found.position, max_rows))
            break
        if isinstance(found, Problem):
            problems.append(found)
        else:
            rows.append(RowValues(found.cells, found.position, is_table=is_table))
    problems += _templates_in_cells(rows)
    if not rows and not problems:
        message = "no rows in this file, so it makes no shots"
        problems.append(Problem(top, "no-rows", message, severity=Severity.WARNING))
    return Rows(file.text, tuple(rows), tuple(problems))


def _read_yaml(text: str, display_name: str) -> Iterator[Row | Problem]:
    source = parse_source(text, display_name)
    yield from source.problems
    root = source.root
    if isinstance(root, SequenceNode):
        for number, item in enumerate(root.items):
            if isinstance(item, MappingNode):
                yield Row(item.position, {name: node.written for name, node in item})
            else:
                yield row_problem(item.data, number, item.position)
    elif root is not None:
        yield row_problem(root.data, None, root.position)


def _holds_template(cell: Json) -> bool:
    if isinstance(cell, str):
        return ("{{" in cell and "}}" in cell) or ("{%" in cell and "%}" in cell)
    if isinstance(cell, (list, dict)):
        return any(map(_holds_template, cell.values() if isinstance(cell, dict) else cell))
    return False


def _templates_in_cells(rows: Iterable[RowValues]) -> Iterator[Problem]:
    """A warning for each column in which a cell holds a template, which is sent as it stands."""
    found: dict[str, list[Position]] = {}
    for row in rows:
        for column, cell in row.items():
            if _holds_template(cell):
                found.setdefault(column, []).append(row.position)
    for column, positions in found.items():
        others = len(positions) - 1
        more = f", as in {others:,} more row{'s'[: others > 1]}" if others else ""
        message = f"column {column!r}: the template in this cell is not filled in{more}"
        message += "; cells are data"
        hint = "write the template in the storyboard, and into the cell only what differs"
        warning = Severity.WARNING
        yield Problem(positions[0], "template-in-cell", message, hint, severity=warning)


FORMATS: dict[str, Callable[[str, str], Iterator[Row | Problem]]] = {
    ".csv": read_csv,
    ".tsv": partial(read_csv, delimiter="\t"),
    ".json": read_json,
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    ".yaml": _read_yaml,
    ".yml": _read_yaml,
}


TABLES = frozenset({".csv", ".tsv"})
"""Formats in which every row has the same columns."""


def _too_many(position: Position, max_rows: int) -> Problem:
    hint = "split the file; a storyboard has at most as many takes"
    return Problem(position, "too-many-rows", f"more than {max_rows:,} rows", hint)
