"""Pictures are decoded by few child processes, and a bad one harms no other."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path

import pytest

from storyboard.language.pictures import measure as module
from storyboard.language.pictures.child import MAX_PIXELS
from storyboard.language.pictures.child import measure as decode
from storyboard.language.pictures.limits import check_picture
from storyboard.language.pictures.measure import (
    BROKEN,
    CHANGED,
    COSTLY,
    UNCHECKED,
    Measured,
    NoPicture,
    Picture,
    measure_all,
)
from tests.language.pictures.made import chunk, png


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_REMEMBERED", {})


def broken_png() -> bytes:
    content = png(9, 9)
    return content[:33] + chunk(b"IDAT", b"no zlib stream") + chunk(b"IEND", b"")


def measured(*contents: bytes) -> list[Measured]:
    keys = [hashlib.sha256(content).hexdigest() for content in contents]
    found = measure_all(keys, dict(zip(keys, contents, strict=True)).get)
    return [found[key] for key in keys]


class Child:
    """Stands in for child processes: a content that begins with `stops` stops one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, stops: Sequence[bytes] = ()) -> None:
        self.asked: list[int] = []
        self._stops = stops
        monkeypatch.setattr(module, "run_child", self.run)

    def run(self, program: Path, content: bytes) -> bytes:
        lines, file = [], io.BytesIO(content)
        while length := file.read(8):
            one = file.read(int.from_bytes(length, "big"))
            if one in self._stops:
                break
            lines.append(
                b'{"format": "png", "width": 2, "height": 1, "frames": 1, "is_turned": false}\n'
            )
        self.asked.append(len(lines))
        return b"".join(lines) + b'{"form'


def test_a_child_measures_pictures_and_says_which_are_broken() -> None:
    good, cut = png(16, 9), broken_png()
    gif, none = b"GIF89a", b"text"
    assert measured(good, cut, gif, none, png(3, 2)) == [
        Picture("png", len(good), 16, 9),
        BROKEN,
        NoPicture("is a GIF"),
        NoPicture("is not a picture"),
        Picture("png", len(png(3, 2)), 3, 2),
    ]


def test_many_pictures_need_few_children(monkeypatch: pytest.MonkeyPatch) -> None:
    child = Child(monkeypatch)
    measured(*(png(2, 1, grey=grey) for grey in range(130)))
    assert child.asked == [32, 32, 32, 32, 2]
    measured(*(png(2, 1, grey=grey) for grey in range(130)))
    assert len(child.asked) == 5  # they are remembered


def test_a_picture_that_stops_the_child_harms_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    contents = sorted((png(2, 1, grey=grey) for grey in range(9)), key=_by_sha256)
    child = Child(monkeypatch, [contents[2]])
    found = measured(*contents)
    assert [one for one in found if not isinstance(one, Picture)] == [COSTLY]
    assert found[2] is COSTLY
    assert child.asked == [2, 0, 6]


def test_a_picture_that_stops_the_child_does_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A storyboard is read again for each variant, and for each repair that is tried."""
    bad = png(2, 1)
    child = Child(monkeypatch, [bad])
    assert [measured(bad), measured(bad)] == [[COSTLY], [COSTLY]]
    assert child.asked == [0]


def test_after_three_of_them_the_rest_is_not_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    contents = [png(2, 1, grey=grey) for grey in range(200)]
    child = Child(monkeypatch, contents)
    found = measured(*contents)
    assert found.count(COSTLY) == 3
    assert found.count(UNCHECKED) == 197
    assert len(child.asked) == 6


def _by_sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_a_content_that_is_gone_is_told() -> None:
    assert measure_all(["0" * 64], lambda key: None) == {"0" * 64: CHANGED}


@pytest.mark.parametrize(
    "line",
    [
        *(b"", b"[]", b"{}", b"null", b'{"format": "gif"}'),
        b'{"format": "gif", "width": 2, "height": 1, "frames": 1, "is_turned": false}',
        b'{"format": "png", "width": 0, "height": 1, "frames": 1, "is_turned": false}',
        b'{"format": "png", "width": "2", "height": 1, "frames": 1, "is_turned": false}',
    ],
)
def test_an_answer_that_makes_no_sense_is_no_picture(
    monkeypatch: pytest.MonkeyPatch, line: bytes
) -> None:
    monkeypatch.setattr(module, "run_child", lambda program, content: line + b"\n")
    assert measured(png(1, 1)) == [BROKEN]


# What the child does, in this process


def test_a_picture_that_states_too_many_pixels_is_not_decoded() -> None:
    bomb = png(100_000, MAX_PIXELS // 100_000 + 1, rows=1)
    assert decode(bomb) == {"error": "large", "width": 100_000, "height": 801}


@pytest.mark.parametrize(
    "content", [b"", b"\x89PNG\r\n\x1a\n", broken_png(), b"GIF89a" + bytes(99)]
)
def test_what_cannot_be_decoded_is_broken(content: bytes) -> None:
    assert decode(content) == {"error": "broken"}


def test_formats_frames_and_turning_are_read() -> None:
    from PIL import Image

    picture, turned = Image.new("RGB", (16, 9)), Image.Exif()
    turned[0x0112] = 6

    def saved(kind: str, **options: object) -> bytes:
        file = io.BytesIO()
        picture.save(file, kind, **options)
        return file.getvalue()

    size = {"width": 16, "height": 9}
    still = {"frames": 1, "is_turned": False, **size}
    assert decode(saved("JPEG")) == {"format": "jpeg", **still}
    assert decode(saved("WEBP")) == {"format": "webp", **still}
    assert decode(saved("JPEG", exif=turned)) == {"format": "jpeg", **still, "is_turned": True}
    other = Image.new("RGB", (16, 9), "white")
    moving = {"save_all": True, "append_images": [other]}
    assert decode(saved("PNG", **moving)) == {"format": "png", **still, "frames": 2}
    # A second picture in a JPEG is a phone's own, such as a map of depths.
    assert decode(saved("MPO", **moving)) == {"format": "jpeg", **still}


def test_one_picture_is_checked_for_the_engine() -> None:
    assert check_picture(png(16, 9), {}) is None
    assert check_picture(png(16, 9), {"pixels": {"least": 10}}, "m/x") == (
        "has 16 x 9 pixels; m/x takes at least 10 a side"
    )
    assert check_picture(b"text", {}) is not None
