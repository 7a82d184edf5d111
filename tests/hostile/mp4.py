"""Small MP4 files whose boxes state counts that no file of their size can hold."""

from __future__ import annotations

import struct


def box(kind: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I4s", len(body) + 8, kind) + body


def full_box(kind: bytes, body: bytes, *, flags: int = 0) -> bytes:
    """A box with a version, which is 0, and flags."""
    return box(kind, struct.pack(">I", flags) + body)


def fragmented_film(fragments: int, samples: int) -> bytes:
    """A film of 64 by 48 pixels; each fragment states `samples` samples and holds none."""
    head = box(b"ftyp", b"iso5\0\0\2\0iso5iso6mp41")
    return (
        head
        + box(b"moov", _header() + _track() + _defaults())
        + fragments * (_fragment(samples))
        + box(b"mdat", b"x" * 64)
    )


_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def _header() -> bytes:
    times = struct.pack(">IIIIIH", 0, 0, 1000, 5000, 0x10000, 0x100)
    return full_box(b"mvhd", times + bytes(10) + _MATRIX + bytes(24) + struct.pack(">I", 2))


def _track() -> bytes:
    times = struct.pack(">IIIII", 0, 0, 1, 0, 5000)
    size = struct.pack(">II", 64 << 16, 48 << 16)
    track = full_box(b"tkhd", times + bytes(16) + _MATRIX + size, flags=3)
    media = full_box(b"mdhd", struct.pack(">IIIIHH", 0, 0, 1000, 5000, 0x55C4, 0))
    handler = full_box(b"hdlr", struct.pack(">I4s", 0, b"vide") + bytes(12) + b"v\0")
    return box(b"trak", track + box(b"mdia", media + handler + _media_information()))


def _media_information() -> bytes:
    reference = full_box(b"dref", struct.pack(">I", 1) + full_box(b"url ", b"", flags=1))
    picture = bytes(6) + struct.pack(">H", 1) + bytes(16)
    picture += struct.pack(">HHIIIH", 64, 48, 0x480000, 0x480000, 0, 1) + bytes(32)
    description = full_box(
        b"stsd", struct.pack(">I", 1) + box(b"mp4v", picture + struct.pack(">Hh", 24, -1))
    )
    empty = b"".join(full_box(kind, bytes(4)) for kind in (b"stts", b"stsc", b"stco"))
    tables = box(b"stbl", description + empty + full_box(b"stsz", bytes(8)))
    return box(b"minf", full_box(b"vmhd", bytes(8), flags=1) + box(b"dinf", reference) + tables)


def _defaults() -> bytes:
    return box(b"mvex", full_box(b"trex", struct.pack(">IIIII", 1, 1, 1, 1, 0)))


def _fragment(samples: int) -> bytes:
    """With a default length and size for every sample, a run of them needs no table."""
    run = full_box(b"tfhd", struct.pack(">III", 1, 1, 1), flags=0x18)
    run += full_box(b"tfdt", bytes(4)) + full_box(b"trun", struct.pack(">I", samples))
    return box(b"moof", full_box(b"mfhd", struct.pack(">I", 1)) + box(b"traf", run))
