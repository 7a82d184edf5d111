"""Reads rows: files in which each line, or each entry, makes one shot.

Reads no file except the one it is given. A new format needs one function and one line in
`FORMATS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

from storyboard.language.files import DISK, Files
from storyboard.language.nodes import MappingNode, Node, Row, SequenceNode
from storyboard.language.rows.csv import read_csv
from storyboard.language.rows.json import read_json, read_json_lines
from storyboard.language.rows.markdown import read_markdown
from storyboard.language.rows.shapes import (
    cells_of,
    is_keyed,
    no_key_problem,
    no_rows_problem,
    row_problem,
    steps_of,
)
from storyboard.language.rows.values import RowValues
from storyboard.language.text_files import DOWNLOAD, file_problem, is_address, read_bytes, read_text
from storyboard.language.yaml.source import parse_source
from storyboard.records import Json, Position, Problem, Severity
from storyboard.reporting.amounts import count_text
from storyboard.reporting.lines import split_lines

MAX_ROWS = 100_000


class Rows(NamedTuple):
    """One file of rows as read.

    Each row maps columns to cells; a row of JSON or YAML need not have all columns. Cells of
    tables are text, and those of a workbook are text as it shows them. Cells of JSON and YAML
    keep their types. Rows with a problem are left out. `text` is for quoting lines; for a
    workbook, it has one line per row of the sheet. `content` is the workbook itself.
    """

    text: str
    rows: tuple[RowValues, ...] = ()
    problems: tuple[Problem, ...] = ()
    content: bytes | None = None


def read_rows(
    path: Path,
    display_name: str,
    *,
    key: str | None = None,
    sheet: str | None = None,
    files: Files = DISK,
) -> Rows:
    """Read rows from one of `FORMATS` or a workbook, as the file name's ending says.

    `key` is the key that the rows are under in a JSON or YAML file; `sheet` is the name of a
    workbook's sheet. A mistake in the file is a problem in the result, never an exception. Stops
    after `MAX_ROWS` rows, or after as many problems.
    """
    ending = path.suffix.lower()
    if problem := _wrong_format(ending, key, sheet, display_name):
        return Rows("", problems=(problem,))
    text, found, content = _open(path, display_name, key=key, sheet=sheet, files=files)
    rows = collect(found, is_table=ending in TABLES)
    if not rows.rows and not rows.problems:
        message = "no rows in this file, so it makes no shots"
        top, severity = Position(display_name, 1, 1), Severity.WARNING
        rows = Rows("", problems=(Problem(top, "no-rows", message, severity=severity),))
    return rows._replace(text=text, content=content)


def _open(
    path: Path, display_name: str, *, key: str | None, sheet: str | None, files: Files
) -> tuple[str, Iterator[Row | Problem], bytes | None]:
    """Return the text for quoting, the rows and problems as found, and a workbook's content."""
    if path.suffix.lower() == WORKBOOK:
        content = read_bytes(path, display_name, files=files)
        if isinstance(content, Problem):
            return "", iter([content]), None
        from storyboard.language.rows.xlsx.read import read_workbook

        return *read_workbook(content, display_name, name=sheet), content
    file = read_text(path, display_name, files=files)
    if file.problem is not None:
        return file.text, iter([file.problem]), None
    options = {} if key is None else {"key": key}
    return file.text, FORMATS[path.suffix.lower()](file.text, display_name, **options), None


def collect(found: Iterable[Row | Problem], *, is_table: bool) -> Rows:
    """Collect the rows that a reader finds, and their problems; `is_table` is as in `RowValues`."""
    rows: list[RowValues] = []
    problems: list[Problem] = []
    for number, one in enumerate(found, start=1):
        if len(problems if isinstance(one, Problem) else rows) == MAX_ROWS:
            hint = "split the file; a storyboard cannot have more takes than that"
            message = f"more than {MAX_ROWS:,} rows"
            problems.append(Problem(one.position, "too-many-rows", message, hint))
            break
        if isinstance(one, Problem):
            problems.append(one)
        else:
            rows.append(RowValues(one.cells, one.position, is_table=is_table, number=number))
    if len({row.position.line for row in rows}) == len(rows):
        for row in rows:
            row.number = 0
    return Rows("", tuple(rows), (*problems, *_templates_in_cells(rows)))


def _holds_template(cell: Json) -> bool:
    if isinstance(cell, str):
        return ("{{" in cell and "}}" in cell) or ("{%" in cell and "%}" in cell)
    if isinstance(cell, (list, dict)):
        return any(map(_holds_template, cell.values() if isinstance(cell, dict) else cell))
    return False


def _templates_in_cells(rows: Iterable[RowValues]) -> Iterator[Problem]:
    """Warn about each column with a template in a cell, because cells are sent as written.

    Columns whose first template is in the same row share a warning, because the cells of a row
    have one position.
    """
    found: dict[str, list[Position]] = {}
    for row in rows:
        for column, cell in row.items():
            if _holds_template(cell):
                found.setdefault(column, []).append(row.position)
    columns_of: dict[Position, list[str]] = {}
    for column, positions in found.items():
        columns_of.setdefault(positions[0], []).append(column)
    for position, columns in columns_of.items():
        others = len({other for column in columns for other in found[column]}) - 1
        what = f"column {columns[0]!r}: the template in this cell is"
        if len(columns) > 1:
            what = f"columns {', '.join(map(repr, columns))}: the templates in these cells are"
        more = f", as in {count_text(others, 'more row')}" if others else ""
        message = f"{what} not filled in{more}; cells are data"
        hint = "write the template in the storyboard, and put only what differs into the cell"
        warning = Severity.WARNING
        yield Problem(position, "template-in-cell", message, hint, severity=warning)


def _read_yaml(text: str, display_name: str, *, key: str | None = None) -> Iterator[Row | Problem]:
    source = parse_source(text, display_name)
    yield from source.problems
    if source.root is not None:
        yield from rows_in(source.root, key=key)


def rows_in(root: Node, where: str = "", *, key: str | None = None) -> Iterator[Row | Problem]:
    """Return the rows of a node, or of the node under a key; `where` is the path to it."""
    node = root
    steps = steps_of(key, root.entries if isinstance(root, MappingNode) else ())
    for number, step in enumerate(steps):
        found = node.get(step) if isinstance(node, MappingNode) else None
        if found is None:
            yield no_key_problem(str(key), steps[:number], node.data, node.position)
            return
        node = found
    if isinstance(node, SequenceNode):
        for number, item in enumerate(node.items):
            yield _row_of(item, f"{where}[{number}]")
    elif isinstance(node, MappingNode) and is_keyed(node.data):
        for name, item in node:
            yield _row_of(item, name, name)
    else:
        yield no_rows_problem(node.data, node.position, key)


def _row_of(item: Node, where: str, name: str | None = None) -> Row | Problem:
    cells = cells_of(item.written, name)
    if cells is None:
        return row_problem(item.data, where, item.position)
    return Row(item.position, cells)


def _read_lines(text: str, display_name: str) -> Iterator[Row]:
    """Read each line as a prompt; blank lines and lines that begin with # are skipped."""
    for number, line in enumerate(split_lines(text), start=1):
        prompt = line.strip()
        if prompt and not prompt.startswith("#"):
            column = line.index(prompt) + 1
            yield Row(Position(display_name, number, column, len(prompt)), {"prompt": prompt})


FORMATS: Mapping[str, Callable[..., Iterator[Row | Problem]]] = {
    ".csv": read_csv,
    ".tsv": partial(read_csv, delimiter="\t"),
    ".json": read_json,
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    ".yaml": _read_yaml,
    ".yml": _read_yaml,
    ".md": read_markdown,
    ".txt": _read_lines,
}

WORKBOOK = ".xlsx"
"""A format that is not text."""

TABLES = frozenset({".csv", ".tsv", ".md", ".txt", WORKBOOK})
"""Formats in which every row has the same columns."""

WITH_KEYS = frozenset({".json", ".yaml", ".yml"})
"""Formats in which rows may be under a key."""

_SAVE_AS: Mapping[str, str] = {
    **dict.fromkeys(
        (".xls", ".xlsm", ".xlsb", ".ods", ".numbers", ".gsheet"),
        f"save it as {WORKBOOK}, or export the sheet as CSV (UTF-8)",
    ),
    **dict.fromkeys(
        (".doc", ".docx", ".pdf", ".rtf", ".odt", ".html", ".htm"),
        "save the table as CSV, or the text as .txt",
    ),
}
_SAVE_OTHERS = "save a table as CSV (UTF-8), or one prompt per line as .txt"


def _wrong_format(
    ending: str, key: str | None, sheet: str | None, display_name: str
) -> Problem | None:
    """Return the problem with a file of an unknown format or without such a part, or None."""
    allowed = [*FORMATS, WORKBOOK]
    if ending not in allowed:
        what = f"the extension {ending}" if ending else "a name without an extension"
        message = f"{what} does not say how to read rows; allowed are {', '.join(allowed)}"
        hint = DOWNLOAD if is_address(display_name) else _SAVE_AS.get(ending, _SAVE_OTHERS)
        return file_problem(display_name, "rows-format", message, hint)
    if key is not None and ending not in WITH_KEYS:
        having = ", ".join(sorted(WITH_KEYS))
        message = f"{ending} files have no keys; only {having} files have"
        return file_problem(display_name, "rows-format", message)
    if sheet is not None and ending != WORKBOOK:
        message = f"{ending} files have no sheets; only {WORKBOOK} files have"
        return file_problem(display_name, "rows-format", message, "remove sheet:")
    return None
