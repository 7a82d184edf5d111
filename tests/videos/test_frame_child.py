"""Which frame is taken from a video, here without a process of its own."""

from __future__ import annotations

import io
import struct
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest

from storyboard.videos import frame_child
from storyboard.videos.frame_child import NoFrameFound, read_frame

av = pytest.importorskip("av", reason="the films for these tests are made with PyAV")

from PIL import Image  # noqa: E402 (as far as it is there)

FPS, FRAMES = 10, 30  # each frame is a little brighter than the one before
KINDS = ("one key frame.mp4", "key frames and b-frames.mp4", "fragments.mp4", "film.webm")


def make_film(path: Path, *, size: tuple[int, int] = (64, 48)) -> bytes:
    """A film of `FRAMES` frames, of which number N has the grey `N * 8`, coded as its name says."""
    coding = {"g": "7", "bf": "3"} if "b-frames" in path.stem else {}
    movflags = {"movflags": "frag_keyframe+empty_moov"} if path.stem == "fragments" else {}
    with av.open(str(path), "w", options=movflags) as container:
        codec = "libvpx" if path.suffix == ".webm" else "libx264"
        stream = container.add_stream(codec, rate=FPS, options=coding)
        (stream.width, stream.height), stream.pix_fmt = size, "yuv420p"
        for number in range(FRAMES):
            picture = Image.new("RGB", size, (number * 8,) * 3)
            container.mux(stream.encode(av.VideoFrame.from_image(picture)))
        container.mux(stream.encode())
    return path.read_bytes()


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("films")
    return {name: make_film(folder / name) for name in KINDS}


@pytest.fixture
def film(films: dict[str, bytes]) -> bytes:
    return films["key frames and b-frames.mp4"]


def picture_of(content: bytes, frame: str) -> Image.Image:
    return Image.open(io.BytesIO(read_frame(io.BytesIO(content), frame)))


def number_of(content: bytes, frame: str) -> int:
    """Which frame was taken, by its grey."""
    [grey, *_] = picture_of(content, frame).resize((1, 1)).getpixel((0, 0))
    return round(grey / 8)


def problem_of(content: bytes, frame: str) -> dict[str, Any]:
    with pytest.raises(NoFrameFound) as caught:
        read_frame(io.BytesIO(content), frame)
    return caught.value.document


class Coded(NamedTuple):
    """A coded frame: its number, and where it stands in the file."""

    number: int
    place: slice
    is_key: bool


def packets_of(content: bytes) -> list[Coded]:
    """The coded frames, in the order of decoding."""
    with av.open(io.BytesIO(content)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        numbers = {pts: number for number, pts in enumerate(sorted(one.pts for one in packets))}
        return [
            Coded(numbers[one.pts], slice(one.pos, one.pos + one.size), one.is_keyframe)
            for one in packets
        ]


def damaged(content: bytes, packets: Sequence[Coded]) -> bytes:
    """The film with nothing but zeros in place of some coded frames."""
    changed = bytearray(content)
    for _, place, _ in packets:
        changed[place] = bytes(place.stop - place.start)
    return bytes(changed)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("frame", "number"),
    [
        *(("first", 0), ("last", 29)),
        *(("0", 0), ("0.099", 0), ("0.1", 1), ("1.75", 17), ("2.9", 29), ("2.999", 29)),
    ],
)
def test_the_frame_is_the_one_that_is_shown_then(
    films: dict[str, bytes], kind: str, frame: str, number: int
) -> None:
    assert number_of(films[kind], frame) == number


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("time", ["3.0", "3.5", "99999", "1e30", "inf"])
def test_a_time_at_the_end_or_beyond_it_has_no_frame(
    films: dict[str, bytes], kind: str, time: str
) -> None:
    found = problem_of(films[kind], time)
    assert found["problem"] in ("beyond the end", "unreadable")
    if float(time) < 1e6:
        assert found == {"problem": "beyond the end", "length_s": pytest.approx(3.0)}


@pytest.mark.parametrize("kind", KINDS[:3])
@pytest.mark.parametrize("lost", [1, 4, 9, 29])
def test_the_last_frame_is_the_last_that_can_be_decoded(
    films: dict[str, bytes], kind: str, lost: int
) -> None:
    packets = packets_of(films[kind])
    sound = max(packet.number for packet in packets[:-lost])
    assert number_of(damaged(films[kind], packets[-lost:]), "last") == sound


def test_a_film_whose_last_key_frame_is_damaged_is_decoded_from_the_beginning(
    film: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []
    find = frame_child._find

    def spying(*args: Any, is_sought: bool) -> Any:
        tries.append(is_sought)
        return find(*args, is_sought=is_sought)

    monkeypatch.setattr(frame_child, "_find", spying)
    packets = packets_of(film)
    last_key = max(index for index, packet in enumerate(packets) if packet.is_key)
    assert (number_of(film, "last"), tries) == (29, [True])
    sound = max(packet.number for packet in packets[:last_key])
    assert 0 < sound == number_of(damaged(film, packets[last_key:]), "last")
    assert tries == [True, True, False]


def test_a_frame_of_which_a_part_is_made_up_is_not_the_last(tmp_path: Path) -> None:
    path, random = tmp_path / "noise.mp4", Random(1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(3):
            noise = Image.frombytes("RGB", (64, 48), random.randbytes(64 * 48 * 3))
            container.mux(stream.encode(av.VideoFrame.from_image(noise)))
        container.mux(stream.encode())
    content = bytearray(path.read_bytes())
    place = packets_of(bytes(content))[-1].place
    end = slice(place.stop - (place.stop - place.start) // 10, place.stop)
    content[end] = bytes(end.stop - end.start)  # the decoder fills this in from elsewhere
    assert picture_of(bytes(content), "last") == picture_of(path.read_bytes(), "0.1")


def test_a_length_that_the_file_states_wrongly_changes_nothing(film: bytes) -> None:
    for box, at in ((b"mdhd", 16), (b"mvhd", 16), (b"tkhd", 24)):
        start = film.index(box) + 4 + at
        for length in (0, 1, 2**32 - 1):
            changed = film[:start] + struct.pack(">I", length) + film[start + 4 :]
            assert number_of(changed, "last") == 29
            assert number_of(changed, "1.2") == 12


def test_a_video_is_turned_as_it_is_shown(tmp_path: Path) -> None:
    content = bytearray(make_film(tmp_path / "film.mp4"))
    matrix = content.index(b"tkhd") + 4 + 40
    one, none, unit = 1 << 16, 0, 1 << 30
    for turned, size in {
        (none, one, none, -one, none, none): (48, 64),
        (none, -one, none, one, none, none): (48, 64),
        (-one, none, none, none, -one, none): (64, 48),
    }.items():
        content[matrix : matrix + 36] = struct.pack(">9i", *turned, none, none, unit)
        assert picture_of(bytes(content), "last").size == size


def test_a_picture_stands_upright_after_the_turn(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        picture = Image.new("RGB", (64, 48))
        picture.paste("white", (0, 0, 64, 24))  # white above
        container.mux(stream.encode(av.VideoFrame.from_image(picture)))
        container.mux(stream.encode())
    content = bytearray(path.read_bytes())
    matrix = content.index(b"tkhd") + 4 + 40
    # A quarter turn clockwise: what is above comes to the right.
    content[matrix : matrix + 36] = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30)
    shown = picture_of(bytes(content), "first").convert("L")
    assert shown.getpixel((40, 32)) > 200
    assert shown.getpixel((8, 32)) < 50


def test_a_colour_comes_back_as_it_went_in(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    colour = (200, 30, 60)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"crf": "1"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_image(Image.new("RGB", (64, 48), colour))))
        container.mux(stream.encode())
    found = picture_of(path.read_bytes(), "first").getpixel((30, 20))
    assert all(abs(one - other) <= 1 for one, other in zip(found, colour, strict=True))


@pytest.mark.parametrize("name", ["list.m3u8", "list.txt"])
def test_a_list_of_files_opens_none_of_them(tmp_path: Path, name: str) -> None:
    film = tmp_path / "film.mp4"
    make_film(film)
    lists = {
        "list.m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{film.as_uri()}\n"
        "#EXT-X-ENDLIST\n",
        "list.txt": f"ffconcat version 1.0\nfile {film}\n",
    }
    path = tmp_path / name
    path.write_text(lists[name])
    with path.open("rb") as file, pytest.raises(NoFrameFound, match="unreadable"):
        read_frame(file, "last")


@pytest.mark.parametrize("content", [b"", b"\0" * 64, b"RIFF", b"\x1a\x45\xdf\xa3" * 9])
def test_what_is_no_video_is_unreadable(content: bytes) -> None:
    for frame in ("first", "last", "1"):
        assert problem_of(content, frame) == {"problem": "unreadable"}


def test_a_film_of_which_nothing_can_be_decoded_is_unreadable(film: bytes) -> None:
    assert problem_of(damaged(film, packets_of(film)), "last") == {"problem": "unreadable"}
    assert problem_of(film[:200], "last") == {"problem": "unreadable"}


def test_a_picture_that_is_too_large_to_be_uploaded_is_told(
    film: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = len(read_frame(io.BytesIO(film), "last"))
    monkeypatch.setattr(frame_child, "MAX_PNG_BYTES", size - 1)
    assert problem_of(film, "last") == {"problem": "too large", "size_bytes": size}


@pytest.mark.parametrize("library", ["av", "PIL"])
def test_a_library_that_is_not_installed_is_told(
    film: bytes, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    assert problem_of(film, "last") == {"problem": "not installed"}
