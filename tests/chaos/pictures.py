"""Pictures that cost nothing to make, and what the server keeps of them.

A frame is a picture made of the sha256 of its video, so a test can tell whose frame was sent.
"""

from __future__ import annotations

import hashlib
import struct
import time
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

from storyboard.language.pictures import child, measure
from storyboard.sandbox import inputs
from storyboard.sandbox.clips.pictures import Decoded, Source, Unreadable
from storyboard.sandbox.uploads import Upload, Uploads
from storyboard.videos import frame

_WIDTH, _HEIGHT = 320, 240  # more than 64 KB, which would go into the request itself


def make_picture(content: bytes) -> bytes:
    """A PNG that repeats `content`, uncompressed, so that different contents differ."""
    row = (content * _WIDTH)[:_WIDTH]
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress((b"\0" + row) * _HEIGHT, 0)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def frame_of(video_sha256: str) -> bytes:
    """The frame that `read_pictures_here` takes from a video."""
    return make_picture(bytes.fromhex(video_sha256))


def read_pictures_here() -> None:
    """Lets this process take frames and decode pictures itself: none of them is hostile."""

    def take(program: Path, content: Any, *arguments: str) -> bytes:
        return frame_of(hashlib.sha256(content.read()).hexdigest())

    def decode(program: Path, content: Any, *arguments: str) -> bytes:
        output = BytesIO()
        child.answer(BytesIO(content), output)
        return output.getvalue()

    frame.run_child = take  # type: ignore[attr-defined]
    measure.run_child = decode  # type: ignore[attr-defined]


class KeptFiles:
    """The files that the server keeps of its clients, and what has become of them."""

    def __init__(self) -> None:
        self.digests: dict[str, str] = {}  # of those that are there, by id
        self.deleted: list[tuple[float, str]] = []  # when, in seconds since 1970, and which
        self.uploaded = Counter[str]()  # how often, by sha256
        self.twice: list[str] = []  # contents that came while they were there

    def add(self, file_id: str, sha256: str) -> None:
        """Notes a file that has arrived."""
        if sha256 in self.digests.values():
            self.twice.append(sha256)
        self.digests[file_id] = sha256
        self.uploaded[sha256] += 1

    def remove(self, file_id: str) -> None:
        """Notes a file that was deleted."""
        del self.digests[file_id]
        self.deleted.append((time.time(), file_id))


@contextmanager
def kept_files() -> Iterator[KeptFiles]:
    """What the sandboxes of this process keep; they decode no picture for their clips."""
    kept, add, remove = KeptFiles(), Uploads.add, Uploads.remove

    def add_noted(self: Uploads, slot: object, filename: str, content: bytes) -> Upload:
        upload = add(self, slot, filename, content)
        kept.add(upload.id, hashlib.sha256(content).hexdigest())
        return upload

    def remove_noted(self: Uploads, ident: str) -> None:
        remove(self, ident)
        kept.remove(ident)

    with (
        patch.object(Uploads, "add", add_noted),
        patch.object(Uploads, "remove", remove_noted),
        patch.object(inputs, "decode_pictures", _decode_nothing),
    ):
        yield kept


def _decode_nothing(sources: Sequence[Source], size_px: tuple[int, int], **_: Any) -> Decoded:
    for number, source in enumerate(sources):
        if not source.content:
            raise Unreadable(number)
    return Decoded(size_px, b"[]\n")
