"""`storyboard fix`: repairs mistakes that have one right answer in the files; sends nothing."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from storyboard.console.arguments import files_argument
from storyboard.console.exit_codes import exit_codes
from storyboard.console.options import VariableOptions, json_option, with_options
from storyboard.console.printing import ask, print_json, print_lines, print_safe, say, wants_color
from storyboard.console.read_storyboards import read_storyboards
from storyboard.console.repair_lines import diff_lines, edits, fix_command, paint
from storyboard.errors import ExitCode
from storyboard.language.files import Files
from storyboard.language.repairs.search import RepairedFiles, find_repairs
from storyboard.models.catalog import load_catalog
from storyboard.records import Problem, Storyboard
from storyboard.reporting.amounts import count_text
from storyboard.reporting.codes import number_of
from storyboard.reporting.problems import format_problems


@click.command(
    epilog=exit_codes(
        OK="no problem is left",
        INCOMPLETE="a problem is left, or the repairs were only shown",
        USAGE="wrong usage, or a file cannot be written",
    )
)
@files_argument
@with_options(variables=VariableOptions)
@click.option("--yes", "-y", is_flag=True, help="Write the repairs without asking.")
@json_option
def command(
    *, files: tuple[Path, ...], variables: VariableOptions, yes: bool, as_json: bool
) -> int:
    """Repair mistakes that have exactly one right answer, such as quotes or a misspelt key.

    Shows the repairs as a diff, and asks before it writes them; without a terminal it writes
    nothing unless --yes is given. Changes storyboards and the files they include, never tables
    or macros. Only what is wrong is changed: comments and layout stay. A repair that would
    make anything else wrong is not made.

    \b
    Examples:
      storyboard fix film.yaml
      storyboard fix *.yaml --yes
    """
    catalog = load_catalog()

    def load(tree: Files) -> list[Storyboard]:
        return read_storyboards(files, catalog, variables, checks_variants=True, tree=tree)

    found = find_repairs(load)
    if not as_json:
        _print_diff(found)
    is_written = bool(found.files) and (yes or (not as_json and _says_yes(found)))
    if is_written:
        from storyboard.project.repaired_files import write_repaired

        write_repaired(found.files.values(), files)
    if as_json:
        print_json(_document(found, is_written=is_written))
    else:
        _report(found, fix_command(files, variables), is_written=is_written)
    is_done = not found.problems_left and (is_written or not found.files)
    return ExitCode.OK if is_done else ExitCode.INCOMPLETE


def _print_diff(found: RepairedFiles) -> None:
    color = wants_color(sys.stdout.isatty())
    for name, one in found.files.items():
        lines = diff_lines(name, one.file.text, one.text)
        if color:
            print_safe("\n".join(map(paint, lines)))
        else:
            print_lines(lines)


def _says_yes(found: RepairedFiles) -> bool:
    """Whether somebody is there to ask, and says yes."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    names = next(iter(found.files)) if len(found.files) == 1 else f"{len(found.files)} files"
    return ask(f"Write this to {names}?")


def _report(found: RepairedFiles, again: str, *, is_written: bool) -> None:
    """Prints what is left, and one line with counts."""
    color = wants_color(sys.stderr.isatty())
    for board in found.boards:
        left = [problem for problem in board.problems if not problem.is_warning]
        print_safe(format_problems(left, board.sources, color=color), err=True)
    repaired = count_text(len(found.repaired), "problem")
    left_text = f"{found.problems_left or 'none'} left"
    if is_written:
        say(f"{repaired} repaired in {', '.join(found.files)}, {left_text}.")
    elif found.repaired:
        say(f"{repaired} can be repaired, {left_text}; nothing is written.")
        say(f"    next: {again} --yes")
    elif found.problems_left:
        say(f"{count_text(found.problems_left, 'problem')}, none of which can be repaired.")
    else:
        say("no problems.")


def _document(found: RepairedFiles, *, is_written: bool) -> dict[str, Any]:
    return {
        "files": [
            {"path": name, "is_written": is_written, "edits": edits(one.file.text, one.text)}
            for name, one in found.files.items()
        ],
        "repaired": list(map(_problem, found.repaired)),
        "problems_left": found.problems_left,
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "path": problem.position.path,
        "line": problem.position.line,
        "code": number_of(problem.code),
        "name": problem.code,
        "message": problem.message,
    }
