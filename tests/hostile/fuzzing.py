"""Damaged copies of sound files, for the readers of whatever comes from outside.

STORYBOARD_FUZZ=100 pytest tests/hostile    # a hundred times as many as usual
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

Test = TypeVar("Test", bound=Callable[..., None])

PIECES = (
    b"\0", b"\xff", b"\x1b[2J", b"\r\n", b"\n", b"\t", b" " * 300, b"{", b"[" * 200, b"]", b"}",
    b'"', b"'", b":", b"- ", b"&a ", b"*a", b"<<: *a", b"!!python/object:os.system x", b"{{ x }}",
    b"{% for i in range(9) %}", b"../../x", b"9" * 400, b"1e999", b"NaN", b"null", b"\\ud800",
    b"\xf0\x9f\x98\x80", b"\xef\xbb\xbf", b"-1", b"\xff\xff\xff\xff", b"\x80\x00\x00\x00",
)  # fmt: skip
"""What damage is made of: the odd corners of YAML, JSON, tables, templates and binary counts."""


def hostile_examples(count: int) -> int:
    """`count`, or so many times more as STORYBOARD_FUZZ says."""
    return count * int(os.environ.get("STORYBOARD_FUZZ", "1"))


def fuzz(count: int) -> Callable[[Test], Test]:
    """The settings of a fuzz test: `count` examples in an ordinary run."""
    return settings(
        max_examples=hostile_examples(count),
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


_COUNTS = st.integers(0, 4)
_PIECES = st.sampled_from(PIECES) | st.binary(max_size=8)
_SIZES = st.integers(0, 40)
_KINDS = st.sampled_from(("insert", "cut", "overwrite", "repeat", "end"))


@st.composite
def damaged(draw: st.DrawFn, sound: bytes) -> bytes:
    """A sound file with a few pieces cut out, put in, repeated or overwritten."""
    data = sound
    for _ in range(draw(_COUNTS)):
        at = draw(st.integers(0, len(data)))
        piece = draw(_PIECES)
        size = draw(_SIZES)
        kind = draw(_KINDS)
        if kind == "insert":
            data = data[:at] + piece + data[at:]
        elif kind == "cut":
            data = data[:at] + data[at + size :]
        elif kind == "overwrite":
            data = data[:at] + piece + data[at + len(piece) :]
        elif kind == "repeat":
            data = data[: at + size] + data[at : at + size] * 3 + data[at + size :]
        else:
            data = data[:at]
    return data
