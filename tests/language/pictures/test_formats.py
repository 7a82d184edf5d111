"""What a file is, from how it begins."""

from __future__ import annotations

import pytest

from storyboard.language.pictures.formats import describe_kind, format_of
from tests.language.pictures.made import png


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (png(1, 1), "png"),
        (b"\xff\xd8\xff\xe0rest", "jpeg"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "webp"),
        (b"RIFF\0\0\0\0WAVEfmt ", None),
        (b"\x89PNG", None),
        (b"", None),
    ],
)
def test_the_content_says_the_format_whatever_the_name(content: bytes, expected: str) -> None:
    assert format_of(content) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"GIF89a", "a GIF"),
        (b"II*\0", "a TIFF"),
        (b"RIFF\0\0\0\0WAVEfmt ", "a sound"),
        (b"RIFF\0\0\0\0AVI LIST", "a video"),
        (b"\0\0\0\x18ftypavif", "an AVIF"),
        (b"\0\0\0\x18ftypheic", "a HEIC"),
        (b"\0\0\0\x18ftypM4A ", "a sound"),
        (b"\0\0\0\x18ftypisom", "a video"),
        (b"ID3\x04", "a sound"),
        (b"\xff\xfb\x90", "a sound"),
        (b"<svg xmlns", "an SVG drawing"),
        (b"hello", "not a picture"),
        (b"", "not a picture"),
    ],
)
def test_what_else_it_is_has_a_name(content: bytes, expected: str) -> None:
    assert describe_kind(content) == expected


def test_a_pointer_of_git_lfs_says_how_to_get_the_file() -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n"
    assert "git lfs pull" in describe_kind(pointer)
