"""The folder beside a new one that holds most of its takes: the storyboard was renamed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from storyboard.errors import Refused, StoryboardError
from storyboard.names import from_file_name
from storyboard.project.default_folder import SANDBOX
from storyboard.project.source import count_held, read_source
from storyboard.project.workspace import Workspace
from storyboard.records import Submission

_MAX_FOLDERS = 500
"""Folders that are looked into, those that were changed last; each is read whole."""


class Neighbour(NamedTuple):
    """A folder that holds `held` of a storyboard's `requests`, and the command that takes them."""

    folder: Path
    held: int
    requests: int
    command: str


def find_neighbour(space: Workspace, known: Sequence[Submission]) -> Neighbour | None:
    """The folder beside that of `space` with most of its requests, where `known` is nothing.

    None where no folder of the same origin holds more than half of them. Reads without
    a lock; a folder that cannot be read is passed over.
    """
    requests = len({take.fingerprint for take in space.storyboard.takes})
    if known or not requests:
        return None
    found: list[tuple[int, str]] = []
    for folder in _folders_beside(space.folder):
        with suppress(StoryboardError):
            source = read_source(folder, origin=space.origin)
            held = count_held(source, space.storyboard.takes, is_sandbox=space.origin == SANDBOX)
            found.append((held, str(folder)))
    held, name = max(found, default=(0, ""))
    if 2 * held <= requests:
        return None
    return Neighbour(Path(name), held, requests, space.command("adopt", from_file_name(name)))


def refuse_to_pay_again(space: Workspace, known: Sequence[Submission]) -> None:
    """Raises Refused where a folder beside this new one holds most of its takes."""
    if (found := find_neighbour(space, known)) is not None:
        raise Refused(
            f"{found.folder} holds {found.held} of the {found.requests} requests of "
            f"{space.storyboard.path}, and {space.folder} none of them; nothing was sent",
            next_step=f"{found.command} (or --fresh, which renders them anew)",
        )


def _folders_beside(folder: Path) -> list[Path]:
    """The other folders in the same place, links left out, those that were changed last first."""
    try:
        with os.scandir(folder.parent) as entries:
            found = [
                (entry.stat(follow_symlinks=False).st_mtime, entry.name)
                for entry in entries
                if entry.is_dir(follow_symlinks=False) and entry.name != folder.name
            ]
    except OSError:
        return []
    return [folder.parent / name for _, name in sorted(found, reverse=True)[:_MAX_FOLDERS]]
