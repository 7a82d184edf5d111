"""Measures pictures: a few child processes decode all of them, and one bad picture harms no other.

Starting a child takes 150 ms, so each gets many pictures. What has been measured is remembered by
content for as long as the program runs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

from storyboard.child_process import run_child
from storyboard.language.pictures.formats import PICTURES, describe_kind, format_of

_CHILD = Path(__file__).with_name("child.py")
_BATCH = 32  # some seconds of work, far from what stops a child
_BATCH_BYTES = 16 << 20
_MAX_STOPPED = 3
_MAX_REMEMBERED = 100_000


class Picture(NamedTuple):
    """A picture after decoding all of it; width and height in pixels, as it is stored.

    `is_turned` means that its EXIF data asks for it to be turned or mirrored when it is shown.
    """

    format: str
    size_bytes: int
    width: int
    height: int
    frames: int = 1
    is_turned: bool = False


class NoPicture(NamedTuple):
    """A content that could not be measured, and a clause that says why."""

    words: str


Measured: TypeAlias = Picture | NoPicture

BROKEN = NoPicture("cannot be decoded as a picture")
COSTLY = NoPicture("takes too much time or memory to decode")
CHANGED = NoPicture("was changed or removed while it was being read")
UNCHECKED = NoPicture(f"was not checked, because {_MAX_STOPPED} other pictures cannot be decoded")

_REMEMBERED: dict[str, Measured] = {}


def measure(content: bytes) -> Measured:
    """Return what is known of one picture; asks one child process."""
    key = hashlib.sha256(content).hexdigest()
    return measure_all([key], lambda _: content)[key]


def measure_all(
    keys: Iterable[str], content_of: Callable[[str], bytes | None]
) -> Mapping[str, Measured]:
    """Return what is known of each picture, by the sha256 of its content.

    `content_of` returns a content, or None if it is not there any more. Only a few contents are in
    memory at a time.
    """
    keys = set(keys)
    found = {key: _REMEMBERED[key] for key in keys & _REMEMBERED.keys()}
    stopped = 0
    for batch in _batches(_decodable(sorted(keys - found.keys()), content_of, found)):
        stopped = _measure_batch(batch, found, stopped)
    new = {key: one for key, one in found.items() if one not in (CHANGED, UNCHECKED)}
    if len(_REMEMBERED) + len(new) <= _MAX_REMEMBERED:
        _REMEMBERED.update(new)
    return found


def _decodable(
    keys: Iterable[str], content_of: Callable[[str], bytes | None], found: dict[str, Measured]
) -> Iterator[tuple[str, bytes]]:
    """Yield the contents that begin as a picture does; what the others are goes into `found`."""
    for key in keys:
        content = content_of(key)
        if content is None:
            found[key] = CHANGED
        elif format_of(content) is None:
            found[key] = NoPicture(f"is {describe_kind(content)}")
        else:
            yield key, content


def _batches(contents: Iterable[tuple[str, bytes]]) -> Iterator[list[tuple[str, bytes]]]:
    batch: list[tuple[str, bytes]] = []
    size_bytes = 0
    for key, content in contents:
        batch.append((key, content))
        size_bytes += len(content)
        if len(batch) >= _BATCH or size_bytes >= _BATCH_BYTES:
            yield batch
            batch, size_bytes = [], 0
    if batch:
        yield batch


def _measure_batch(
    left: Sequence[tuple[str, bytes]], found: dict[str, Measured], stopped: int
) -> int:
    """Measure pictures into `found`; return how many have stopped a child so far.

    A picture that stops a child gets another one to itself, whose time is its own.
    """
    while left and stopped < _MAX_STOPPED:
        answered = _ask(left, found)
        if answered < len(left):
            stopper = left[answered : answered + 1]
            if len(left) == 1 or not _ask(stopper, found):
                found[stopper[0][0]] = COSTLY
                stopped += 1
        left = left[answered + 1 :]
    found.update((key, UNCHECKED) for key, _ in left)
    return stopped


def _ask(pictures: Sequence[tuple[str, bytes]], found: dict[str, Measured]) -> int:
    """Measure pictures by one child process; return how many it came to before it stopped."""
    framed = (len(content).to_bytes(8, "big") + content for _, content in pictures)
    lines = run_child(_CHILD, b"".join(framed)).split(b"\n")[:-1]
    answers = [
        _read(line, len(content)) for line, (_, content) in zip(lines, pictures, strict=False)
    ]
    found.update((key, answer) for (key, _), answer in zip(pictures, answers, strict=False))
    return len(answers)


def _read(line: bytes, size_bytes: int) -> Measured:
    try:
        answer = json.loads(line)
    except ValueError:
        return BROKEN
    match answer:
        case {
            "format": str(format_),
            "width": int(width),
            "height": int(height),
            "frames": int(frames),
            "is_turned": bool(is_turned),
        } if format_ in PICTURES and width > 0 and height > 0:
            return Picture(format_, size_bytes, width, height, frames, is_turned)
        case {"error": "large", "width": int(width), "height": int(height)}:
            return NoPicture(f"has {width:,} x {height:,} pixels, more than any model takes")
    return BROKEN
