"""The files and frames that a storyboard names, on their way into a payload. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from storyboard.language.validation.check import Origin
from storyboard.media import At, FileInput, Frame, FrameInput, Input
from storyboard.models.card import ModelCard
from storyboard.records import Json, Take

FindOrigin: TypeAlias = Callable[[], Origin]
"""Returns where a file or a frame is named; only problems need it, and a row's takes time."""


class Content(dict[str, Json]):
    """A file or a frame, as a payload names it. It prints as the author wrote it.

    `where` is the path to the setting that names it.
    """

    def __init__(
        self, value: dict[str, Json], written: str, where: str, find_origin: FindOrigin
    ) -> None:
        super().__init__(value)
        self.written = written
        self.where = where
        self._find_origin = find_origin

    @property
    def origin(self) -> Origin:
        """Where it is named."""
        return self._find_origin()

    def __repr__(self) -> str:
        return self.written

    __str__ = __repr__


class FileContent(Content):
    """A file; `path` is relative to the storyboard's folder."""

    def __init__(
        self, sha256: str, path: str, *, written: str, where: str, find_origin: FindOrigin
    ) -> None:
        super().__init__({"sha256": sha256}, written, where, find_origin)
        self.sha256 = sha256
        self.path = path


class FrameContent(Content):
    """A frame of a take, which need not exist."""

    def __init__(self, take: str, frame: Frame, *, where: str, find_origin: FindOrigin) -> None:
        written = f"{{take: {take}, frame: {frame}}}"
        super().__init__({"take": take, "frame": frame}, written, where, find_origin)
        self.take = take
        self.frame = frame


class UsedFile(NamedTuple):
    """A file in the request of a take, or of a fallback, whose model is the card's."""

    take: Take
    card: ModelCard
    at: At
    content: FileContent


def as_input(at: At, content: FileContent | FrameContent) -> Input:
    """Return what a take says of a file or a frame at this path of its payload."""
    if isinstance(content, FileContent):
        return FileInput(at, content.sha256, content.path)
    return FrameInput(at, content.take, content.frame)
