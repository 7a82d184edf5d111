"""The names of video files, whether they are there, and putting them in place.

What is written or moved is checked once more at that moment to lie in the
output folder, links resolved: state file, manifest and folder may have come
with a repository.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from storyboard.errors import StateError
from storyboard.names import is_video_path
from storyboard.records import Submission, Video


def part_path(folder: Path, submission: Submission) -> Path:
    """The temporary name under which a submission's result is written."""
    return folder / "videos" / f".{submission.id}.part"


def has_file(folder: Path, video: Video) -> bool:
    """Whether the video's file is in place with its size."""
    try:
        # Asked for each take of a storyboard, and joining paths costs more than looking.
        found = os.stat(f"{folder}/{video.path}")  # noqa: PTH116 (as said above)
        return found.st_size == video.size_bytes and stat.S_ISREG(found.st_mode)
    except OSError:
        return False


def snapshot_files(folder: Path) -> Callable[[Video], bool]:
    """`has_file` for a folder as it is found at one moment: each video is looked at once."""
    seen: dict[tuple[str, int], bool] = {}

    def is_here(video: Video) -> bool:
        about = video.path, video.size_bytes
        if about not in seen:
            seen[about] = has_file(folder, video)
        return seen[about]

    return is_here


def holds_video(path: Path, video: Video) -> bool:
    """Whether the file at `path` is the video to the byte."""
    try:
        found = path.stat()
        if found.st_size != video.size_bytes or not stat.S_ISREG(found.st_mode):
            return False
        digest = hashlib.sha256()  # hashlib.file_digest came with Python 3.11
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
        return digest.hexdigest() == video.sha256
    except OSError:
        return False


def path_of(submission: Submission) -> str:
    """Where the submission's video lies or will lie, relative to the output folder."""
    return submission.video.path if submission.video else ""


def make_videos_folder(folder: Path) -> None:
    """Makes the folder of the videos where it is missing.

    Raises StateError where something else has its name, or the system refuses.
    """
    videos = folder / "videos"
    try:
        videos.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        pass  # and is told below
    except OSError as error:
        raise StateError(
            f"cannot make the folder {videos}: {error.strerror or error}",
            next_step="mend the permissions of the folder, then run again",
        ) from error
    check_videos_folder(folder)


def check_videos_folder(folder: Path) -> None:
    """Raises StateError unless `videos` is a folder inside the output folder, and no link."""
    videos = folder / "videos"
    # Resolved too: Windows has links that do not say that they are.
    if videos.is_symlink() or (
        videos.is_dir() and videos.resolve() != folder.resolve() / videos.name
    ):
        kind = "leads out of the output folder"
    elif not videos.is_dir():
        kind = "is no folder"
    else:
        return
    raise StateError(
        f"{videos} {kind}, so no videos can be put there",
        next_step="move it away, or choose another folder with --output",
    )


def move_into_place(folder: Path, part: Path, path: str) -> None:
    """Gives a checked file, whose row is committed, its final name.

    Raises StateError where the name is none that we give or leads out of the
    output folder, and where the system refuses.
    """
    target = folder / path
    if not is_video_path(path) or not _is_plain(part):
        raise StateError(
            f"cannot put the video {target} in place: it would not be a file of ours",
            next_step="restore a copy of the state file; the manifest beside it still has what "
            "was paid",
        )
    make_videos_folder(folder)
    try:
        part.replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        raise StateError(
            f"cannot put the video {target} in place: {error.strerror or error}",
            next_step="mend the permissions of the folder, then run again",
        ) from error


def finish_moves(folder: Path, submissions: Sequence[Submission]) -> None:
    """Finishes the moves that a killed render had committed and not made."""
    parts = set(_parts_in(folder))
    if not parts:
        return
    for submission in submissions:
        part, video = part_path(folder, submission), submission.video
        if video is None or part not in parts or has_file(folder, video):
            continue
        if not _is_plain(part) or os.path.lexists(folder / video.path):
            continue
        if holds_video(part, video):
            move_into_place(folder, part, video.path)


def sweep_parts(folder: Path) -> None:
    """Removes what cut downloads left; after `finish_moves`, and under the folder's lock."""
    for part in _parts_in(folder):
        # Left where it cannot be removed: the next download of its submission replaces it.
        with suppress(OSError):
            part.unlink()


def _parts_in(folder: Path) -> list[Path]:
    """The files under temporary names; a folder of many videos has none or a few."""
    videos = folder / "videos"
    try:
        names = os.listdir(videos)  # noqa: PTH208 (no path for each of the videos)
    except OSError:
        return []
    return [videos / name for name in names if name.startswith(".") and name.endswith(".part")]


def _is_plain(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _sync_folder(folder: Path) -> None:
    # Windows cannot open a folder; its file system journals the rename itself.
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
