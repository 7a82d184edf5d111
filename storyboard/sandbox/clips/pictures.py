"""The pictures in a clip, decoded to pixels by a child process, since the files are untrusted.

The pixels are stored in one file for each clip until it is drawn.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import NamedTuple

from storyboard.child_process import run_child
from storyboard.models.words import FIRST_FRAME, LAST_FRAME, REFERENCES
from storyboard.sandbox.checks import parse_json

ROLES = (FIRST_FRAME, LAST_FRAME, REFERENCES)
"""The common words whose pictures a clip contains."""

MAX_REFERENCES = 12
"""The most reference pictures in a clip; no model takes more."""

_THUMBNAIL = 0.22  # its longer side, in parts of the frame's shorter side
_GAP = 0.2  # between thumbnails, in parts of one
_SHARE = 0.9  # of the frame's width, for all of them
_CHILD = Path(__file__).with_name("picture_child.py")


class Source(NamedTuple):
    """A file that should be a picture, and the common word that it was given for."""

    role: str
    content: bytes


class Picture(NamedTuple):
    """A picture in its role. `rgb` is three bytes for each pixel, row after row."""

    role: str
    width_px: int
    height_px: int
    rgb: bytes


class Decoded(NamedTuple):
    """The size of a clip, and its pictures for `pictures_from_bytes`."""

    size_px: tuple[int, int]
    content: bytes


class Unreadable(Exception):
    """A file is not a picture that can be decoded. `number` counts from 0.

    It is None if the pictures took too much memory or time, since any of them may have.
    """

    def __init__(self, number: int | None) -> None:
        super().__init__(number)
        self.number = number


_MAX_LATEST_BYTES = 32 << 20
_latest: dict[Hashable, Decoded] = {}  # by size, roles and contents; the least recent comes first
_lock = threading.Lock()


def decode_pictures(
    sources: Sequence[Source], size_px: tuple[int, int], *, follows: bool = False
) -> Decoded:
    """The pictures, scaled to their sizes in a clip of this size.

    Frames fill the clip; one of another ratio is cropped around its centre, as models do. If
    `follows` is set, the clip has the ratio of the first source and about as many pixels.
    References are thumbnails. The takes of a shot have the same pictures, so the latest are
    cached.

    Raises:
        Unreadable: one of them cannot be decoded within the limits of `picture_child`.
    """
    if not sources:
        return Decoded(size_px, b"[]\n")
    digests = ((role, hashlib.sha256(content).hexdigest()) for role, content in sources)
    key = (size_px, follows, *digests)
    with _lock:
        found = _latest.pop(key, None)
    found = found or _decode(sources, size_px, follows=follows)
    with _lock:
        _latest[key] = found
        while sum(len(one.content) for one in _latest.values()) > _MAX_LATEST_BYTES:
            del _latest[next(iter(_latest))]
    return found


def _decode(sources: Sequence[Source], size_px: tuple[int, int], *, follows: bool) -> Decoded:
    references = sum(source.role == REFERENCES for source in sources)
    header = {
        "size": size_px,
        "follows": follows,
        "small": thumbnail_px(size_px, references),
        "pictures": [[role, len(content), role == REFERENCES] for role, content in sources],
    }
    contents = (source.content for source in sources)
    content = run_child(_CHILD, b"".join((json.dumps(header).encode(), b"\n", *contents)))
    if content.isdigit():
        raise Unreadable(int(content))
    try:
        if follows:
            size_px = _first_size(content)
        pictures_from_bytes(content, size_px)
    except ValueError:
        raise Unreadable(None) from None
    return Decoded(size_px, content)


def _first_size(content: bytes) -> tuple[int, int]:
    match parse_json(content.partition(b"\n")[0]):
        case [[str(), int(width), int(height)], *_]:
            return width, height
    raise ValueError("no size")


def thumbnail_px(size_px: tuple[int, int], count: int) -> int:
    """The longer side of each of `count` thumbnails in a clip of this size."""
    widest = _SHARE * size_px[0] / (max(1, count) * (1 + _GAP))
    return max(1, round(min(_THUMBNAIL * min(size_px), widest)))


def max_content_bytes(size_px: tuple[int, int]) -> int:
    """The size of the largest file of pictures for a clip of this size."""
    return 3 * size_px[0] * size_px[1] * (2 + MAX_REFERENCES) + 1000


def pictures_from_bytes(content: bytes, size_px: tuple[int, int]) -> tuple[Picture, ...]:
    """The pictures in what `decode_pictures` returned, checked because its file is untrusted.

    Raises:
        ValueError: these are not the pictures of a clip of this size.
    """
    head, _, pixels = content.partition(b"\n")
    rows = parse_json(head)
    found: list[Picture] = []
    for row in rows if isinstance(rows, list) else [rows]:
        match row:
            case [str(role), int(width), int(height)] if _fits(role, (width, height), size_px):
                end = 3 * width * height
                found.append(Picture(role, width, height, pixels[:end]))
                pixels = pixels[end:]
            case _:
                raise ValueError("not a picture of a clip")
    if pixels or any(len(one.rgb) != 3 * one.width_px * one.height_px for one in found):
        raise ValueError("the pictures have other sizes")
    return tuple(found)


def _fits(role: str, size: tuple[int, int], size_px: tuple[int, int]) -> bool:
    if role == REFERENCES:
        return 0 < size[0] <= size_px[0] and 0 < size[1] <= size_px[1]
    return role in ROLES and size == size_px
