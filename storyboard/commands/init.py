"""`storyboard init`: a new project that can be rendered at once; sends nothing."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

import click

from storyboard.console.options import FILE, VariableOptions, json_option
from storyboard.console.printing import print_json, print_lines, say, say_problems
from storyboard.console.read_storyboards import read_storyboards
from storyboard.errors import ExitCode, UsageError
from storyboard.language.read_scope import find_project
from storyboard.models.card import ModelCard
from storyboard.models.catalog import Catalog, load_catalog
from storyboard.names import as_argument, spelled_path
from storyboard.private import home_folder
from storyboard.project.new_project.from_list import (
    ShotList,
    copied_list,
    read_list,
    write_storyboard,
)
from storyboard.project.new_project.project_files import (
    STORYBOARD,
    Written,
    check_folder,
    check_new,
    example_storyboard,
    missing_lines,
    project_files,
    workflow_file,
    write_files,
)
from storyboard.records import Storyboard

FIRST_MODEL = "alibaba/wan2.7-t2v"
"""The model of a new storyboard."""


@click.command()
@click.argument("folder", type=FILE, default=".", metavar="[DIR]")
@click.option(
    "--from",
    "source",
    type=FILE,
    metavar="FILE",
    help="Write the storyboard around a list of shots: CSV, XLSX, JSON, a file of prompts, ...",
)
@click.option("--key", metavar="KEY", help="The key of the list in FILE, if that is JSON or YAML.")
@click.option("--sheet", metavar="NAME", help="The sheet of FILE, if that is a workbook.")
@click.option(
    "--github",
    "with_workflow",
    is_flag=True,
    help="Add a workflow that shows on a pull request what a render would do.",
)
@json_option
def command(
    *,
    folder: Path,
    source: Path | None,
    key: str | None,
    sheet: str | None,
    with_workflow: bool,
    as_json: bool,
) -> int:
    """Create a project in DIR: a storyboard, macros, and what git and editors need.

    Existing files are left unchanged.

    \b
    Examples:
      storyboard init harbor
      storyboard init harbor --from shots.csv
    """
    if source is None and (key, sheet) != (None, None):
        raise UsageError(
            "--key and --sheet name a list in the file given to --from",
            next_step="give that file to --from, or omit them",
        )
    catalog = load_catalog()
    shots = None
    if source is not None:
        shots = read_list(spelled_path(source), folder / STORYBOARD, key=key, sheet=sheet)
        if not _is_usable(shots):
            return ExitCode.USAGE
    check_new(folder)
    text = write_storyboard(shots, _first_card(catalog)) if shots else example_storyboard()
    files: dict[str, str | bytes] = {**project_files(text, catalog)}
    if shots and shots.is_copied and source:
        files |= copied_list(shots, source, folder, files)
    written = _write(folder, files, workflow_file() if with_workflow else {})
    if shots and shots.is_copied:
        say(f"{source} is outside the new project, so {folder / shots.name} is a copy of it")
    board = read_storyboards([folder / STORYBOARD], catalog, VariableOptions())[0]
    _tell(folder, written, board, as_json=as_json)
    return ExitCode.OK if board.is_sound else ExitCode.USAGE


def _first_card(catalog: Catalog) -> ModelCard:
    """The card of the model that a new storyboard names."""
    card = catalog.get(FIRST_MODEL)
    if card is None:
        raise UsageError(f"there is no model card of {FIRST_MODEL}", next_step="install again")
    return card


def _is_usable(shots: ShotList) -> bool:
    """Whether a list has rows and no problems; problems are printed."""
    rows = shots.rows
    if rows.rows and all(problem.is_warning for problem in rows.problems):
        return True
    say_problems(rows.problems, {problem.position.path: rows.text for problem in rows.problems})
    return False


def _write(folder: Path, files: Mapping[str, str | bytes], workflow: Mapping[str, str]) -> Written:
    """Creates the files, after checking for everything that could be in their way."""
    # GitHub looks for workflows only at the top of a repository.
    top = find_project(folder.resolve(), home_folder().resolve())
    top = folder if top == folder.resolve() else top
    check_folder(folder, files)
    check_folder(top, workflow)
    texts = {folder / name: content for name, content in files.items()}
    written = write_files({**texts, **{top / name: text for name, text in workflow.items()}})
    for path in written.kept:
        text = texts.get(path, "")
        lines = missing_lines(path, str(text)) if path.name.startswith(".git") else []
        more = f"; it lacks: {', '.join(lines)}" if lines else ""
        say(f"{path}: already exists, left unchanged{more}")
    return written


def _tell(folder: Path, written: Written, board: Storyboard, *, as_json: bool) -> None:
    """Prints what was created, what is wrong with the storyboard, and what to do next."""
    say_problems(board.problems, board.sources)
    if as_json:
        document = {"made": written.made, "kept": written.kept}
        print_json({name: list(map(str, paths)) for name, paths in document.items()})
        return
    print_lines(map(str, written.made))
    verb = "render --sandbox" if board.is_sound else "validate"
    step = f"storyboard {verb}"
    if folder != Path():
        step = f"cd {shlex.quote(as_argument(folder))} && {step}"
    say(f"    next: {step}")
