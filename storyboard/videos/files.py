"""Names video files, checks whether they exist, and moves them into place.

Each write or move first checks again, with links resolved, that its target lies in
the output folder: the state file, the manifest and the folder may have come with a
repository.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from storyboard.atomic_files import check_real, digest_of, is_plain_file, sync_folder
from storyboard.errors import StateError
from storyboard.media import LFS_VERSION
from storyboard.names import is_video_path
from storyboard.records import Submission, SubmissionState, Video

_MAX_POINTER_BYTES = 1024


def partial_path(folder: Path, submission: Submission) -> Path:
    """The partial file that a submission's result is downloaded into."""
    return folder / "videos" / f".{submission.id}.part"


def has_file(folder: Path, video: Video) -> bool:
    """Whether the video's file is in place and has the recorded size."""
    try:
        # Called for each take of a storyboard, and joining paths costs more than the stat.
        found = os.stat(f"{folder}/{video.path}")  # noqa: PTH116 (as said above)
        return found.st_size == video.size_bytes and stat.S_ISREG(found.st_mode)
    except OSError:
        return False


def snapshot_files(folder: Path) -> Callable[[Video], bool]:
    """A version of `has_file` for one folder that checks each video's file only once."""
    seen: dict[tuple[str, int], bool] = {}

    def is_here(video: Video) -> bool:
        key = video.path, video.size_bytes
        if key not in seen:
            seen[key] = has_file(folder, video)
        return seen[key]

    return is_here


def is_lfs_pointer(folder: Path, video: Video) -> bool:
    """Whether a Git LFS pointer stands in for the video's file."""
    try:
        path = (folder / video.path).resolve()
        found = path.stat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > _MAX_POINTER_BYTES:
            return False
        lines = path.read_text("utf-8").splitlines()
    except (OSError, ValueError):
        return False
    return lines[0:1] == [LFS_VERSION] and f"oid sha256:{video.sha256}" in lines


def holds_video(path: Path, video: Video) -> bool:
    """Whether the file at `path` is this exact video, byte for byte."""
    try:
        return path.stat().st_size == video.size_bytes and digest_of(path.resolve()) == video.sha256
    except OSError:
        return False


def make_videos_folder(folder: Path) -> None:
    """Create the folder for videos if it is missing. The path of `folder` contains no links.

    Raises StateError if it now contains one, if something else has the name, or if
    the system refuses.
    """
    check_real(folder)
    videos = folder / "videos"
    try:
        videos.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        pass  # reported below
    except OSError as error:
        raise StateError(
            f"cannot create the folder {videos}: {error.strerror or error}",
            next_step="fix the permissions of the folder, then run again",
        ) from error
    # Some links on Windows can be told from folders only by resolving them.
    if videos.is_symlink() or (
        videos.is_dir() and videos.resolve() != folder.resolve() / videos.name
    ):
        problem = "leads out of the output folder"
    elif not videos.is_dir():
        problem = "is not a folder"
    else:
        return
    raise StateError(
        f"{videos} {problem}, so no videos can be put there",
        next_step="move it away, or choose another folder with --output",
    )


def move_into_place(folder: Path, partial: Path, path: str) -> None:
    """Give a checked file its final name; its row is already committed.

    Raises StateError if storyboard would not give such a name, if it leads out of
    the output folder, or if the system refuses.
    """
    target = folder / path
    if not is_video_path(path) or not is_plain_file(partial):
        raise StateError(
            f"cannot put the video {target} in place: it would not be one of storyboard's files",
            next_step="restore a copy of the state file; the manifest beside it still has what "
            "was paid",
        )
    make_videos_folder(folder)
    try:
        partial.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        raise StateError(
            f"cannot put the video {target} in place: {error.strerror or error}",
            next_step="fix the permissions of the folder, then run again",
        ) from error


def finish_moves(folder: Path, submissions: Sequence[Submission]) -> None:
    """Finish the moves that a killed render committed but did not make."""
    partials = set(find_partial_files(folder))
    if not partials:
        return
    for submission in submissions:
        partial, video = partial_path(folder, submission), submission.video
        if video is None or partial not in partials or os.path.lexists(folder / video.path):
            continue
        if is_plain_file(partial) and holds_video(partial, video):
            move_into_place(folder, partial, video.path)


def remove_partial_files(folder: Path, submissions: Sequence[Submission], *, now: datetime) -> None:
    """Remove the partial files that no download will resume; call after `finish_moves`."""
    partials = set(find_partial_files(folder))
    if not partials:
        return
    resumable = {
        partial_path(folder, one)
        for one in submissions
        if one.state is SubmissionState.SUCCEEDED
        and (one.url_expires_at is None or now < one.url_expires_at)
        and not (one.video and has_file(folder, one.video))
    }
    for partial in partials - resumable:
        # If it cannot be removed, the next download of its submission replaces it.
        with suppress(OSError):
            partial.unlink()


def find_partial_files(folder: Path) -> list[Path]:
    """The partial files in the folder; even with many videos there are few or none."""
    videos = folder / "videos"
    try:
        names = os.listdir(videos)  # noqa: PTH208 (avoids a path object per video)
    except OSError:
        return []
    return [videos / name for name in names if name.startswith(".") and name.endswith(".part")]
