"""Checks that an MP4 file is complete by walking over its outermost boxes.

In a truncated file a box reaches past the end, or the index is missing.
Source: ISO/IEC 14496-12, section 4.2: size (32 bits), type, and a 64-bit size
if the first is 1; 0 means "to the end of the file".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

MAX_BOXES = 100_000  # a long fragmented film has a few thousand


def find_damage(path: Path) -> str | None:
    """What is wrong with the file, as a clause; None for a complete MP4 or another format."""
    with path.open("rb") as file:
        size_bytes = path.stat().st_size
        if size_bytes == 0:
            return "it is empty"
        if file.read(12)[4:8] != b"ftyp":
            return None
        seen: set[bytes] = set()
        for kind, end in _boxes(file, size_bytes):
            if end is None:
                # Padding after the last box does no harm.
                return None if {b"moov", b"mdat"} <= seen else "its structure is damaged"
            if end > size_bytes:
                return f"it is cut off: {size_bytes} bytes, at least {end} expected"
            seen.add(kind)
    if b"moov" not in seen:
        return "it is cut off: the index (moov) is missing"
    return None if b"mdat" in seen else "it contains no pictures (mdat)"


def _boxes(file: BinaryIO, size_bytes: int) -> Iterator[tuple[bytes, int | None]]:
    """The type and end of each outermost box; the end is None if the size makes no sense."""
    start = 0
    for _ in range(MAX_BOXES):
        if start >= size_bytes:
            return
        file.seek(start)
        head = file.read(16)
        if len(head) < 8:
            yield b"", None
            return
        length, kind = struct.unpack(">I4s", head[:8])
        head_bytes = 8
        if length == 1 and len(head) == 16:
            (length,), head_bytes = struct.unpack(">Q", head[8:]), 16
        elif length == 0:
            length = size_bytes - start
        if length < head_bytes:
            yield kind, None
            return
        yield kind, start + length
        start += length
    yield b"", None
