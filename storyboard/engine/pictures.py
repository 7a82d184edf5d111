"""Reads the pictures that requests contain: files, and frames of videos. Runs on worker threads."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from storyboard.errors import NoFrame, NoProcess
from storyboard.language.pictures.formats import format_of
from storyboard.media import MAX_UPLOAD_BYTES, At, FileInput, Frame, FrameInput, Input
from storyboard.planning.picture_changes import frame_words
from storyboard.records import Video
from storyboard.videos.files import holds_video

MAX_DATA_BYTES = 64 << 10
"""The largest picture that goes into the request itself, where the model takes that."""

ReadFile = Callable[[str], bytes]
"""The content of a file of the project, by its path from the storyboard's folder.

Raises OSError if it cannot be read, or may not be.
"""

ExtractFrame = Callable[[Path, Frame], bytes]
"""A frame of the video at a path, as a PNG. Raises NoFrame, NoProcess or OSError."""

CheckPicture = Callable[[bytes], "str | None"]
"""Why a picture cannot be used, as a clause; None if it can. Raises NoProcess."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that may be sent; `format` is `png`, `jpeg` or `webp`."""

    content: bytes
    sha256: str
    format: str

    @property
    def suffix(self) -> str:
        """The ending of its file's name."""
        return ".jpg" if self.format == "jpeg" else f".{self.format}"

    @property
    def data(self) -> str:
        """The picture as an address that contains it."""
        return f"data:image/{self.format};base64,{base64.b64encode(self.content).decode()}"


class PictureKey(NamedTuple):
    """What a picture is read from, and the field of a model that a frame is checked for."""

    job: str
    source: Input
    model: str = ""
    at: At = ()


@dataclass(frozen=True, slots=True)
class NoPicture:
    """Why a picture cannot be sent, as a sentence."""

    reason: str


def read_file(file: FileInput, read: ReadFile) -> Picture | NoPicture:
    """The content of a file, if it is still what was planned."""
    try:
        content = read(file.path)
    except OSError as error:
        return NoPicture(f"{file.path} cannot be read: {error.strerror or error}")
    picture = _picture(content, file.path)
    if isinstance(picture, Picture) and picture.sha256 != file.sha256:
        return NoPicture(f"{file.path} changed while this ran; run again")
    return picture


def read_frame(
    frame: FrameInput,
    folder: Path,
    videos: Iterable[Video],
    *,
    extract_frame: ExtractFrame,
    check: CheckPicture,
) -> Picture | NoPicture:
    """A frame of one of these equal videos in an output folder, if the model takes it."""
    path = next((path for one in videos if holds_video(path := folder / one.path, one)), None)
    if path is None:
        return NoPicture(
            f"the video of {frame.take} is not in place, or is not what was downloaded; run again"
        )
    where = f"{frame_words(frame.frame)} of {frame.take}"
    try:
        content = extract_frame(path, frame.frame)
        problem = check(content)
    except (NoFrame, NoProcess) as error:
        return NoPicture(f"{where} cannot be taken: {error}")
    except OSError as error:
        return NoPicture(f"{where} cannot be taken: {error.strerror or error}")
    if problem:
        return NoPicture(f"{where} cannot be sent: {problem}")
    return _picture(content, where)


def _picture(content: bytes, name: str) -> Picture | NoPicture:
    kind = format_of(content)
    if kind is None:
        return NoPicture(f"{name} is not a PNG, JPEG or WebP picture")
    if len(content) > MAX_UPLOAD_BYTES:
        return NoPicture(
            f"{name} has {len(content):,} bytes, more than {MAX_UPLOAD_BYTES:,}, "
            "the most that can be uploaded"
        )
    return Picture(content, hashlib.sha256(content).hexdigest(), kind)
