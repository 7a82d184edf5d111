"""The folder that a storyboard is rendered into if none is named: one for each origin."""

from __future__ import annotations

import os
import re
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit

from storyboard.api.credentials import DEFAULT_BASE_URL
from storyboard.api.http.addresses import DEFAULT_PORTS
from storyboard.atomic_files import read_plain
from storyboard.errors import UsageError
from storyboard.names import (
    SANDBOX,
    STORYBOARD_ENDINGS,
    film_name,
    find_spellings,
    from_file_name,
    split_variant,
    to_file_name,
    variant_name,
)
from storyboard.outputs import MANIFEST
from storyboard.project.manifest_repair import explained
from storyboard.records import Storyboard
from storyboard.state.queries import read_owner

_ENDINGS = (".yaml", ".yml", *STORYBOARD_ENDINGS)
_SHOTS = re.compile(rb"\b(shots|scenes)[\"']?\s*:")  # every storyboard has one of these keys
_MAX_BYTES = 1_000_000
_NOT_IN_HOSTS = re.compile(r"[^a-z0-9.-]")  # not every system allows these in file names


def find_default_folder(board: Storyboard, origin: str) -> Path:
    """The folder below `renders`, beside the storyboard, for its name and `origin`.

    For the vendor's own API it has the storyboard's name, followed by the variant's
    (`renders/film.draft`); for any other origin the host and port follow. But a folder with
    the plain name that was rendered at `origin` before is kept. So is one with the whole
    stem of the file: `renders/film.storyboard` for `film.storyboard.yaml`.

    Raises UsageError if another storyboard beside this one would have the
    same folder, or if several folders differ only in their spelling.
    """
    folder = _folder_of(board.path, board.name, origin)
    _check_twins(board, folder, origin)
    return folder


def find_variant_folders(board: Storyboard, origin: str) -> list[Path]:
    """The folders of the film and its other variants, whether they exist or not.

    Raises UsageError if several differ only in their spelling, as `find_default_folder` does.
    """
    film, _ = split_variant(board.name)
    names = [variant_name(film, variant) for variant in (None, *board.variants)]
    return [_folder_of(board.path, name, origin) for name in names if name != board.name]


def _folder_of(path: Path, name: str, origin: str) -> Path:
    """The folder of the storyboard at a path, which has that name."""
    renders = path.parent / "renders"
    stem = from_file_name(path.stem)
    film, variant = split_variant(name)
    if variant is not None:
        return _folder_of_name(renders, f"{film}.{variant}", origin)
    if film_name(stem) != stem:
        folder = _folder_of_name(renders, f"{name}{stem[len(film_name(stem)) :]}", origin)
        if folder.exists():
            return folder
    return _folder_of_name(renders, name, origin)


def _folder_of_name(renders: Path, name: str, origin: str) -> Path:
    if origin == DEFAULT_BASE_URL:
        return _find_spelling(renders, name)
    own = _find_spelling(renders, f"{name}.{_origin_name(origin)}")
    if origin == SANDBOX or own.exists():
        return own
    plain = _find_spelling(renders, name)
    return plain if _was_rendered_at(plain, origin) else own


def _origin_name(origin: str) -> str:
    """The origin as the end of a folder's name: host and port, or the word for the sandbox."""
    if origin == SANDBOX:
        return SANDBOX
    parts = urlsplit(origin)
    host = _NOT_IN_HOSTS.sub("_", parts.hostname or "")
    return f"{host}-{parts.port or DEFAULT_PORTS[parts.scheme]}"


def _was_rendered_at(folder: Path, origin: str) -> bool:
    """Whether a folder's state file, or its manifest if it has no state file, has that origin."""
    if any(map(os.path.islink, (folder.parent, folder))):
        return False  # nothing is read through a link
    if owner := read_owner(folder):
        return owner[0] == origin
    from storyboard.outputs.manifest.file import read_manifests

    with explained(folder, folder):
        manifests = read_manifests(folder / MANIFEST)
    return any(manifest.origin == origin for manifest in manifests)


def _find_spelling(renders: Path, name: str) -> Path:
    """The folder of that name, with the existing folder's spelling if there is one.

    Raises UsageError if there are several: what was paid for may be in any of them.
    """
    found = find_spellings(renders, name)
    if len(found) > 1:
        raise UsageError(
            f"{renders} holds several folders of one storyboard: {', '.join(found)}",
            next_step="move all but the one with the videos away, or name one with --output",
        )
    return renders / (found[0] if found else to_file_name(name))


def _check_twins(board: Storyboard, output: Path, origin: str) -> None:
    """Raises UsageError if another storyboard beside this one would render into `output`."""
    folder = board.path.parent
    film, variant = split_variant(board.name)
    # Another film of this name may have the variant too, and film.draft.yaml is called film.draft.
    names = {film: board.name} if variant is None else {film: board.name, f"{film}.{variant}": ""}
    for stem, ending in product(names, _ENDINGS):
        for file_name in find_spellings(folder, f"{stem}{ending}"):
            twin = folder / file_name
            if not _is_another_storyboard(twin, board.path):
                continue
            if _folder_of(twin, names[stem] or stem, origin) == output:
                raise UsageError(
                    f"{board.path} and {twin} would render into the same folder",
                    next_step="rename one of them, or name its folder with --output",
                )


def _is_another_storyboard(path: Path, than: Path) -> bool:
    try:
        return not path.samefile(than) and bool(_SHOTS.search(read_plain(path, _MAX_BYTES)))
    except OSError:
        return False
