"""Whether the files and frames that a manifest names for a take can be sent. Reads the files.

A storyboard's files are checked when it is read; those of a manifest, which anybody may have
written and which may be older than the files, are checked when a take is about to be sent.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from storyboard.language.pictures.files import PictureFiles, Refusal
from storyboard.language.read_scope import find_scope
from storyboard.media import FileInput, find_contents
from storyboard.names import to_file_name
from storyboard.planning.plan import ObstacleTo
from storyboard.project.workspace import Workspace
from storyboard.records import Take
from storyboard.reporting.value_paths import format_path, format_value


def obstacle_finder(space: Workspace) -> ObstacleTo | None:
    """What finds why a take of the workspace's manifest cannot be sent; reads each file once.

    None if the takes are those of the storyboard.
    """
    if not space.is_from_manifest:
        return None
    board = space.storyboard.path

    def resolve(_: str, name: str) -> tuple[Path, str]:
        return board.parent / to_file_name(name), name

    scope = find_scope(board, allowed=space.allowed)
    return partial(_obstacle, PictureFiles(board.parent, scope, resolve))


def _obstacle(files: PictureFiles, take: Take) -> str | None:
    known = {one.at for one in take.inputs}
    for at, _ in find_contents(take.payload):
        if at not in known:
            return f"the manifest does not say where its {format_path(at)} is from"
    for one in take.inputs:
        if isinstance(one, FileInput):
            found = files.read(one.path, "")
            if isinstance(found, Refusal):
                return f"{format_value(one.path)}: {found.words}"
            if found.sha256 != one.sha256:
                return f"{format_value(one.path)} is not the picture that the manifest names"
    return None
