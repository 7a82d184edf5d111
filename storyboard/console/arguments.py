"""The storyboards that a command is given, each argument declared once.

If the current folder has exactly one `*.storyboard.yaml`, it need not be named.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import click

from storyboard.console.completers import complete_file_and_takes
from storyboard.console.options import FILE
from storyboard.errors import UsageError
from storyboard.names import find_storyboards, from_file_name

STDIN = Path("-")
"""Means standard input; only commands that send nothing and store nothing read it."""

_MAX_NAMED = 10


class FileAndTakes(NamedTuple):
    """A storyboard, and ids of its takes."""

    file: Path
    takes: tuple[str, ...]


def only_storyboard() -> Path:
    """The storyboard of the current folder. Raises UsageError unless there is exactly one."""
    found = find_storyboards(Path())
    if len(found) == 1:
        return found[0]
    if not found:
        raise UsageError(
            "no storyboard is named, and this folder has no *.storyboard.yaml",
            next_step="name the file, or create a project with: storyboard init",
        )
    names = ", ".join(map(str, found[:_MAX_NAMED]))
    more = f" and {len(found) - _MAX_NAMED} more" if len(found) > _MAX_NAMED else ""
    raise UsageError(
        f"no storyboard is named, and this folder has {len(found)}: {names}{more}",
        next_step="name the one you mean",
    )


def _files(context: click.Context, parameter: click.Parameter, files: tuple[Path, ...]) -> object:
    for file in files:
        _refuse_stdin(file)
    is_in_plan = context.params.get("plan_file") is not None  # that one names the storyboards
    return files or (() if is_in_plan else (only_storyboard(),))


def _files_or_stdin(
    context: click.Context, parameter: click.Parameter, files: tuple[Path, ...]
) -> object:
    return files or (only_storyboard(),)


def _file(context: click.Context, parameter: click.Parameter, file: Path | None) -> Path:
    return _refuse_stdin(file or only_storyboard())


def _file_and_takes(
    context: click.Context, parameter: click.Parameter, words: tuple[str, ...]
) -> FileAndTakes:
    if words and is_file(words[0]):
        return FileAndTakes(Path(words[0]), tuple(map(from_file_name, words[1:])))
    return FileAndTakes(only_storyboard(), tuple(map(from_file_name, words)))


def _file_and_take(
    context: click.Context, parameter: click.Parameter, words: tuple[str, ...]
) -> FileAndTakes:
    found = _file_and_takes(context, parameter, words)
    if len(found.takes) != 1 and not context.resilient_parsing:  # as completion is
        problem = "Missing argument 'TAKE'." if not found.takes else "Name only one TAKE."
        raise click.UsageError(problem, context)
    return found._replace(file=_refuse_stdin(found.file))


def is_file(word: str) -> bool:
    """Whether a word names a storyboard, not a take: by its extension, or because it exists."""
    path = Path(word)
    if path == STDIN or path.suffix.lower() in (".yaml", ".yml"):
        return True
    return os.path.isfile(word)  # noqa: PTH113 (Path.is_file raises for a name that is too long)


def _refuse_stdin(file: Path) -> Path:
    if file == STDIN:
        raise UsageError(
            "only validate, show and plan read a storyboard from standard input",
            next_step="save it to a file, and name the file",
        )
    return file


files_argument = click.argument("files", nargs=-1, type=FILE, metavar="[FILE...]", callback=_files)
files_argument_or_stdin = click.argument(
    "files", nargs=-1, type=FILE, metavar="[FILE...]", callback=_files_or_stdin
)
named_file_argument = click.argument("file", type=FILE, metavar="FILE", callback=_file)
file_argument = click.argument("file", required=False, type=FILE, metavar="[FILE]", callback=_file)
file_and_takes_argument = click.argument(
    "named",
    nargs=-1,
    metavar="[FILE] [TAKE...]",
    callback=_file_and_takes,
    shell_complete=complete_file_and_takes,
)
file_and_take_argument = click.argument(
    "named",
    nargs=-1,
    metavar="[FILE] TAKE",
    callback=_file_and_take,
    shell_complete=complete_file_and_takes,
)
