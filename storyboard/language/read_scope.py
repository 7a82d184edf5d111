"""Decides which files a storyboard may read: those in its project, never one with the API key."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from storyboard.language.files import DISK, Files
from storyboard.private import MIN_KEY_LENGTH, client_folders, home_folder, key_in

HOLDS_KEY = (
    "contains the API key, so it is not read",
    "remove the key, and create a new one: whoever has this file has the old one",
)
"""The clause about a file with the API key in it, and the hint."""

ALLOW_HINT = "move the file into the project, or allow its folder with --allow-path DIR"


@dataclass(frozen=True, slots=True)
class ReadScope:
    """The folders a storyboard may read from, with links resolved, and the source of their content.

    `private` folders are never read, even inside the project. Neither is a file that contains
    `key`.
    """

    project: Path
    allowed: tuple[Path, ...] = ()
    private: tuple[Path, ...] = ()
    key: str = field(default="", repr=False)
    files: Files = DISK

    def refusal(self, path: Path) -> tuple[str, str | None] | None:
        """Return why the file must not be read, as a clause, and a hint; None if it may be read."""
        if str(path).startswith(("\\\\", "//")):
            return "is on another machine", ALLOW_HINT
        try:
            real = Path(self.files.real_path(path))
        except (OSError, ValueError):
            return None  # no file can have this name; opening it says why
        if any(real.is_relative_to(folder) for folder in self.private):
            return "is in a place where API keys are kept, and is never read", None
        roots = [root for root in (self.project, *self.allowed) if real.is_relative_to(root)]
        if not roots:
            return f"is outside the project {self.project}", ALLOW_HINT
        if ".git" in (part.casefold() for part in real.relative_to(roots[0]).parts):
            return "is inside .git", None
        return None

    def holds_key(self, content: str | bytes) -> bool:
        """Whether a file's text or content contains the API key."""
        if len(self.key) < MIN_KEY_LENGTH:
            return False
        if isinstance(content, str):
            return self.key in content
        return self.key.encode("utf-8", "surrogateescape") in content


def find_scope(storyboard: Path, *, allowed: Sequence[Path] = (), files: Files = DISK) -> ReadScope:
    """Return what a storyboard may read from `files`; the user names the `allowed` folders."""
    home = Path(os.path.realpath(home_folder()))
    folder = Path(os.path.realpath(storyboard.parent))
    return ReadScope(
        project=find_project(folder, home),
        allowed=tuple(Path(os.path.realpath(path)) for path in allowed),
        private=tuple(Path(os.path.realpath(path)) for path in client_folders(os.environ, home)),
        key=key_in(os.environ),
        files=files,
    )


def find_project(folder: Path, home: Path) -> Path:
    """Return the nearest folder that holds `.git`, below the home folder; else `folder` itself.

    A `.git` in the home folder or above it belongs to the machine, not to a film.
    """
    for candidate in (folder, *folder.parents):
        if home.is_relative_to(candidate):
            break
        if os.path.lexists(candidate / ".git"):
            return candidate
    return folder
