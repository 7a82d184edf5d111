"""Model cards in a project: the folder `models/` beside a storyboard; anyone may write them.

A card is read with the same checks as an included file: it must be a regular file inside the
project, must not be reached through a link that leads out, and must not contain the API key.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from storyboard.language.files import DISK, Files
from storyboard.language.read_scope import ReadScope, find_scope
from storyboard.language.text_files import read_text
from storyboard.models.card_folders import CardText, Owner
from storyboard.models.catalog import Catalog, load_catalog
from storyboard.names import spelled_path

FOLDER = "models"

MAX_BYTES = 200_000
"""The limit for one card; real ones have about 5,000 bytes."""

MAX_ALL_BYTES = 4_000_000
"""The limit for all cards of a project read together."""

MAX_LISTED = 500
"""How many cards are listed and folders searched; other cards can still be named."""

_PART = r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}"
_NAME = re.compile(rf"{_PART}/{_PART}")


class ProjectCards:
    """The cards beside one storyboard; see `CardFolder`."""

    def __init__(self, folder: Path, scope: ReadScope) -> None:
        self._folder = folder
        self._scope = scope
        self._bytes_left = MAX_ALL_BYTES

    def names(self) -> tuple[str, ...]:
        """The names that files claim; if there are very many, only the first."""
        found: list[str] = []
        for provider in self._listed(self._folder)[:MAX_LISTED]:
            files = self._listed(self._folder / provider)
            names = (f"{provider}/{file[:-5]}" for file in files if file.endswith(".yaml"))
            found += filter(_NAME.fullmatch, names)
            if len(found) >= MAX_LISTED:
                break
        return tuple(found[:MAX_LISTED])

    def find(self, name: str) -> CardText | None:
        """Return the card's file, or None if there is none or the name cannot be a card's."""
        if not _NAME.fullmatch(name):
            return None
        path = self._folder / f"{name}.yaml"
        files = self._scope.files
        if not files.exists(path):
            return None
        if refusal := self._scope.refusal(path):
            return _refused(path, refusal[0])
        read = read_text(path, str(path), max_bytes=MAX_BYTES, files=files)
        self._bytes_left -= len(read.text)
        if read.problem:
            line = read.problem.position.line
            return _refused(path, f"line {line}: {read.problem.message}")
        if self._scope.holds_key(read.text):
            return _refused(path, "holds the API key, so it is not read")
        if self._bytes_left < 0:
            return _refused(path, "is one of too many; together they are too large")
        return CardText(str(path), read.text, Owner.PROJECT)

    def _listed(self, folder: Path) -> list[str]:
        if self._scope.refusal(folder):
            return []
        try:
            return sorted(self._scope.files.names_in(folder))
        except (OSError, ValueError):
            return []


def _refused(path: Path, why: str) -> CardText:
    return CardText(str(path), "", Owner.PROJECT, why)


def catalog_beside(
    catalog: Catalog, storyboard: Path, *, allowed: Sequence[Path] = (), files: Files = DISK
) -> Catalog:
    """Return the cards for one storyboard: those beside it, then those of `catalog`."""
    scope = find_scope(storyboard, allowed=allowed, files=files)
    return catalog.beside(ProjectCards(storyboard.parent / FOLDER, scope))


def load_catalog_beside(storyboard: Path, allowed: Sequence[Path] = ()) -> Catalog:
    """Return the cards for one storyboard: those beside it, the user's, then the program's."""
    return catalog_beside(load_catalog(), spelled_path(storyboard), allowed=allowed)


def load_catalog_here() -> Catalog:
    """Return the cards for a storyboard in the current folder."""
    return load_catalog_beside(Path("film.yaml"))
