"""Applies repairs to a text. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from storyboard.records import Problem, Repair
from storyboard.reporting.lines import line_starts


def apply_repairs(text: str, repairs: Iterable[Repair]) -> str:
    """Apply all repairs to the text; they must belong to it and must not overlap."""
    starts = line_starts(text)
    pieces: list[str] = []
    end = 0
    for position, replacement in sorted(repairs):
        start = starts[position.line - 1] + position.column - 1
        pieces += [text[end:start], replacement]
        end = start + position.width
    return "".join([*pieces, text[end:]])


def repairs_by_file(problems: Iterable[Problem]) -> dict[str, list[Repair]]:
    """Group the problems' repairs by file, each once.

    `without_conflicts` has already made sure that no two overlap.
    """
    found: dict[str, set[Repair]] = {}
    for problem in problems:
        for repair in problem.repairs:
            found.setdefault(repair.position.path, set()).add(repair)
    return {path: sorted(repairs) for path, repairs in found.items()}


def without_conflicts(problems: Iterable[Problem]) -> Iterator[Problem]:
    """Yield the problems that have repairs, except repairs that conflict with an earlier one.

    Problems with the same repair are all kept.
    """
    taken: dict[tuple[str, int, int], Repair] = {}
    for problem in problems:
        spots = {
            (position.path, position.line, column): repair
            for repair in problem.repairs
            for position in [repair.position]
            for column in range(position.column, position.column + max(position.width, 1))
        }
        if spots and all(taken.get(spot, repair) == repair for spot, repair in spots.items()):
            taken.update(spots)
            yield problem
