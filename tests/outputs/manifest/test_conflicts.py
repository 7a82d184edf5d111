"""Git's conflict markers, in each of its styles, as git itself writes them and as nobody should."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.outputs.manifest.conflicts import split_sides

STYLES = ["merge", "diff3", "zdiff3"]
LINES = st.lists(st.sampled_from([b'  "a": 1,\n', b'  "b": 2,\n', b"  },\n", b"{\n"]), max_size=8)


def merge_files(folder: Path, style: str, *texts: bytes, size: int = 7) -> bytes:
    """What git makes of ours, the base and theirs."""
    for name, text in zip(("ours", "base", "theirs"), texts, strict=True):
        (folder / name).write_bytes(text)
    options = ["--" + style] if style != "merge" else []
    command = ["git", "merge-file", "-p", *options, f"--marker-size={size}"]
    return subprocess.run(
        [*command, "ours", "base", "theirs"], cwd=folder, capture_output=True, check=False
    ).stdout


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("size", [7, 32])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_the_sides_are_what_git_merged(tmp_path: Path, style: str, size: int, end: bytes) -> None:
    base = [b"{", b"  1,", b"  2", b"}", b""]
    ours, theirs = ([*base[:2], b"  2,", line, *base[3:]] for line in (b"  ours", b"  theirs"))
    texts = [end.join(lines) for lines in (ours, base, theirs)]
    merged = merge_files(tmp_path, style, *texts, size=size)
    assert b"<" * size in merged
    assert split_sides(merged) == (texts[0], texts[2])


@given(ours=LINES, base=LINES, theirs=LINES)
def test_a_merge_that_touches_everything_gives_both_sides_back(
    tmp_path_factory: pytest.TempPathFactory,
    ours: list[bytes],
    base: list[bytes],
    theirs: list[bytes],
) -> None:
    parts = [b"<<<<<<< HEAD\n", *ours, b"||||||| base\n", *base, b"=======\n", *theirs]
    merged = b"".join([*parts, b">>>>>>> branch\n"])
    assert split_sides(merged) == (b"".join(ours), b"".join(theirs))


def test_a_file_without_markers_is_itself() -> None:
    data = b'{"prompt": "a <<<<<<< b ======= c >>>>>>> d |||||||"}\n'
    assert split_sides(data) == (data,)
    assert split_sides(b"") == (b"",)


def test_longer_markers_in_the_common_ancestor_are_its_own() -> None:
    inner = b"<<<<<<<<< one\nx\n=========\ny\n>>>>>>>>> two\n"
    outer = b"<<<<<<< HEAD\nours\n||||||| merged\n" + inner + b"=======\ntheirs\n>>>>>>> b\n"
    assert split_sides(outer) == (b"ours\n", b"theirs\n")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a\n=======\nb\n", "the git conflict marker on line 2 has no counterpart"),
        ("a\n>>>>>>> x\n", "the git conflict marker on line 2 has no counterpart"),
        ("<<<<<<< x\na\n>>>>>>> x\n", "the git conflict marker on line 3 has no counterpart"),
        ("<<<<<<< x\n<<<<<<< x\n", "the git conflict marker on line 2 has no counterpart"),
        ("<<<<<<< x\n=======\n=======\n", "the git conflict marker on line 3 has no counterpart"),
        ("a\n<<<<<<< x\nb\n", "the git conflict that begins on line 2 has no end"),
        ("<<<<<<< x\n=======\n", "the git conflict that begins on line 1 has no end"),
        ("<<<<<<< x\n||||||| y\n", "the git conflict that begins on line 1 has no end"),
    ],
)
def test_a_marker_without_its_counterpart_is_told_with_its_line(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match="git conflict") as caught:
        split_sides(text.encode())
    assert str(caught.value) == problem
