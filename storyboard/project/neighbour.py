"""Finds a neighbouring folder that holds what is new here, after a storyboard was renamed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from storyboard.errors import Refused, StoryboardError
from storyboard.names import SANDBOX, film_name, fold, from_file_name
from storyboard.planning.candidates import DECIDED_STATES, fingerprints_of
from storyboard.planning.graph import has_frames
from storyboard.project.adoption_source import count_held, read_source
from storyboard.project.default_folder import find_variant_folders
from storyboard.project.workspace import Workspace
from storyboard.records import Submission, Take

_MAX_FOLDERS = 500
"""How many folders are searched, most recently changed first; each is read in full."""


_ENDINGS = (".yaml", ".yml", ".json")
"""The file name suffixes of possible storyboards."""


class Neighbour(NamedTuple):
    """A folder that holds `held` of a storyboard's new `requests`, and the command to adopt it."""

    folder: Path
    held: int
    requests: int
    command: str


def find_neighbour(space: Workspace, known: Sequence[Submission]) -> Neighbour | None:
    """The folder beside that of `space` from which requests should be adopted, or None.

    It is a folder left behind by a storyboard that no longer exists, perhaps by this one before
    it was renamed, with any request that is new: only its state file may know of it. The same
    goes for a folder of the film or of another variant, since one request must not be paid for
    in both. If `known` is empty, it may also be the folder of another storyboard, if that has
    most of the requests. Reads without a lock; skips folders that cannot be read or have another
    origin.
    """
    new = _takes_with_new_requests(space.resolve_takes(known), known)
    if not new:
        return None
    ids = {take.id for take in new}
    has_chains = has_frames(space.storyboard.takes)
    ours = [*_folders_of_film(space), *folders_left_behind(space)]
    others = [] if known else _folders_beside(space.folder)
    found: list[tuple[int, str, int]] = []
    for folder in dict.fromkeys([*ours, *others]):
        with suppress(StoryboardError):
            source = read_source(folder, origin=space.origin)
            if has_chains:  # the videos there say what their followers request
                resolved = space.resolve_takes([*known, *source.submissions])
                waiting = [take for take in resolved if take.id in ids]
                new = _takes_with_new_requests(waiting, known)
            held = count_held(source, new, is_sandbox=space.origin == SANDBOX)
            requests = len({take.fingerprint for take in new})
            if 2 * held > requests or (held and folder in ours):
                found.append((held, str(folder), requests))
    if not found:
        return None
    held, name, requests = max(found)
    return Neighbour(Path(name), held, requests, space.command("adopt", from_file_name(name)))


def refuse_to_pay_again(space: Workspace, known: Sequence[Submission]) -> None:
    """Raises Refused if a folder beside this one has to be adopted first."""
    if (found := find_neighbour(space, known)) is not None:
        raise Refused(
            f"{found.folder} has {found.held} of the {found.requests} requests of "
            f"{space.storyboard.display_name} that are new in {space.folder}; nothing was sent",
            next_step=f"{found.command} (or --fresh, which renders them again)",
        )


def _takes_with_new_requests(takes: Sequence[Take], known: Sequence[Submission]) -> list[Take]:
    """The takes that may still make a request that was never sent; one with a video makes none.

    This includes a take with several models whose first one has failed.
    """
    sent = {one.fingerprint for one in known}
    decided = {one.fingerprint for one in known if one.state in DECIDED_STATES}
    requests = [fingerprints_of([take]) for take in takes]
    return [
        take
        for take, own in zip(takes, requests, strict=True)
        if not own <= sent and decided.isdisjoint(own)
    ]


def _folders_of_film(space: Workspace) -> list[Path]:
    """The folders of the film and its other variants, in their default place."""
    if space.folders.output is not None:
        return []
    with suppress(StoryboardError):
        return find_variant_folders(space.storyboard, space.origin)
    return []


def folders_left_behind(space: Workspace) -> list[Path]:
    """The neighbouring folders, in their default place, whose storyboard no longer exists."""
    if space.folders.output is not None:
        return []
    try:
        files = [Path(name) for name in os.listdir(space.storyboard.path.parent)]  # noqa: PTH208 (names)
    except OSError:
        return []
    films = {
        fold(film_name(from_file_name(file.stem)))
        for file in files
        if file.suffix.lower() in _ENDINGS
    }
    return [
        folder
        for folder in _folders_beside(space.folder)
        if films.isdisjoint(_possible_films(fold(from_file_name(folder.name))))
    ]


def _possible_films(folder: str) -> set[str]:
    """The storyboard names that a folder's name may begin with: an origin may follow."""
    parts = folder.split(".")
    return {".".join(parts[:end]) for end in range(1, len(parts) + 1)}


def _folders_beside(folder: Path) -> list[Path]:
    """The other folders in the same place, without links, most recently changed first."""
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
