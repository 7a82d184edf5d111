"""Files and frames in a payload: how a request names them, and how addresses go in. Pure.

A payload names a picture by its content, so that renaming or moving it changes no request:

    {"sha256": "..."}                    the content of a file
    {"video": "...", "frame": "last"}    a frame of the video with this sha256
    {"take": "pier-1", "frame": "last"}  a frame of a take whose video is not known yet

The last is never sent. What is sent is the payload with an address in each place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

At: TypeAlias = "tuple[str | int, ...]"
"""Where a value is in a payload: `("first_frame",)`, or `("reference_images", 0)`."""

Frame: TypeAlias = Literal["first", "last"] | float
"""A frame of a video: the first, the last, or the one that is shown after so many seconds."""

MAX_UPLOAD_BYTES = 16 << 20
"""The largest picture that the service accepts.

Source: the service's documentation of media files, as quoted by its blog.
"""

LFS_VERSION = "version https://git-lfs.github.com/spec/v1"
"""The first line of the pointer that Git LFS leaves in a file's place."""

STAND_IN = "https://storyboard.invalid/picture.png"
"""What stands in for every address when a payload is checked."""

_MAPPINGS = (dict, Mapping)  # dict first: the check against Mapping is slow
_SCALARS = frozenset({str, int, float, bool, type(None)})

_MAX_DATA = 80  # characters of a picture in a request, where the request is only displayed

_KEYS = (frozenset({"sha256"}), frozenset({"video", "frame"}), frozenset({"take", "frame"}))


class FileInput(NamedTuple):
    """A file that a request contains. `path` is relative to the storyboard's folder, with `/`."""

    at: At
    sha256: str
    path: str

    @property
    def value(self) -> dict[str, Any]:
        """What stands for it in the payload."""
        return {"sha256": self.sha256}


class FrameInput(NamedTuple):
    """A frame of another take. `video` is the sha256 of that take's video, None if unknown."""

    at: At
    take: str
    frame: Frame
    video: str | None = None

    @property
    def value(self) -> dict[str, Any]:
        """What stands for it in the payload."""
        if self.video is None:
            return {"take": self.take, "frame": self.frame}
        return {"video": self.video, "frame": self.frame}


Input: TypeAlias = FileInput | FrameInput
"""Where one of a request's pictures, sounds or clips comes from."""


def is_content(value: Any) -> bool:
    """Whether a value of a payload stands for a file or a frame."""
    return isinstance(value, _MAPPINGS) and value.keys() in _KEYS


def find_contents(value: Any, at: At = ()) -> Iterator[tuple[At, Mapping[str, Any]]]:
    """Yield each file and frame in a payload, and where it is."""
    if isinstance(value, _MAPPINGS):
        if is_content(value):
            yield at, value
            return
        for key, item in value.items():
            if type(item) not in _SCALARS:
                yield from find_contents(item, (*at, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from find_contents(item, (*at, index))


def with_values(payload: Mapping[str, Any], values: Mapping[At, Any]) -> dict[str, Any]:
    """The payload with other values in these places, which it must have."""
    found: dict[str, Any] = dict(payload)
    for at, value in values.items():
        found = _replaced(found, at, value)
    return found


def with_stand_ins(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """The payload as the model's schema checks it: with an address for each file and frame."""
    values = {at: STAND_IN for at, _ in find_contents(payload)}
    return with_values(payload, values) if values else payload


def with_inputs(payload: Mapping[str, Any], inputs: Iterable[Input]) -> dict[str, Any]:
    """The payload with these inputs in their places."""
    return with_values(payload, {one.at: one.value for one in inputs})


def with_videos(
    inputs: Iterable[Input], video_of: Callable[[str], str | None]
) -> tuple[Input, ...]:
    """The inputs with the videos of the takes whose frames they are, as far as known."""
    return tuple(
        one._replace(video=video_of(one.take) or one.video) if isinstance(one, FrameInput) else one
        for one in inputs
    )


def with_short_data(value: Any) -> Any:
    """A request with the pictures that it contains cut short: `data:image/png;base64,...`."""
    if isinstance(value, Mapping):
        return {key: with_short_data(item) for key, item in value.items()}
    if isinstance(value, list):
        return [with_short_data(item) for item in value]
    if isinstance(value, str) and value.startswith("data:") and len(value) > _MAX_DATA:
        return f"{value[:_MAX_DATA]}… ({len(value):,} characters)"
    return value


def _replaced(value: Any, at: At, new: Any) -> Any:
    if not at:
        return new
    key, *rest = at
    copy: Any = list(value) if isinstance(value, list) else dict(value)
    copy[key] = _replaced(copy[key], tuple(rest), new)
    return copy
