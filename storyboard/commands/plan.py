"""`storyboard plan`: what a render would do, and why; sends nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from storyboard.console.arguments import STDIN, files_argument_or_stdin
from storyboard.console.options import (
    FolderOptions,
    PlanningOptions,
    SelectionOptions,
    VariableOptions,
    json_option,
    strict_option,
    with_options,
)
from storyboard.console.plan_lines import describe_plan
from storyboard.console.printing import print_json, print_lines, say
from storyboard.console.read_storyboards import read_sound
from storyboard.errors import ExitCode
from storyboard.models.catalog import load_catalog
from storyboard.planning.cost import Bill, bill_for, bill_for_lost
from storyboard.project.neighbour import Neighbour, find_neighbour
from storyboard.project.rendering import plan_render
from storyboard.project.workspace import Workspace, find_workspaces
from storyboard.records import Action, Plan


@click.command()
@files_argument_or_stdin
@with_options(
    variables=VariableOptions, where=FolderOptions, which=SelectionOptions, planning=PlanningOptions
)
@click.option(
    "--check",
    is_flag=True,
    help=f"Exit with {ExitCode.CHANGED.value} if anything would be rendered.",
)
@strict_option
@json_option
def command(
    *,
    files: tuple[Path, ...],
    variables: VariableOptions,
    where: FolderOptions,
    which: SelectionOptions,
    planning: PlanningOptions,
    check: bool,
    strict: bool,
    as_json: bool,
) -> int:
    """Say for each take what a render would do: submit, resume, download, keep, hold or ask.

    \b
    Examples:
      storyboard plan film.yaml --price 0.09
      storyboard plan film.yaml --check --tag hero
    """
    catalog = load_catalog()
    boards = read_sound(files, catalog, variables, strict=strict, as_json=as_json)
    if not boards:
        return ExitCode.USAGE
    spaces = find_workspaces(boards, where.folders, from_manifest=planning.from_manifest)
    known = [space.known_submissions() for space in spaces]
    plans = [
        plan_render(
            space,
            rows,
            space.snapshot(),
            which.selection,
            planning.plan_options,
            catalog=catalog,
            tell=say,
        )
        for space, rows in zip(spaces, known, strict=True)
    ]
    # What is read from the standard input has no folder of its own.
    is_asked = not planning.fresh and STDIN not in files
    neighbours = [
        find_neighbour(space, rows) if is_asked else None
        for space, rows in zip(spaces, known, strict=True)
    ]
    bill = bill_for(plans, catalog, price_usd=planning.price_usd)
    if as_json:
        print_json(_document(spaces, plans, neighbours, bill))
    else:
        for space, plan in zip(spaces, plans, strict=True):
            print_lines(describe_plan(space, plan))
        print_lines([bill.sentence])
        gone = bill_for_lost(plans, catalog, price_usd=planning.price_usd)
        if gone.takes:
            print_lines([f"with --rerender: {gone.sentence} again"])
        print_lines(line for found in neighbours if found for line in _advice(found))
    return ExitCode.CHANGED if check and bill.takes else ExitCode.OK


def _advice(found: Neighbour) -> tuple[str, str]:
    return (
        f"{found.folder} holds {found.held} of these {found.requests} requests; a render stops "
        "until they are taken over, or renders them anew with --fresh",
        f"    next: {found.command}",
    )


def _document(
    spaces: Sequence[Workspace],
    plans: Sequence[Plan],
    neighbours: Sequence[Neighbour | None],
    bill: Bill,
) -> dict[str, Any]:
    return {
        "storyboards": [
            {
                "file": str(space.storyboard.path),
                "output": str(space.folder),
                "origin": space.origin,
                "actions": [_action_document(action) for action in plan.actions],
                "orphans": [_action_document(action) for action in plan.orphans],
                "held_beside": found and _neighbour_document(found),
            }
            for space, plan, found in zip(spaces, plans, neighbours, strict=True)
        ],
        "submissions": bill.takes,
        "video_s": bill.seconds,
        "cost_usd": bill.cost_usd,
    }


def _neighbour_document(found: Neighbour) -> dict[str, Any]:
    return {"folder": str(found.folder), "requests": found.held, "next": found.command}


def _action_document(action: Action) -> dict[str, Any]:
    return {
        "take": action.take.id,
        "action": action.kind.value,
        "reason": action.reason,
        "same_as": action.same_as,
        "fingerprint": action.take.fingerprint,
        "task_id": action.submission.task_id if action.submission else None,
    }
