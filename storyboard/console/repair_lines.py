"""Repairs as a unified diff, as edits, and in one line. Pure.

Repairs change lines of a file and never add any.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from storyboard.console.options import VariableOptions
from storyboard.names import as_argument
from storyboard.records import Storyboard
from storyboard.reporting.lines import split_lines
from storyboard.reporting.problems import tidy
from storyboard.reporting.quoting import visible

_CONTEXT = 3
_PAINTS = {"-": "\x1b[31m", "+": "\x1b[32m", "@": "\x1b[36m"}
_RESET = "\x1b[0m"


def fix_command(files: Iterable[Path], variables: VariableOptions) -> str:
    """The command that repairs storyboards which were read with these options."""
    variant = [] if variables.variant is None else ["--variant", variables.variant]
    return shlex.join(["storyboard", "fix", *map(as_argument, files), *variant, *variables.words])


def repair_note(boards: Iterable[Storyboard], variables: VariableOptions) -> list[str]:
    """The line that names this command, if problems seem to have one right answer."""
    boards = [board for board in boards if any(problem.repairs for problem in board.problems)]
    problems = tidy(problem for board in boards for problem in board.problems)
    count = sum(bool(problem.repairs) for problem in problems)
    command = fix_command((board.path for board in boards), variables)
    return [f"{command} may be able to repair {count:,} of them."] if count else []


def diff_lines(name: str, before: str, after: str) -> Iterator[str]:
    """The changes to the file of that name, as a unified diff for people."""
    old, new = split_lines(before), split_lines(after)
    count = len(old) - (old[-1] == "")  # there is no line after the last line break
    yield f"--- {name}"
    yield f"+++ {name}"
    for first, last in _hunks(_changed(old, new)):
        start, end = max(first - _CONTEXT, 0), min(last + _CONTEXT + 1, count)
        yield f"@@ -{start + 1},{end - start} +{start + 1},{end - start} @@"
        numbers = range(start, end)
        for is_same, run in groupby(numbers, key=lambda number: old[number] == new[number]):
            group = list(run)
            yield from (f"{' ' if is_same else '-'}{old[number]}" for number in group)
            yield from (f"+{new[number]}" for number in group if not is_same)


def paint(line: str) -> str:
    """A line of a diff, escaped and coloured."""
    color = _PAINTS.get(line[:1])
    return f"{color}{visible(line)}{_RESET}" if color else visible(line)


def edits(before: str, after: str) -> list[dict[str, Any]]:
    """What to write in place of what, by lines and columns of the original text, from 1."""
    old, new = split_lines(before), split_lines(after)
    return [_edit(number, old[number], new[number]) for number in _changed(old, new)]


def _edit(number: int, old: str, new: str) -> dict[str, Any]:
    start = _same(old, new)
    same = _same(old[start:][::-1], new[start:][::-1])
    return {
        "line": number + 1,
        "column": start + 1,
        "end_column": len(old) - same + 1,
        "text": new[start : len(new) - same],
    }


def _same(one: str, other: str) -> int:
    """How many characters two texts have in common at their start."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _changed(old: Sequence[str], new: Sequence[str]) -> list[int]:
    return [number for number, pair in enumerate(zip(old, new, strict=True)) if pair[0] != pair[1]]


def _hunks(changed: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The first and last changed line of each group that is shown together."""
    first = last = changed[0]
    for number in changed[1:]:
        if number - last > 2 * _CONTEXT + 1:
            yield first, last
            first = number
        last = number
    yield first, last
