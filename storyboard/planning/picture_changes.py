"""Files and frames in two requests, and how they differ, in words: never as a bare sha256. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from storyboard.media import At, FileInput, Frame, FrameInput, Input, find_contents, with_values
from storyboard.records import Json, Payload

_MAX_LENGTH = 60  # characters of a path or an address in a one-line message


class Pictures(NamedTuple):
    """A payload with where its files and frames come from, as far as that is known."""

    payload: Payload
    inputs: Iterable[Input] = ()

    def words(self, at: At, value: Any) -> str:
        """A file, a frame or an address in words: `cast/hero.png`, `the last frame of pier-1`."""
        if not isinstance(value, Mapping):
            return _cut(json.dumps(value, ensure_ascii=False))
        if "frame" in value:
            take = self.take_of(at, value)
            return f"{frame_words(value['frame'])} of {take or 'a video'}"
        path = self.path_of(at)
        return _cut(path) if path else "a picture"

    def path_of(self, at: At) -> str | None:
        """The path of the file at this path of the payload, if it is known."""
        return next((one.path for one in self._inputs(at) if isinstance(one, FileInput)), None)

    def take_of(self, at: At, value: Mapping[str, Any]) -> str | None:
        """The take that the frame at this path of the payload is of, if it is known."""
        known = (one.take for one in self._inputs(at) if isinstance(one, FrameInput))
        take = next(known, value.get("take"))
        return take if isinstance(take, str) else None

    def _inputs(self, at: At) -> Iterator[Input]:
        return (one for one in self.inputs if one.at == at)


def has_pictures(*values: Json) -> bool:
    """Whether any of these values of a payload is or contains a file or a frame."""
    return any(next(find_contents(value), None) is not None for value in values)


def frame_words(frame: Frame) -> str:
    """A frame in words: `the last frame`, `the frame at 2.5 s`."""
    if isinstance(frame, float):
        return f"the frame at {frame:g} s"
    return _cut(f"the frame at {frame} s" if isinstance(frame, int) else f"the {frame} frame")


def describe_pictures(old: Pictures, new: Pictures, key: str, *, is_exact: bool = False) -> str:
    """How the files and frames under a key of both payloads differ, in words.

    With `is_exact`, takes are not named, so that the same change in several gives the same text.
    """
    pairs = _pairs((key,), old.payload[key], new.payload[key])
    if pairs is None:
        before, after = (picture_text(one, key) for one in (old, new))
        return f"{before} to {after}" if before != after else "another picture"
    found = (_describe(at, a, b, old, new, is_exact=is_exact) for at, a, b in pairs)
    return " and ".join(dict.fromkeys(found))


def picture_texts(old: Pictures, new: Pictures, key: str) -> tuple[str, str]:
    """What is under a key of both payloads, in words that differ; empty where it is not set.

    If both name the same takes, these make other requests, so their videos differ.
    """
    values = old.payload[key], new.payload[key]
    before, after = (
        "" if one.payload[key] is None else picture_text(one, key) for one in (old, new)
    )
    if values[0] == values[1]:
        takes = (new.take_of(at, one) for at, one in find_contents({key: values[1]}))
        return before, f"another video of {' or '.join(filter(None, takes))}"
    return before, describe_pictures(old, new, key) if before == after else after


def picture_text(one: Pictures, key: str) -> str:
    """What is under a key of a payload, in words."""
    return _text(one.payload[key], (key,), one.words)


def _text(value: Json, at: At, words: Callable[[At, Any], str]) -> str:
    named = {at: value} if not isinstance(value, list | Mapping) else dict(find_contents(value, at))
    if list(named) == [at]:
        return words(at, value)
    if isinstance(value, list):
        return ", ".join(_text(item, (*at, index), words) for index, item in enumerate(value))
    in_words = {found: words(found, one) for found, one in named.items()}
    [readable] = with_values({str(at[0]): value}, in_words).values()
    return _cut(json.dumps(readable, ensure_ascii=False))


def _pairs(at: At, old: Any, new: Any) -> list[tuple[At, Any, Any]] | None:
    """Each place in which both have another picture; None if they differ in something else."""
    if old == new:
        return []
    if _is_picture(old) and _is_picture(new):
        return [(at, old, new)]
    if not (isinstance(old, list) and isinstance(new, list) and len(old) == len(new)):
        return None
    found = [_pairs((*at, n), a, b) for n, (a, b) in enumerate(zip(old, new, strict=True))]
    if None in found:
        return None
    return [pair for pairs in found for pair in pairs or ()]


def _is_picture(value: Any) -> bool:
    return isinstance(value, str) or (
        isinstance(value, Mapping) and next(find_contents(value), (None,))[0] == ()
    )


def _describe(at: At, a: Any, b: Any, old: Pictures, new: Pictures, *, is_exact: bool) -> str:
    kinds = [_kind(one) for one in (a, b)]
    if kinds == ["file", "file"]:
        path, before = new.path_of(at), old.path_of(at)
        if path and before and path != before:
            return f"{_cut(before)} to {_cut(path)}"
        return f"another picture in {_cut(path)}" if path else "another picture"
    if kinds == ["frame", "frame"]:
        return _describe_frames(at, a, b, old, new, is_exact=is_exact)
    return f"{old.words(at, a)} to {new.words(at, b)}"


def _describe_frames(
    at: At,
    a: Mapping[str, Any],
    b: Mapping[str, Any],
    old: Pictures,
    new: Pictures,
    *,
    is_exact: bool,
) -> str:
    take, before = new.take_of(at, b), old.take_of(at, a)
    if take and before and take != before:
        return f"{old.words(at, a)} to {new.words(at, b)}"
    of = f" of {take}" if take and not is_exact else ""
    if a["frame"] == b["frame"]:
        return f"another video{of}"
    if a.get("video") == b.get("video"):
        return f"another frame, {frame_words(b['frame'])}{of}"
    return f"{frame_words(b['frame'])} of another video{of}"


def _kind(value: Any) -> str:
    if not isinstance(value, Mapping):
        return "address"
    return "frame" if "frame" in value else "file"


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_LENGTH else f"{text[: _MAX_LENGTH - 1]}…"
