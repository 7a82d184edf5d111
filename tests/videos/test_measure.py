"""Measures taken from real files, made on the spot, and from files that are none."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import pytest

from storyboard.errors import NotAVideo
from storyboard.videos.measure import Measures, check_plausible, measure_video
from storyboard.videos.mp4 import find_damage

av = pytest.importorskip("av", reason="the films for these tests are made with PyAV")


def make_film(
    path: Path, *, frames: int = 30, fps: int = 30, options: dict[str, str] | None = None
) -> Path:
    """A small film of 64 by 48 pixels."""
    with av.open(str(path), "w", options=options or {}) as container:
        codec = "libvpx" if path.suffix == ".webm" else "libx264"
        stream = container.add_stream(codec, rate=fps)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(frames):
            frame = av.VideoFrame(64, 48, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes([number * 3 % 255]) * plane.buffer_size)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def make_sound(path: Path) -> Path:
    """An MP4 with a sound track and no picture."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        frame = av.AudioFrame(format="fltp", layout=stream.layout.name, samples=1024)
        frame.sample_rate = 44100
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return make_film(tmp_path_factory.mktemp("film") / "film.mp4").read_bytes()


def complaint(path: Path) -> str:
    with pytest.raises(NotAVideo) as caught:
        measure_video(path)
    return str(caught.value)


def box(kind: bytes, body: bytes = b"", *, size: int | None = None) -> bytes:
    return struct.pack(">I4s", len(body) + 8 if size is None else size, kind) + body


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_a_film_is_measured_from_the_file(tmp_path: Path) -> None:
    film = make_film(tmp_path / "ä film.mp4", frames=48, fps=24)

    assert measure_video(film) == Measures(width=64, height=48, duration_s=2.0, fps=24.0)


@pytest.mark.parametrize("movflags", ["faststart", "frag_keyframe+empty_moov+default_base_moof"])
def test_the_index_may_come_first_or_in_fragments(tmp_path: Path, movflags: str) -> None:
    film = make_film(tmp_path / "film.mp4", options={"movflags": movflags})

    measures = measure_video(film)

    assert (measures.width, measures.height) == (64, 48)


def test_a_temporary_name_and_webm_are_measured_too(tmp_path: Path, film: bytes) -> None:
    assert measure_video(written(tmp_path / "clip.mp4.part", film)).duration_s == 1.0
    assert measure_video(make_film(tmp_path / "film.webm")).duration_s == 1.0


def test_where_no_process_can_be_started_only_completeness_is_checked(
    tmp_path: Path, film: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nothing"))
    assert measure_video(written(tmp_path / "film.mp4", film)) == Measures()
    assert "cut off" in complaint(written(tmp_path / "cut.mp4", film[:-9]))


def test_every_shortening_of_a_film_is_noticed(tmp_path: Path, film: bytes) -> None:
    path = tmp_path / "cut.mp4"
    for length in range(8, len(film), 97):
        path.write_bytes(film[:length])
        assert complaint(path).startswith("The file is not a valid video: it is cut off: ")


def test_a_film_cut_before_its_index_says_so(tmp_path: Path, film: bytes) -> None:
    start = film.index(b"moov") - 4

    assert complaint(written(tmp_path / "cut.mp4", film[:start])) == (
        "The file is not a valid video: it is cut off: the index (moov) is missing."
    )
    assert complaint(written(tmp_path / "cut.mp4", film[:-1])) == (
        "The file is not a valid video: it is cut off: "
        f"{len(film) - 1} bytes, at least {len(film)} expected."
    )


def test_padding_after_a_whole_film_does_no_harm(tmp_path: Path, film: bytes) -> None:
    assert measure_video(written(tmp_path / "film.mp4", film + bytes(100))).width == 64
    assert measure_video(written(tmp_path / "film.mp4", film + b"\x00")).width == 64


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it is empty."),
        (b"<!DOCTYPE html><html></html>", "it has no picture track."),
        (b"\x1a\x45\xdf\xa3" + b"x" * 100, "it has no picture track."),
        (box(b"ftyp", b"isom" * 3), "it is cut off: the index (moov) is missing."),
        (box(b"ftyp", b"isom" * 3) + box(b"moov", b"x" * 20), "it contains no pictures (mdat)."),
        (box(b"ftyp", b"isom" * 3) + box(b"moov", size=7), "its structure is damaged."),
        (
            box(b"ftyp", b"isom" * 3) + box(b"moov", b"x" * 20) + box(b"mdat", b"x" * 20),
            "it has no picture track.",
        ),
        (
            box(b"ftyp", b"isom" * 3) + box(b"mdat", struct.pack(">Q", 2**63), size=1),
            f"it is cut off: 36 bytes, at least {2**63 + 20} expected.",
        ),
    ],
)
def test_what_is_no_film_says_why(tmp_path: Path, content: bytes, message: str) -> None:
    assert complaint(written(tmp_path / "x.mp4", content)) == (
        f"The file is not a valid video: {message}"
    )


def test_a_file_of_endless_small_boxes_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storyboard.videos.mp4.MAX_BOXES", 10)
    path = written(tmp_path / "x.mp4", box(b"ftyp", b"isom" * 3) + box(b"free") * 20)

    assert find_damage(path) == "its structure is damaged"


def test_a_file_with_sound_alone_is_not_a_video(tmp_path: Path) -> None:
    assert complaint(make_sound(tmp_path / "sound.mp4")) == (
        "The file is not a valid video: it has no picture track."
    )


def child(answer: str) -> str:
    """A program that says `answer` in place of the one that measures."""
    return f"import sys; sys.stdout.write({answer!r})"


def test_without_the_library_a_whole_file_passes_unmeasured(
    tmp_path: Path, film: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "film.mp4", film)
    program = written(tmp_path / "child.py", child('{"problem": "there is no library"}').encode())
    monkeypatch.setattr("storyboard.videos.measure._CHILD", program)

    assert measure_video(path) == Measures()
    assert "cut off" in complaint(written(path, film[:-1]))


@pytest.mark.parametrize("answer", ["", "{", "null", "[]", '{"tracks": 1}', '{"tracks": [1]}'])
def test_a_child_process_that_ends_without_an_answer_condemns_the_file(
    answer: str, tmp_path: Path, film: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "storyboard.videos.measure._CHILD", written(tmp_path / "child.py", child(answer).encode())
    )
    found = complaint(written(tmp_path / "film.mp4", film))
    assert found == ("The file is not a valid video: measuring it takes more than 5 s or 1024 MB.")


def test_the_child_process_does_not_find_the_key_in_its_environment(
    tmp_path: Path, film: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELLIX_API_KEY", "mdlx-marked-key")
    seen = tmp_path / "environment"
    program = f"import os, pathlib; pathlib.Path({str(seen)!r}).write_text(str(os.environ))"
    program += "\n" + child('{"problem": "none"}')
    monkeypatch.setattr(
        "storyboard.videos.measure._CHILD", written(tmp_path / "child.py", program.encode())
    )
    measure_video(written(tmp_path / "film.mp4", film))
    assert "mdlx-marked-key" not in seen.read_text()
    assert "HOME" in seen.read_text()


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(5.0, 5), (5.04, 5), (4.0, 5), (6.25, 5), (2.9, 2), (12.0, 15), (None, 5), (5.0, None)],
)
def test_a_video_of_about_the_length_asked_for_is_plausible(
    seconds: float | None, expected: float | None
) -> None:
    check_plausible(Measures(duration_s=seconds), expected)


@pytest.mark.parametrize(("seconds", "expected"), [(0.9, 2), (6.3, 5), (3.7, 5), (11.0, 15)])
def test_a_video_of_another_length_is_not(seconds: float, expected: float) -> None:
    with pytest.raises(NotAVideo) as caught:
        check_plausible(Measures(duration_s=seconds), expected)

    assert str(caught.value) == (
        f"The video is {seconds:g} s long, but {expected:g} s were requested."
    )
