"""Reads a table in a Markdown file, whatever else the file contains."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from storyboard.language.nodes import Row
from storyboard.language.rows.table import ESCAPED, read_table
from storyboard.language.text_files import file_problem
from storyboard.records import Position, Problem
from storyboard.reporting.lines import split_lines

_RULE = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?")
_PIPE = re.compile(r"(?<!\\)\|")
_BREAK = re.compile(r"<br */?>", re.IGNORECASE)


def read_markdown(text: str, display_name: str) -> Iterator[Row | Problem]:
    """Read the rows of the only table in a file; cells may contain escaped | and line breaks."""
    lines = split_lines(text)
    rules = [number for number in range(1, len(lines)) if _is_rule(lines, number)]
    if len(rules) != 1:
        yield _not_one_table(rules, display_name)
        return
    numbers = [rules[0] - 1]
    for number in range(rules[0] + 1, len(lines)):
        if "|" not in lines[number]:
            break
        numbers.append(number)
    columns = len(_cells(lines[numbers[0]]))
    records = (
        (Position(display_name, number + 1, 1, len(lines[number])), _cells(lines[number], columns))
        for number in numbers
    )
    yield from read_table(records, separator=ESCAPED)


def _is_rule(lines: Sequence[str], number: int) -> bool:
    """Whether a line is the row of dashes below the column names."""
    line, above = lines[number].strip(), lines[number - 1]
    return "|" in line and "|" in above and _RULE.fullmatch(line) is not None


def _cells(line: str, columns: int = 0) -> list[str]:
    """Return the cells of a line; empty cells at its end may be missing."""
    cells = _PIPE.split(line.strip().removeprefix("|"))
    if not cells[-1].strip():
        cells.pop()  # after the last |
    cells += [""] * (columns - len(cells))
    return [_BREAK.sub("\n", cell.strip().replace("\\|", "|")) for cell in cells]


def _not_one_table(rules: Sequence[int], display_name: str) -> Problem:
    if not rules:
        hint = "a table has a line of dashes below the names of its columns: | --- | --- |"
        return file_problem(display_name, "no-table", "this file contains no table", hint)
    message = f"this file contains {len(rules)} tables; the second one begins here"
    hint = "move the one you mean to a file of its own"
    return Problem(Position(display_name, rules[1], 1), "several-tables", message, hint)
