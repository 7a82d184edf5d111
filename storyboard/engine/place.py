"""Puts downloaded videos in place: row first, then the move, which a restart finishes."""

from __future__ import annotations

import os
from pathlib import Path

from storyboard.engine.job import part_path, video_path
from storyboard.errors import StateError
from storyboard.records import Submission, Video
from storyboard.store import Store


def has_file(folder: Path, video: Video) -> bool:
    """Whether the video's file is in place with its size."""
    try:
        return (folder / video.path).stat().st_size == video.size_bytes
    except OSError:
        return False


def choose_path(store: Store, folder: Path, submission: Submission) -> tuple[int, str]:
    """The version and relative path for a submission's new video; names no file that exists."""
    version = store.next_version(submission.take)
    while (folder / video_path(submission.take, version)).exists():
        version += 1
    return version, video_path(submission.take, version)


def move_into_place(folder: Path, part: Path, path: str) -> None:
    """Gives a checked file, whose row is committed, its final name.

    Raises StateError where the system refuses.
    """
    target = folder / path
    try:
        part.replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        raise StateError(
            f"cannot put the video {target} in place: {error.strerror}",
            next_step="mend the permissions of the folder, then run again",
        ) from error


def finish_moves(folder: Path, submissions: list[Submission]) -> None:
    """Finishes the moves that a killed render had committed and not made."""
    for submission in submissions:
        video = submission.video
        if video is None or has_file(folder, video):
            continue
        part = part_path(folder, submission)
        if part.is_file() and part.stat().st_size == video.size_bytes:
            move_into_place(folder, part, video.path)


def _sync_folder(folder: Path) -> None:
    # Windows cannot open a folder; its file system journals the rename itself.
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
