"""Where a new model card goes, and how it is written: whole, and over another one only by force."""

from __future__ import annotations

import difflib
from pathlib import Path

from storyboard.atomic_files import find_obstacle, write_atomically, write_new
from storyboard.errors import Refused, UsageError
from storyboard.models.folder import data_folder
from storyboard.names import path_problem

MODELS = "models"


def card_path(model: str, *, is_user: bool) -> Path:
    """The file of a model's card below the current folder, or among the user's own cards.

    Raises UsageError if no system could hold such a name, or a link would lead elsewhere.
    """
    name = f"{MODELS}/{model}.yaml"
    if problem := path_problem(name):
        raise UsageError(f"the card's path {name} {problem}", next_step="write the card by hand")
    folder = data_folder() if is_user else Path()
    path = folder / name
    obstacle = path if path.is_symlink() else find_obstacle(folder, name)
    if obstacle is not None:
        raise UsageError(
            f"{obstacle} is a link or not a folder, and nothing is written through it",
            next_step="move it away",
        )
    return path


def difference(path: Path, text: str) -> list[str]:
    """What the new text changes in the existing card, as a diff; empty if nothing changes."""
    try:
        before = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        before = ""
    if before == text:
        return []
    lines = difflib.unified_diff(
        before.splitlines(), text.splitlines(), str(path), str(path), lineterm=""
    )
    return list(lines)


def write_card(path: Path, text: str, *, force: bool) -> bool:
    """Whether the card had to be written. Raises Refused if another one is there, unless forced."""
    if force:
        return write_atomically(path, text)
    if write_new(path, text):
        return True
    if not difference(path, text):
        return False
    raise Refused(
        f"{path} already exists and says something else", next_step="write it with --force"
    )
