"""Storyboards and the folders they are rendered into, for programs."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TypeAlias, Union

from storyboard.errors import UsageError
from storyboard.language.load import Reading, load_storyboard
from storyboard.language.overrides import read_overrides
from storyboard.language.project_cards import load_catalog_beside
from storyboard.library.checks import check_lists
from storyboard.names import spelled_path
from storyboard.private import mask
from storyboard.project.workspace import Folders, Workspace, find_workspaces
from storyboard.records import Problem, Storyboard
from storyboard.reporting.amounts import count_text
from storyboard.reporting.quoting import visible

FilePath: TypeAlias = Union[str, "os.PathLike[str]"]

_log = logging.getLogger("storyboard")


class InvalidStoryboard(UsageError):
    """A storyboard with problems cannot be planned or rendered; they are in `problems`."""

    def __init__(self, storyboard: Storyboard) -> None:
        self.problems: tuple[Problem, ...] = tuple(
            problem for problem in storyboard.problems if not problem.is_warning
        )
        first = self.problems[0]
        super().__init__(
            f"{storyboard.path} has {count_text(len(self.problems), 'problem')}; the first is at "
            f"{first.position}: {first.message}",
            next_step=first.hint or "fix the storyboard, and load it again",
        )


def load(
    file: FilePath,
    *,
    variant: str | None = None,
    variables: Mapping[str, str] | None = None,
    allowed_paths: Iterable[FilePath] = (),
) -> Storyboard:
    """The storyboard in a file, its takes expanded and checked; sends nothing.

    What is wrong with it is in `problems`, sorted by place; `is_sound` says whether a render
    would start. `variant` is one of those in the file; what is made from the storyboard then
    goes into the variant's folder. `variables` override the vars in the file, as `--var`
    does. A storyboard can read files in its project and in `allowed_paths`.

    Raises UsageError if a model card is broken.
    """
    check_lists(allowed_paths=allowed_paths)
    assignments = [f"{name}={value}" for name, value in (variables or {}).items()]
    overrides, problems, _ = read_overrides(assignments, ())
    folders = [Path(path) for path in allowed_paths]
    board = load_storyboard(
        spelled_path(Path(file)),
        load_catalog_beside(Path(file), folders),
        overrides=overrides,
        allowed_paths=folders,
        reading=Reading(variant, today=datetime.now(timezone.utc).date()),
    )
    typed = (*_each("--var", assignments), *_each("--allow-path", map(str, folders)))
    return replace(board, problems=(*problems, *board.problems), options=typed)


def _each(option: str, values: Iterable[str]) -> Iterator[str]:
    return (word for value in values for word in (option, value))


def find_workspace(
    film: Storyboard | FilePath,
    *,
    variant: str | None,
    sandbox: bool,
    output: FilePath | None,
    state: FilePath | None,
    base_url: str | None,
) -> Workspace:
    """The folders of a storyboard, which is loaded first if it is given by its file name.

    Raises InvalidStoryboard if it has problems, UsageError if a folder cannot be used, or
    if the storyboard was loaded as a variant other than the one that is requested.
    """
    board = film if isinstance(film, Storyboard) else load(film, variant=variant)
    if variant is not None and board.variant != variant:
        raise UsageError(
            f"{board.display_name} was not loaded as its variant {variant!r}",
            next_step=f"load it with variant={variant!r}, or name the file",
        )
    if not board.is_sound:
        raise InvalidStoryboard(board)
    folders = Folders(
        sandbox,
        None if output is None else spelled_path(Path(output)),
        None if state is None else spelled_path(Path(state)),
        base_url,
    )
    [space] = find_workspaces([board], folders)
    return space


def tell(sentence: str) -> None:
    """Logs a sentence for the user with the logger `storyboard`."""
    _log.warning("%s", mask(visible(sentence)))
