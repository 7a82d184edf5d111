"""Frames as pictures, taken in a process of its own, and what is said where there are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.errors import NoFrame
from storyboard.media import Frame
from storyboard.videos.frame import extract_frame
from tests.videos.test_measure import child, make_film, written


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_film(tmp_path_factory.mktemp("film") / "film.mp4")


def complaint(path: Path, frame: Frame) -> str:
    with pytest.raises(NoFrame) as caught:
        extract_frame(path, frame)
    return str(caught.value)


def answering(program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "child.py", program.encode())
    monkeypatch.setattr("storyboard.videos.frame._CHILD", path)


def test_the_same_video_gives_the_same_picture_each_time(film: Path) -> None:
    first, last = extract_frame(film, "first"), extract_frame(film, "last")
    assert first != last == extract_frame(film, "last")
    assert first[:4] == last[:4] == b"\x89PNG"


def test_a_time_beyond_the_end_is_told_with_the_length(film: Path) -> None:
    assert complaint(film, 1.5) == "the video is 1 s long, so it has no frame at 1.5 s"


def test_a_file_that_is_no_video_is_told(tmp_path: Path) -> None:
    path = written(tmp_path / "film.mp4", b"\0\0\0\x14ftypisom\0\0\0\0isom\0\0\0\x08moov")
    assert complaint(path, "last") == "no picture can be decoded from the video"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (
            '{"problem": "not installed"}',
            "taking a frame from a video needs PyAV and Pillow; install them with: "
            "pip install 'storyboard-render[media]'",
        ),
        (
            '{"problem": "too large", "size_bytes": 20000000}',
            "the frame has 20,000,000 bytes as a PNG, more than 16,777,216, "
            "the most that can be uploaded",
        ),
    ],
)
def test_what_the_child_process_finds_is_told_in_words(
    answer: str, expected: str, tmp_path: Path, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(child(answer), tmp_path, monkeypatch)
    assert complaint(film, "last") == expected


@pytest.mark.parametrize("answer", ["", "{", "[]", "\\x89PNG\\r\\n\\x1a\\nhalf a picture"])
def test_a_child_process_that_is_stopped_gives_no_picture(
    answer: str, tmp_path: Path, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = f"import sys; sys.stdout.buffer.write(b'{answer}')"
    answering(program, tmp_path, monkeypatch)
    expected = "taking a frame from the video takes more than 30 s or 1024 MB"
    assert complaint(film, "last") == expected


def test_a_missing_file_is_an_error_of_the_disk(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        extract_frame(tmp_path / "none.mp4", "last")
