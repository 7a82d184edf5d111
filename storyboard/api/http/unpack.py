"""Decompresses the body of a reply if it is compressed; pure.

Only the bytes decide. Content-Encoding may name a compression that was undone on
the way, a word that is not a compression (`aws-chunked`, `UTF-8`, `none`), or the
actual encoding.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

SIGN_BYTES = 3
"""How many bytes `is_packed` needs."""

_GZIP = b"\x1f\x8b\x08"
_DEFLATE = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_PIECE_BYTES = 256 * 1024


class CutOff(ValueError):
    """A compressed body ended too early or is damaged."""


def is_packed(start: bytes) -> bool:
    """Whether a body starting with these bytes is gzip or deflate."""
    return start.startswith((_GZIP, *_DEFLATE))


def unpacked(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The content of a compressed body, in pieces of bounded size; the caller limits the total.

    Raises:
        CutOff: the body ended too early or is damaged.
    """
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)  # detects either format by its first bytes
    for chunk in chunks:
        left = chunk
        while left and not unpacker.eof:
            try:
                piece = unpacker.decompress(left, _PIECE_BYTES)
            except zlib.error:
                raise CutOff from None
            left = unpacker.unconsumed_tail
            if piece:
                yield piece
    if rest := unpacker.flush():
        yield rest
    if not unpacker.eof:
        raise CutOff
