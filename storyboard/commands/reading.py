"""Reads the storyboards that a command is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from storyboard.models.catalog import Catalog
from storyboard.records import Severity, Storyboard
from storyboard.spec.load import load_storyboard
from storyboard.spec.overrides import read_overrides


def read_storyboards(
    files: Sequence[Path],
    catalog: Catalog,
    *,
    assignments: Sequence[str] = (),
    variable_files: Sequence[Path] = (),
) -> list[Storyboard]:
    """The storyboards at `files`, each with its problems; those of the vars go to the first."""
    overrides, problems, sources = read_overrides(assignments, variable_files)
    boards = [load_storyboard(path, catalog, overrides=overrides) for path in files]
    if problems and boards:
        first = boards[0]
        boards[0] = replace(
            first,
            problems=(*problems, *first.problems),
            sources={**first.sources, **sources},
        )
    return boards


def may_go_on(boards: Sequence[Storyboard], *, strict: bool) -> bool:
    """Whether nothing stands against the storyboards; with `strict`, no warning either."""
    worst = {problem.severity for board in boards for problem in board.problems}
    return Severity.PROBLEM not in worst and not (strict and worst)
