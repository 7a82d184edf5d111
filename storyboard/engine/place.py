"""Puts downloaded videos in place: row first, then the move, which a restart finishes."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from storyboard.engine.job import Job, part_path, video_path
from storyboard.errors import StateError
from storyboard.records import Submission, Video


def has_file(folder: Path, video: Video) -> bool:
    """Whether the video's file is in place with its size."""
    try:
        return (folder / video.path).stat().st_size == video.size_bytes
    except OSError:
        return False


def add_video(job: Job, submission: Submission, video: Video) -> Submission:
    """The submission with its downloaded video, whose row is written; no file is moved yet.

    A video that was here before, and is gone, gets its old name back. Any
    other gets the take's next version; no file that exists is ever named.
    """
    before = submission.video
    is_same = before is not None and before.sha256 == video.sha256
    if before is not None and is_same and not (job.folder / before.path).exists():
        return submission
    version = job.store.next_version(submission.take)
    while (job.folder / video_path(submission.take, version)).exists():
        version += 1
    placed = replace(video, path=video_path(submission.take, version))
    return job.store.add_video(submission, placed, version=version)


def path_of(submission: Submission) -> str:
    """Where the submission's video lies or will lie, relative to the output folder."""
    return submission.video.path if submission.video else ""


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
