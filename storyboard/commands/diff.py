"""`storyboard diff`: which takes a change to a storyboard adds, changes and removes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from storyboard.console.arguments import file_argument
from storyboard.console.diff_lines import markdown_lines, text_lines
from storyboard.console.exit_codes import exit_codes
from storyboard.console.options import (
    PriceOptions,
    VariableOptions,
    format_option,
    json_option,
    with_options,
)
from storyboard.console.printing import print_json, print_lines
from storyboard.console.read_storyboards import read_sound, read_version, report_problems
from storyboard.errors import ExitCode, UsageError
from storyboard.models.catalog import Catalog, load_catalog
from storyboard.names import from_file_name, spelled_path
from storyboard.planning.cost import Bill, bill_of, pricing_for
from storyboard.planning.diff import (
    ChangeGroup,
    TakeChange,
    compare_takes,
    group_changes,
    new_requests,
)
from storyboard.project.revision import find_revision
from storyboard.records import Position, Problem, Storyboard


@click.command(epilog=exit_codes(CHANGED="something differs (with --check)"))
@file_argument
@click.option(
    "--against",
    default="HEAD",
    show_default=True,
    metavar="REV|FILE",
    help="What to compare with: a git revision, such as main or HEAD~2, or another storyboard.",
)
@with_options(variables=VariableOptions, pricing=PriceOptions)
@click.option(
    "--check", is_flag=True, help=f"Exit with {ExitCode.CHANGED.value} if anything differs."
)
@format_option(
    "text",
    "json",
    "markdown",
    help="How the differences are printed; markdown is for a pull request.",
)
@json_option
def command(
    *,
    file: Path,
    against: str,
    variables: VariableOptions,
    pricing: PriceOptions,
    check: bool,
    style: str,
    as_json: bool,
) -> int:
    """Show which takes a change to a storyboard adds, changes and removes; sends nothing.

    The storyboard on disk is compared with its version in a git revision, which is
    read with the tables, templates and included files of that revision. An edit
    that many takes share is listed once. Costs are those of the requests that the
    other version does not make, regardless of what has been rendered.

    \b
    Examples:
      storyboard diff film.yaml
      storyboard diff film.yaml --against origin/main --price 0.08 --format markdown
    """
    as_json, catalog = as_json or style == "json", load_catalog()
    [new] = read_sound([file], catalog, variables, as_json=as_json, prices=pricing.price_files)
    commit, old = _read_other(new.path, from_file_name(against), catalog, variables)
    if old is not None and any(one.code == "unknown-variant" for one in old.problems):
        old = None  # a variant that is new, as a file can be
    if old is not None:
        report_problems([old], as_json=as_json)
    changes = compare_takes(old.takes if old else (), new.takes)
    bill = bill_of(new_requests(changes), pricing_for(new, catalog, pricing.price_usd))
    if as_json:
        facts = {
            "file": str(new.path),
            "variant": new.variant,
            "against": against,
            "commit": commit,
        }
        print_json({**facts, **_document(changes, bill)})
    else:
        title = f"{new.display_name} against {against}" + ("" if old else ", where it is not yet")
        print_lines((markdown_lines if style == "markdown" else text_lines)(title, changes, bill))
    return ExitCode.CHANGED if check and changes else ExitCode.OK


def _read_other(
    path: Path, against: str, catalog: Catalog, variables: VariableOptions
) -> tuple[str | None, Storyboard | None]:
    """The commit that `against` names, and the storyboard to compare with, if there are any.

    A name that git knows as a revision is one, even if a file has it too; `./NAME` is
    always the file.
    """
    file = spelled_path(Path(against))
    is_file = os.path.isfile(file)  # noqa: PTH113 (Path.is_file raises for a name that is too long)
    try:
        found = find_revision(path, against)
    except UsageError:
        if not is_file:
            raise
        found = None
    if found is not None:
        revision, path_there = found
        if not revision.holds(path_there):
            return revision.commit, None
        name = str(path)
        board = read_version(path_there, catalog, variables, files=revision, display_name=name)
        return revision.commit, _at_revision(board, against)
    if is_file:
        return None, read_version(file, catalog, variables)
    raise UsageError(
        f"--against {against!r} is neither a git revision nor a file",
        next_step="list the revisions with: git log --oneline",
    )


def _at_revision(board: Storyboard, revision: str) -> Storyboard:
    """The storyboard with its files named as git names those of a revision: `HEAD:film.yaml`."""

    def moved(position: Position) -> Position:
        return position._replace(path=f"{revision}:{position.path}")

    def moved_problem(problem: Problem) -> Problem:
        row = problem.row and problem.row._replace(position=moved(problem.row.position))
        return replace(problem, position=moved(problem.position), row=row)

    return replace(
        board,
        takes=tuple(replace(take, position=moved(take.position)) for take in board.takes),
        problems=tuple(map(moved_problem, board.problems)),
        sources={f"{revision}:{name}": text for name, text in board.sources.items()},
    )


def _document(changes: Sequence[TakeChange], bill: Bill) -> dict[str, Any]:
    return {
        "takes": [_take_document(change) for change in changes],
        "groups": [_group_document(group) for group in group_changes(changes)],
        "new_requests": bill.takes,
        "video_s": bill.seconds,
        "cost_usd": bill.cost_usd,
    }


def _take_document(change: TakeChange) -> dict[str, Any]:
    return {
        "take": change.take.id,
        "change": change.kind.value,
        "old_take": change.old.id if change.old else None,
        "fields": [field._asdict() for field in change.fields],
        "is_new_request": change.is_new_request,
        "is_locked": change.take.is_locked,
        "fingerprint": change.take.fingerprint,
    }


def _group_document(group: ChangeGroup) -> dict[str, Any]:
    return {
        "change": group.kind.value,
        "field": group.field.field if group.field else None,
        "old": group.edit.old if group.edit else None,
        "new": group.edit.new if group.edit else None,
        "takes": [change.take.id for change in group.changes],
    }
