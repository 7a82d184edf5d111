"""The names under which a manifest's videos are, or may be put, in an output folder."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from functools import cache, cached_property
from itertools import chain, count
from pathlib import Path

from storyboard.atomic_files import digest_of
from storyboard.names import is_video_path, video_path
from storyboard.records import Submission, Video
from storyboard.videos.files import has_file, holds_video, is_lfs_pointer


class LocalNames:
    """The files of an output folder, found by name and by content.

    A manifest comes from git, so nothing is written to a name in it unless storyboard could
    have chosen that name. Each file is read at most once.
    """

    def __init__(self, folder: Path, known: Iterable[Submission]) -> None:
        """`known` are the submissions of the state file, which keep their names."""
        self._folder = folder
        self._digest = cache(digest_of)
        self._taken = {
            one.video.path.lower(): one.video.sha256 for one in known if one.video is not None
        }

    def is_in_place(self, video: Video | None) -> bool:
        """Whether a video of the state file is where its row says."""
        return video is not None and has_file(self._folder, video)

    def find(self, video: Video) -> Video | None:
        """The video as it is stored here, under any name; None if it is not here."""
        path = self._folder / video.path
        is_ours = is_video_path(video.path)
        if is_ours and (holds_video(path, video) or is_lfs_pointer(self._folder, video)):
            return video
        for name in self._names_by_size.get(video.size_bytes, ()):
            if self._digest(self._folder / name) == video.sha256:
                return replace(video, path=name)
        return None

    def claim(self, video: Video, take: str) -> Video:
        """The video under a name that is free here: its own if possible, else one of its take's."""
        own = [video.path] if is_video_path(video.path) else []
        names = chain(own, (video_path(take, version) for version in count(1)))
        return next(replace(video, path=name) for name in names if self._is_free(name, video))

    def _is_free(self, name: str, video: Video) -> bool:
        if os.path.lexists(self._folder / name):
            return False
        return self._taken.setdefault(name.lower(), video.sha256) == video.sha256

    @cached_property
    def _names_by_size(self) -> dict[int, list[str]]:
        """The names of the videos in the folder, by size, without links."""
        found: dict[int, list[str]] = {}
        try:
            with os.scandir(self._folder / "videos") as entries:
                for entry in entries:
                    name = f"videos/{entry.name}"
                    if is_video_path(name) and entry.is_file(follow_symlinks=False):
                        size_bytes = entry.stat(follow_symlinks=False).st_size
                        found.setdefault(size_bytes, []).append(name)
        except OSError:
            return {}
        return found
