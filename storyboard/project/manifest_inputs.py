"""Whether the files and frames that a manifest names for a take can be sent.

Reads the files, and decodes pictures that are not the storyboard's in child processes.

A storyboard's files are checked when it is read; those of a manifest, which anybody may have
written and which may be older than the files, are checked when a take is about to be sent.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path

from storyboard.language.pictures.files import PictureFiles, Refusal
from storyboard.language.pictures.film import INSTALL
from storyboard.language.pictures.limits import check_picture
from storyboard.language.read_scope import find_scope
from storyboard.media import FileInput, find_contents
from storyboard.models.catalog import Catalog
from storyboard.names import to_file_name
from storyboard.planning.plan import ObstacleTo
from storyboard.project.workspace import Workspace
from storyboard.records import Take
from storyboard.reporting.value_paths import format_path, format_value


def obstacle_finder(space: Workspace, catalog: Catalog) -> ObstacleTo | None:
    """What finds why a take of the workspace's manifest cannot be sent; checks each file once.

    None if the takes are those of the storyboard.
    """
    if not space.is_from_manifest:
        return None
    board = space.storyboard

    def resolve(_: str, name: str) -> tuple[Path, str]:
        return board.path.parent / to_file_name(name), name

    scope = find_scope(board.path, allowed=board.allowed_paths)
    files = PictureFiles(board.path.parent, scope, resolve)
    return partial(_obstacle, cache(partial(_fault, files, catalog)))


def _obstacle(fault_of: Callable[[str, FileInput], str | None], take: Take) -> str | None:
    known = {one.at for one in take.inputs}
    for at, _ in find_contents(take.payload):
        if at not in known:
            return f"the manifest does not say where its {format_path(at)} is from"
    for one in take.inputs:
        if isinstance(one, FileInput) and (fault := fault_of(take.model, one)):
            return f"{format_value(one.path)}{fault}"
    return None


def _fault(files: PictureFiles, catalog: Catalog, model: str, one: FileInput) -> str | None:
    """What is wrong with a file, as the rest of a sentence that begins with its name."""
    found = files.read(one.path, "")
    if isinstance(found, Refusal):
        return f": {found.words}"
    content = files.content_of(found.sha256) if found.sha256 == one.sha256 else None
    if content is None:
        return " is not the picture that the manifest names"
    card = catalog.get_usable(model)
    if card is None:
        return None  # whether anything can be sent without a card is not asked here
    if find_spec("PIL") is None:
        return f": checking a picture needs Pillow, which is not installed: {INSTALL}"
    words = check_picture(content, card.media_limits(one.at), card.name)
    return f" {words}" if words else None
