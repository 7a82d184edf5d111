"""Pictures from anybody: decoded to the size that a clip shows, or refused; kept and read again."""

from __future__ import annotations

import io
import json
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from storyboard.language.pictures.child import MAX_PIXELS
from storyboard.models.words import FIRST_FRAME, LAST_FRAME, REFERENCES
from storyboard.sandbox.clips import pictures as module
from storyboard.sandbox.clips.animatic import draw_frames
from storyboard.sandbox.clips.picture_child import read_pictures
from storyboard.sandbox.clips.pictures import (
    MAX_REFERENCES,
    Picture,
    Source,
    Unreadable,
    decode_pictures,
    pictures_from_bytes,
    thumbnail_px,
)
from tests.sandbox.clips.test_animatic import SPEC
from tests.sandbox.pictures import BLUE, GREEN, GREY, RED, picture

SIZE = (32, 18)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def png_of(width: int, height: int) -> bytes:
    """A PNG file that states this size and has no pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data).to_bytes(4, "big")
        return len(data).to_bytes(4, "big") + kind + data + check

    size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    head = chunk(b"IHDR", size + b"\x08\x02\0\0\0")
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def test_pictures_are_decoded_in_a_child_process_in_the_sizes_of_the_clip() -> None:
    sources = [
        Source(FIRST_FRAME, picture(RED, BLUE)),
        Source(REFERENCES, picture(GREEN, size=(50, 100))),
        Source(REFERENCES, picture(GREY, size=(100, 50))),
    ]
    size, content = decode_pictures(sources, (320, 180))
    first, *references = pictures_from_bytes(content, size)
    assert first[:3] == (FIRST_FRAME, 320, 180)
    assert (first.rgb[:3], first.rgb[-3:]) == (bytes(RED), bytes(BLUE))
    side = thumbnail_px((320, 180), 2)
    assert [one[:3] for one in references] == [
        (REFERENCES, side // 2, side),
        (REFERENCES, side, side // 2),
    ]
    assert [one.rgb[:3] for one in references] == [bytes(GREEN), bytes(GREY)]


def test_one_that_takes_all_memory_or_time_takes_only_the_child(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_CHILD", Path(__file__).with_name("_"))
    with pytest.raises(Unreadable) as error:  # a child that ends without a word
        decode_pictures([Source(FIRST_FRAME, picture(RED, GREY))], SIZE)
    assert error.value.number is None


def test_the_latest_pictures_are_decoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[bytes] = []

    def run(_: Path, given: bytes) -> bytes:
        started.append(given)
        return read_pictures(io.BytesIO(given))

    one, other = picture(RED, size=(7, 7)), picture(BLUE, size=(7, 7))
    monkeypatch.setattr(module, "run_child", run)
    monkeypatch.setattr(module, "_MAX_LATEST_BYTES", 2 * 3 * 32 * 18 + 100)
    for content in (one, other, one, other, one):
        decode_pictures([Source(FIRST_FRAME, content)], SIZE)
    assert len(started) == 2
    decode_pictures([Source(LAST_FRAME, one)], SIZE)  # displaces `other`
    decode_pictures([Source(FIRST_FRAME, one)], SIZE)
    assert len(started) == 3
    decode_pictures([Source(FIRST_FRAME, other)], SIZE)
    decode_pictures([Source(FIRST_FRAME, other)], (18, 32))
    assert len(started) == 5


def test_nothing_is_started_for_no_pictures() -> None:
    assert decode_pictures([], SIZE) == (SIZE, b"[]\n")
    assert pictures_from_bytes(b"[]\n", SIZE) == ()


# In the child, without its process


def decoded(content: bytes, box: tuple[int, int] = SIZE) -> Image.Image | str:
    """The picture as the child decodes it, or what it says."""
    pictures = [[FIRST_FRAME, len(content), False]]
    asked = {"size": box, "follows": False, "small": 1, "pictures": pictures}
    answer = read_pictures(io.BytesIO(json.dumps(asked).encode() + b"\n" + content))
    if answer.isdigit():
        return answer.decode()
    (found,) = pictures_from_bytes(answer, box)
    return Image.frombytes("RGB", box, found.rgb)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_every_kind_of_png_becomes_rgb(mode: str) -> None:
    image = decoded(saved(Image.new("RGB", SIZE, "white").convert(mode), "PNG"))
    assert isinstance(image, Image.Image)
    assert image.getpixel((9, 9)) == (255, 255, 255)


def test_a_grey_png_of_16_bits_keeps_its_shades() -> None:
    image = decoded(saved(Image.new("I;16", SIZE, 0x8040), "PNG"))
    assert isinstance(image, Image.Image)
    assert image.getpixel((9, 9)) == (0x80, 0x80, 0x80)


@pytest.mark.parametrize(
    ("given", "size", "expected"),
    [
        ((720, 1280), (640, 360), (360, 640)),
        ((640, 360), (640, 360), (640, 360)),
        ((416, 554), (640, 360), (416, 554)),
        ((1000, 1000), (320, 180), (240, 240)),
        ((3000, 10), (640, 360), (960, 240)),
        ((10, 3000), (3840, 2160), (1024, 4096)),
    ],
)
def test_a_clip_takes_its_ratio_from_the_first_frame(
    monkeypatch: pytest.MonkeyPatch,
    given: tuple[int, int],
    size: tuple[int, int],
    expected: tuple[int, int],
) -> None:
    monkeypatch.setattr(module, "run_child", lambda _, given: read_pictures(io.BytesIO(given)))
    sources = [Source(FIRST_FRAME, picture(RED, size=given)), Source(LAST_FRAME, picture(BLUE))]
    decoded = decode_pictures(sources, size, follows=True)
    assert decoded.size_px == expected
    assert [one[1:3] for one in pictures_from_bytes(*reversed(decoded))] == [expected] * 2


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_other_formats_are_read_too(kind: str) -> None:
    image = decoded(saved(Image.new("RGB", (64, 64), "white"), kind))
    assert isinstance(image, Image.Image)
    assert image.getpixel((9, 9)) == (255, 255, 255)


def test_a_picture_as_large_as_models_take_is_decoded_with_its_transparency() -> None:
    large = saved(Image.new("RGBA", (8000, 8000), (200, 100, 50, 128)), "PNG", compress_level=1)
    size, content = decode_pictures([Source(FIRST_FRAME, large)], SIZE)
    (found,) = pictures_from_bytes(content, size)
    assert found.rgb[:3] == bytes((100, 50, 25))


def test_what_is_transparent_is_black() -> None:
    image = decoded(saved(Image.new("RGBA", SIZE, (255, 255, 255, 0)), "WEBP", lossless=True))
    assert isinstance(image, Image.Image)
    assert image.getpixel((9, 9)) == (0, 0, 0)


def test_a_photo_of_a_camera_that_was_turned_is_shown_upright() -> None:
    turned = Image.new("RGB", (18, 32), RED)
    turned.paste(BLUE, (0, 16, 18, 32))
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: the right side is up
    image = decoded(saved(turned, "PNG", exif=exif))
    assert isinstance(image, Image.Image)
    assert (image.getpixel((1, 9)), image.getpixel((30, 9))) == (BLUE, RED)


def test_a_picture_of_the_size_of_the_clip_is_not_changed() -> None:
    noise = Image.effect_noise(SIZE, 90).convert("RGB")
    image = decoded(saved(noise, "PNG"))
    assert isinstance(image, Image.Image)
    assert image.tobytes() == noise.tobytes()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG\r\n\x1a\n and more",
        b"\xff\xd8\xff and more",
        b"RIFF\x04\x00\x00\x00WEBP",
        picture(RED)[:-30],
        picture(RED, kind="GIF"),
        picture(RED, kind="TIFF"),
        png_of(64, 64),
        saved(Image.new("1", (8000, MAX_PIXELS // 8000 + 1)), "PNG"),
        png_of(60_000, 60_000),
        png_of(1 << 30, 1 << 30),
    ],
    ids=[
        *("nothing", "png", "jpeg", "webp", "cut off", "gif", "tiff"),
        *("empty", "too large", "a bomb", "absurd"),
    ],
)
def test_a_file_that_is_no_picture_is_refused_by_its_number(content: bytes) -> None:
    assert decoded(content) == "0"


# As they are kept


def test_a_file_of_pictures_that_somebody_changed_is_refused() -> None:
    good = json.dumps([[FIRST_FRAME, 2, 2], [REFERENCES, 1, 1]]).encode() + b"\n" + bytes(15)
    assert len(pictures_from_bytes(good, (2, 2))) == 2
    for head in (
        *("", "{}", "7", "[7]", "[[]]", '[["first_frame"]]', '[["audio", 2, 2]]'),
        *('[["first_frame", 1, 5]]', '[["references", 5, 1]]', '[["references", -1, -5]]'),
        *('[["references", 0, 0]]', '[["references", "1", 1]]', "[" * 99),
    ):
        with pytest.raises(ValueError, match=r"Invalid format|picture"):
            pictures_from_bytes(head.encode() + b"\n" + bytes(15), (2, 2))
    for content in (good[:-1], good + b"\0", b"", b"\n", b"\xff\n"):
        with pytest.raises(ValueError, match=r"Invalid format|picture"):
            pictures_from_bytes(content, (2, 2))


# As they are drawn


def test_thumbnails_fit_beside_one_another() -> None:
    for size in ((640, 360), (180, 320), (1920, 1080), (480, 480), (2, 2)):
        for count in range(MAX_REFERENCES + 1):
            side = thumbnail_px(size, count)
            assert side == 1 or (side * count * 1.2 <= size[0] and side <= min(size) / 4)


@pytest.mark.parametrize("size", [(320, 180), (180, 320), (64, 36)])
@pytest.mark.parametrize("seconds", [1, 2])
def test_the_first_and_last_frame_are_exactly_the_pictures(
    size: tuple[int, int], seconds: int
) -> None:
    first, last = (bytes(colour) * (size[0] * size[1]) for colour in (RED, BLUE))
    pictures = (
        Picture(FIRST_FRAME, *size, first),
        Picture(LAST_FRAME, *size, last),
        *[Picture(REFERENCES, 1, 1, bytes(GREEN))] * MAX_REFERENCES,
    )
    spec = replace(SPEC, width_px=size[0], height_px=size[1], pictures=pictures, duration_s=seconds)
    frames = [frame.tobytes() for frame in draw_frames(spec)]
    assert len(frames) == spec.frame_count
    assert (frames[0], frames[-1]) == (first, last)
    assert first not in frames[1:]
    assert last not in frames[:-1]
