"""Writes repaired files of the project, exactly as they were shown."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path

from storyboard.atomic_files import write_atomically
from storyboard.errors import StateError, UsageError
from storyboard.language.files import DISK
from storyboard.language.read_scope import find_scope
from storyboard.language.repairs.search import RepairedFile
from storyboard.language.text_files import MAX_BYTES


def write_repaired(files: Iterable[RepairedFile], storyboards: Sequence[Path]) -> None:
    """Writes each file whole, with links resolved; writes none if one of them is not allowed.

    Raises UsageError for a file outside the projects of the storyboards, a write-protected
    one, or one that has changed since it was read; StateError if one cannot be written.
    """
    files = list(files)
    targets = [_target(one.file.path, storyboards) for one in files]
    for one, target in zip(files, targets, strict=True):
        _check_unchanged(one, target)
    for one, target in zip(files, targets, strict=True):
        _check_unchanged(one, target)
        mode = stat.S_IMODE(target.stat().st_mode)
        write_atomically(target, one.file.encoded(one.text), mode=mode)


def _target(path: Path, storyboards: Sequence[Path]) -> Path:
    """The real location of a file. Raises UsageError if it must not be written."""
    refusals = [find_scope(storyboard).refusal(path) for storyboard in storyboards]
    if refusals and None not in refusals:
        reason = next(filter(None, refusals))[0]
        raise UsageError(f"{path} {reason}, so it is not repaired", next_step="repair it by hand")
    target = Path(DISK.real_path(path))
    for protected in (target, target.parent):
        if not os.access(protected, os.W_OK):
            what = f"{path} is" if protected == target else f"the folder of {path} is"
            raise UsageError(
                f"{what} write-protected, so the file is not repaired",
                next_step="make it writable, then run the same command again",
            )
    return target


def _check_unchanged(repaired: RepairedFile, target: Path) -> None:
    path = repaired.file.path
    try:
        content = DISK.read_bytes(target, MAX_BYTES)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise StateError(f"{path} can no longer be read: {reason}") from error
    if content != repaired.file.content:
        raise UsageError(
            f"{path} has changed since its repairs were shown, so it was left unchanged",
            next_step="run the same command again",
        )
