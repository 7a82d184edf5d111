"""Reads the storyboards that a command is given."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

from click.exceptions import Exit

from storyboard.console.arguments import STDIN
from storyboard.console.options import VariableOptions
from storyboard.console.printing import print_safe, say_problems
from storyboard.errors import ExitCode, UsageError
from storyboard.language.files import DISK, Files
from storyboard.language.load import Reading, load_storyboard
from storyboard.language.overrides import read_overrides, read_price_files
from storyboard.language.project_cards import catalog_beside
from storyboard.language.text_files import MAX_BYTES
from storyboard.models.catalog import Catalog
from storyboard.names import from_file_name, spelled_path, variant_name
from storyboard.records import Severity, Storyboard
from storyboard.reporting.problems import format_problems
from storyboard.reporting.suggest import did_you_mean

_LABEL = Path("<stdin>")
"""What standard input is called; files that it names are relative to the current folder."""


def read_storyboards(
    files: Sequence[Path],
    catalog: Catalog,
    variables: VariableOptions,
    *,
    model: str | None = None,
    checks_variants: bool = False,
    tree: Files = DISK,
    prices: Sequence[Path] = (),
) -> list[Storyboard]:
    """The storyboards at `files`, each with its problems; those of vars and prices go to the first.

    They and the files they name are read from `tree`. With `model`, every shot is tried on
    that one. Each is read with the cards beside it, which `catalog` knows from then on. With
    `checks_variants`, the problems of all variants are included, unless a variant or a model
    is requested. Raises UsageError if the model is unknown.
    """
    overrides, problems, sources = read_overrides(
        map(from_file_name, variables.assignments), map(spelled_path, variables.variable_files)
    )
    price_files, found, price_texts = read_price_files(map(spelled_path, prices), catalog)
    problems += found
    boards = []
    for file in files:
        path, content = (_LABEL, _read_stdin()) if file == STDIN else (spelled_path(file), None)
        own = _join_cards(catalog, path, variables, tree)
        reading = _reading(own, variables, model, checks_variants=checks_variants)
        board = load_storyboard(
            path,
            own,
            overrides=overrides,
            allowed_paths=variables.allowed_paths,
            content=content,
            files=tree,
            reading=reading,
            price_files=price_files,
        )
        board = board if model is None else _without_repairs(board)  # the file is not at fault
        boards.append(board if content is None else _named_stdin(board))
    if problems and boards:
        boards[0] = replace(boards[0], problems=(*problems, *boards[0].problems))
    return [
        replace(
            one,
            sources={**one.sources, **sources},
            price_texts=price_texts,
            options=tuple(variables.words),
        )
        for one in boards
    ]


def keep_proven_repairs(
    boards: Sequence[Storyboard],
    files: Sequence[Path],
    catalog: Catalog,
    variables: VariableOptions,
    *,
    checks_variants: bool = False,
) -> list[Storyboard]:
    """The storyboards read from `files`, with the repairs that `storyboard fix` would make.

    Where the standard input is one of them there are none: it cannot be read again.
    """
    if STDIN in files:
        return [_without_repairs(board) for board in boards]
    from storyboard.language.repairs.search import keep_proven

    def load(tree: Files) -> list[Storyboard]:
        return read_storyboards(
            files, catalog, variables, checks_variants=checks_variants, tree=tree
        )

    return keep_proven(boards, load)


def _without_repairs(board: Storyboard) -> Storyboard:
    problems = (replace(problem, repairs=()) for problem in board.problems)
    return replace(board, problems=tuple(problems))


def _join_cards(catalog: Catalog, path: Path, variables: VariableOptions, tree: Files) -> Catalog:
    make = partial(catalog_beside, catalog, path, allowed=variables.allowed_paths, files=tree)
    return catalog.join(path, make)


def _reading(
    catalog: Catalog, variables: VariableOptions, model: str | None, *, checks_variants: bool
) -> Reading:
    """As what the options say that storyboards are read. Raises UsageError for an unknown model."""
    variant = None if variables.variant is None else from_file_name(variables.variant)
    if model is not None and model not in catalog.names():
        hint = did_you_mean(model, catalog.names())
        raise UsageError(
            f"there is no model {model!r}" + (f"; {hint}" if hint else ""),
            next_step="storyboard models list names them all",
        )
    is_all = checks_variants and variant is None and model is None
    return Reading(variant, model, is_all, datetime.now(timezone.utc).date())


def _named_stdin(board: Storyboard) -> Storyboard:
    return replace(board, name=variant_name(_LABEL.name.strip("<>"), board.variant))


def _read_stdin() -> bytes:
    """The content of standard input, read only as far as needed to see that it is too large."""
    return sys.stdin.buffer.read(MAX_BYTES + 1)


def may_go_on(boards: Sequence[Storyboard], *, strict: bool) -> bool:
    """Whether the storyboards have no problems and, with `strict`, no warnings either."""
    worst = {problem.severity for board in boards for problem in board.problems}
    return Severity.PROBLEM not in worst and not (strict and worst)


def read_sound(
    files: Sequence[Path],
    catalog: Catalog,
    variables: VariableOptions,
    *,
    strict: bool = False,
    as_json: bool = False,
    model: str | None = None,
    prices: Sequence[Path] = (),
) -> list[Storyboard]:
    """The storyboards, with problems and warnings printed; these end the command if they stop it.

    With `strict`, warnings stop it too. With `as_json`, the problems that stop
    it are its one document on stdout. `model` and `prices` are as in `read_storyboards`.
    """
    boards = read_storyboards(files, catalog, variables, model=model, prices=prices)
    if as_json:
        boards = keep_proven_repairs(boards, files, catalog, variables)
    report_problems(boards, strict=strict, as_json=as_json)
    return boards


def read_version(
    path: Path,
    catalog: Catalog,
    variables: VariableOptions,
    *,
    files: Files = DISK,
    display_name: str | None = None,
) -> Storyboard:
    """The storyboard that another one is compared with, as it is in `files`.

    Without its warnings and repairs, because nobody can fix it any more, and without the
    problems of the vars, which the other storyboard has.
    """
    overrides, _, _ = read_overrides(
        map(from_file_name, variables.assignments), map(spelled_path, variables.variable_files)
    )
    own = catalog_beside(catalog, path, allowed=variables.allowed_paths, files=files)
    board = load_storyboard(
        path,
        own,
        display_name=display_name,
        overrides=overrides,
        allowed_paths=variables.allowed_paths,
        files=files,
        reading=_reading(catalog, variables, None, checks_variants=False),
    )
    problems = tuple(problem for problem in board.problems if not problem.is_warning)
    return _without_repairs(replace(board, problems=problems))


def report_problems(
    boards: Sequence[Storyboard], *, strict: bool = False, as_json: bool = False
) -> None:
    """Prints the problems and warnings of storyboards, and ends the command if they stop it.

    With `as_json`, problems that stop it are the one document on stdout.
    """
    is_sound = may_go_on(boards, strict=strict)
    if as_json and not is_sound:
        problems = [problem for board in boards for problem in board.problems]
        print_safe(format_problems(problems, {}, style="json"))
    else:
        for board in boards:
            say_problems(board.problems, board.texts)
    if not is_sound:
        raise Exit(ExitCode.USAGE)
