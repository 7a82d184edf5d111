"""`storyboard list`: the ids of takes with the scenes and tags that select them."""

from __future__ import annotations

from pathlib import Path

import click

from storyboard.console.arguments import file_argument
from storyboard.console.options import (
    FolderOptions,
    SelectionOptions,
    VariableOptions,
    json_option,
    with_options,
)
from storyboard.console.printing import print_json, say
from storyboard.console.read_storyboards import read_sound
from storyboard.console.tables import print_rows
from storyboard.errors import ExitCode
from storyboard.models.catalog import load_catalog
from storyboard.planning.selection import Selection, narrow, select_takes
from storyboard.project.manifests import known_submissions
from storyboard.project.workspace import Folders, find_workspaces
from storyboard.records import Storyboard, Take

_NONE = "-"  # so that programs can tell the columns apart


@click.command()
@file_argument
@with_options(variables=VariableOptions, where=FolderOptions, which=SelectionOptions)
@json_option
def command(
    *,
    file: Path,
    variables: VariableOptions,
    where: FolderOptions,
    which: SelectionOptions,
    as_json: bool,
) -> int:
    """List the takes of a storyboard, one per line: id, scene, tags; sends nothing.

    These are the values that the selecting options take, such as --scene and --tag.

    \b
    Examples:
      storyboard list film.yaml
      storyboard list film.yaml --scene pier --failed
    """
    [board] = read_sound([file], load_catalog(), variables, as_json=as_json)
    chosen = _select(board, where.folders, which.selection)
    takes = [take for take in board.takes if take.id in chosen]
    if as_json:
        print_json(
            {
                "file": str(file),
                "variant": board.variant,
                "takes": [_document(take) for take in takes],
            }
        )
    elif takes:
        print_rows((), [_row(take) for take in takes], titles=("take", "scene", "tags"), indent=0)
    return ExitCode.OK


def _select(board: Storyboard, folders: Folders, selection: Selection) -> frozenset[str]:
    """The ids of the selected takes; the output folder is read only if the selection needs it."""
    chosen = select_takes(board.takes, selection)
    if not (selection.changed or selection.failed):
        return narrow(chosen, selection, board.takes, ())
    [space] = find_workspaces([board], folders)
    known, tasks = known_submissions(space, tell=say), space.snapshot().manifest_tasks
    return narrow(chosen, selection, board.takes, known, manifest_tasks=tasks)


def _row(take: Take) -> tuple[str, str, str]:
    return take.id, take.scene or _NONE, ", ".join(take.tags) or _NONE


def _document(take: Take) -> dict[str, object]:
    return {"id": take.id, "shot": take.shot, "scene": take.scene, "tags": list(take.tags)}
