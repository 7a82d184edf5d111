"""Rows: files of which each line, or each entry, makes a shot of its own.

A path comes in, a `Rows` goes out: a mapping of column to cell per row, each
cell with its place. Touches no file but the one it is asked to read. A new
format is a function and a line in `FORMATS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from storyboard.language.nodes import MappingNode, Node, ScalarNode, SequenceNode
from storyboard.language.table import Table
from storyboard.language.text_files import MAX_BYTES, read_text
from storyboard.language.yaml.source import parse_source
from storyboard.records import Position, Problem, Severity

MAX_ROWS = 100_000


class Rows(NamedTuple):
    """One file of rows as it was read.

    `columns` are the names that occur, in order; a row of JSON or YAML need
    not have all of them. Cells of CSV are text; those of JSON and YAML are
    what they are there. `text` is for quoting lines.
    """

    path: Path
    display_name: str
    text: str
    rows: tuple[MappingNode, ...] = ()
    columns: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def read_rows(
    path: Path, display_name: str, *, max_rows: int = MAX_ROWS, max_bytes: int = MAX_BYTES
) -> Rows:
    """Read rows from CSV, TSV, JSON, JSONL or YAML; the ending of the name says which.

    Whatever is wrong with the file is a problem in the answer, never an exception.
    """
    read = FORMATS.get(path.suffix.lower())
    if read is None:
        ending = f"the ending {path.suffix}" if path.suffix else "a name without an ending"
        message = f"{ending} does not say how to read rows; allowed are {', '.join(FORMATS)}"
        return Rows(
            path, display_name, "", problems=(Problem(_top(display_name), "rows-format", message),)
        )
    file = read_text(path, display_name, max_bytes=max_bytes)
    if file.problem is not None:
        return Rows(path, display_name, file.text, problems=(file.problem,))
    table = read(file.text, display_name, max_rows)
    problems = list(table.problems)
    if len(table.rows) > max_rows:
        problems.append(_too_many(table.rows[max_rows].position, max_rows))
    elif not table.rows and not problems:
        message = "no rows in this file, so it makes no shots"
        problems.append(Problem(_top(display_name), "no-rows", message, severity=Severity.WARNING))
    return Rows(
        path, display_name, file.text, table.rows[:max_rows], table.columns, tuple(problems)
    )


# Each format is imported when a file of it is read.


def _read_csv(text: str, display_name: str, max_rows: int) -> Table:
    from storyboard.language.csv_rows import read_table

    return read_table(text, display_name, max_rows=max_rows)


def _read_tsv(text: str, display_name: str, max_rows: int) -> Table:
    from storyboard.language.csv_rows import read_table

    return read_table(text, display_name, max_rows=max_rows, delimiter="\t")


def _read_json(text: str, display_name: str, max_rows: int) -> Table:
    from storyboard.language.json_text import parse_json

    root, problems = parse_json(text, display_name)
    return _table_of(root, problems)


def _read_json_lines(text: str, display_name: str, max_rows: int) -> Table:
    from storyboard.language.json_text import parse_json_lines

    items, problems = parse_json_lines(text, display_name, most=max_rows + 1)
    return _table(items, problems)


def _read_yaml(text: str, display_name: str, max_rows: int) -> Table:
    source = parse_source(text, display_name)
    return _table_of(source.root, source.problems)


FORMATS: dict[str, Callable[[str, str, int], Table]] = {
    ".csv": _read_csv,
    ".tsv": _read_tsv,
    ".json": _read_json,
    ".jsonl": _read_json_lines,
    ".ndjson": _read_json_lines,
    ".yaml": _read_yaml,
    ".yml": _read_yaml,
}


def _table_of(root: Node | None, problems: Iterable[Problem]) -> Table:
    if root is None or isinstance(root, SequenceNode):
        return _table(root.items if root else (), problems)
    message = f"rows are a list of mappings, not {_kind(root)}"
    return Table((), (), (*problems, Problem(root.position, "not-rows", message)))


def _table(items: Iterable[Node], problems: Iterable[Problem]) -> Table:
    rows = []
    found = list(problems)
    columns: dict[str, None] = {}
    for number, item in enumerate(items):
        if isinstance(item, MappingNode):
            rows.append(item)
            columns.update(dict.fromkeys(item.entries))
        else:
            message = f"[{number}]: a row is a mapping of column to value, not {_kind(item)}"
            found.append(Problem(item.position, "not-rows", message))
    return Table(tuple(rows), tuple(columns), tuple(found))


def _kind(node: Node) -> str:
    if isinstance(node, ScalarNode):
        return {bool: "true or false", str: "text", type(None): "null"}.get(
            type(node.value), "a number"
        )
    return "a list" if isinstance(node, SequenceNode) else "a mapping"


def _too_many(position: Position, max_rows: int) -> Problem:
    hint = "split the file; a storyboard has at most as many takes"
    return Problem(position, "too-many-rows", f"more than {max_rows:,} rows", hint)


def _top(display_name: str) -> Position:
    return Position(display_name, 1, 1)
