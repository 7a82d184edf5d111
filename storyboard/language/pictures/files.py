"""Reads the pictures beside a storyboard, each once, and names them by their content."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeAlias

from storyboard.language.read_scope import HOLDS_KEY, ReadScope
from storyboard.language.text_files import SLASH, names_beside, read_bytes
from storyboard.names import from_file_name, portable_path
from storyboard.records import Problem
from storyboard.reporting.suggest import closest

Resolve: TypeAlias = "Callable[[str, str], tuple[Path, str]]"
"""Returns the path and the display name of what one file calls another."""


class PictureFile(NamedTuple):
    """A file's content by its sha256, and its path relative to the storyboard's folder."""

    sha256: str
    path: str


class Refusal(NamedTuple):
    """Why a file cannot be used: a code, a clause about the file, and a hint."""

    code: str
    words: str
    hint: str | None = None
    is_missing: bool = False


class PictureFiles:
    """The pictures that one storyboard names.

    `folder` is the storyboard's own. `resolve` says where a file is that another file names; files
    outside `scope` are not opened.
    """

    def __init__(self, folder: Path, scope: ReadScope, resolve: Resolve) -> None:
        self._folder = folder
        self._scope = scope
        self._resolve = resolve
        self._named: dict[tuple[str, str], PictureFile | Refusal] = {}
        self._found: dict[Path, PictureFile | Refusal] = {}
        self._paths: dict[str, Path] = {}  # by sha256

    def read(self, name: str, owner: str) -> PictureFile | Refusal:
        """Return what the file `owner`, by its display name, calls `name`, or why it is not read.

        Every call after the first returns what the file contained then.
        """
        known = self._named.get((owner, name))
        if known is None:
            path, display_name = self._resolve(owner, name)
            if path not in self._found:
                self._found[path] = self._read(path, display_name)
            known = self._found[path]
            if isinstance(known, Refusal) and known.is_missing:
                known = known._replace(hint=self._hint_for_missing(path, name))
            self._named[owner, name] = known
        return known

    def content_of(self, sha256: str) -> bytes | None:
        """Return a content that `read` has found, or None if it is not there any more."""
        path = self._paths[sha256]
        if self._scope.refusal(path):
            return None
        content = read_bytes(path, "", files=self._scope.files)
        if isinstance(content, Problem) or hashlib.sha256(content).hexdigest() != sha256:
            return None
        return content

    def _read(self, path: Path, display_name: str) -> PictureFile | Refusal:
        if refusal := self._scope.refusal(path):
            return Refusal("outside-project", *refusal)
        content = read_bytes(path, display_name, files=self._scope.files)
        if isinstance(content, Problem):
            is_missing = not self._scope.files.exists(path)
            return Refusal(content.code, content.message, content.hint, is_missing)
        if self._scope.holds_key(content):
            return Refusal("holds-key", *HOLDS_KEY)
        if not content:
            return Refusal("empty-file", "the file is empty")
        sha256 = hashlib.sha256(content).hexdigest()
        self._paths.setdefault(sha256, path)
        return PictureFile(sha256, self._relative(path))

    def _hint_for_missing(self, path: Path, name: str) -> str | None:
        """Return a hint about a file that is not there, and that an author calls `name`."""
        if "\\" in path.name:
            return SLASH
        guess = closest(from_file_name(path.name), names_beside(path, self._scope.files))
        folder, slash, _ = name.rpartition("/")
        return f"did you mean {folder + slash + guess!r}?" if guess else None

    def _relative(self, path: Path) -> str:
        """Return a path relative to the storyboard's folder, with `/`, in valid Unicode."""
        path = Path(os.path.normpath(path))
        try:
            name = os.path.relpath(path, self._folder)
        except ValueError:  # on another drive of Windows
            name = str(path)
        return portable_path(name)
