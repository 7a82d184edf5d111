"""Files and frames in words for people: never a digest, which says nothing to them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from storyboard.media import FileInput, Frame, Input, find_contents
from storyboard.planning.changes import format_value

_NAMED = {"first": "first frame", "last": "last frame"}


def has_contents(value: Any) -> bool:
    """Whether a value is a file or a frame, or contains one."""
    return isinstance(value, Mapping | list) and any(True for _ in find_contents(value))


def in_words(value: Any, inputs: Iterable[Input]) -> str:
    """A value of a payload: files by their paths, frames by their takes, the rest as JSON."""
    if isinstance(value, list) and has_contents(value):
        return ", ".join(in_words(item, inputs) for item in value)
    if not has_contents(value):
        return format_value(value)
    known = next((one for one in inputs if one.value == value), None)
    if known is not None:
        return input_words(known)
    return "a file" if "sha256" in value else "a frame of a video"


def input_words(one: Input) -> str:
    """A file's path, or `the last frame of pier-1`."""
    return one.path if isinstance(one, FileInput) else f"the {frame_words(one.frame)} of {one.take}"


def frame_words(frame: Frame) -> str:
    """`first frame`, `last frame`, or `frame at 1.5 s`."""
    return _NAMED[frame] if isinstance(frame, str) else f"frame at {frame:g} s"
