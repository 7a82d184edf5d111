"""The pictures of a storyboard: what is told of them, and where."""

from __future__ import annotations

import io
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from storyboard.language.load import Reading
from storyboard.language.pictures.files import PictureFiles
from tests.language.boards import load, load_text, told
from tests.language.pictures.made import png

VEO = "version: 1\nmodel: google/veo-3.1-lite-i2v\n"
HORSE = "version: 1\nmodel: alibaba/happyhorse-1.0-i2v\n"
VIDU = "version: 1\nmodel: vidu/viduq3-mix-r2v\n"


def lines(folder: Path, text: str, **files: bytes) -> list[str]:
    return [line.split(": ", 1)[1] for line in told(load_text(folder, text, **files))]


def shots(*shots: str) -> str:
    return "shots:\n" + "".join(
        f"  - {{prompt: A pier {number}, {shot}}}\n" for number, shot in enumerate(shots)
    )


def test_a_model_s_own_limits_hold_at_the_place_that_names_the_file(tmp_path: Path) -> None:
    text = HORSE + shots("id: a, first_frame: hero", "id: b, first_frame: b.png")
    text += "references: {hero: a.png}\n"
    assert lines(tmp_path, text, a_png=png(100, 50), b_png=png(400, 400)) == [
        "references.hero: 'a.png' has 100 x 50 pixels; alibaba/happyhorse-1.0-i2v takes at least "
        "300 a side"
    ]


def test_the_limits_of_every_fallback_hold(tmp_path: Path) -> None:
    models = "[google/veo-3.1-lite-i2v, alibaba/happyhorse-1.0-i2v]"
    text = "version: 1\n" + shots(f"id: a, model: {models}, first_frame: a.png")
    (line,) = lines(tmp_path, text, a_png=png(160, 90))
    assert line.endswith(
        "has 160 x 90 pixels; alibaba/happyhorse-1.0-i2v takes at least 300 a side"
    )


def test_a_sound_under_the_name_of_a_picture_is_told(tmp_path: Path) -> None:
    text = VEO + shots("id: a, first_frame: a.png")
    (line,) = lines(tmp_path, text, a_png=b"ID3\x04")
    assert line == (
        "shots[0].first_frame: 'a.png' is a sound; the service accepts PNG, JPEG or WebP pictures"
    )


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("first_frame: a.png", "is 1:1 (90 x 90), and the video 16:9"),
        ("first_frame: b.png, last_frame: a.png", "is 1:1 (90 x 90), and the video 16:9"),
        ("first_frame: b.png, ratio: 9:16", "is 16:9 (160 x 90), and the video 9:16"),
        ("first_frame: b.png", None),
    ],
)
def test_a_frame_of_another_ratio_than_the_video_is_a_warning(
    tmp_path: Path, settings: str, words: str | None
) -> None:
    text = VEO + shots(f"id: a, {settings}")
    found = lines(tmp_path, text, a_png=png(90, 90), b_png=png(160, 90))
    assert found == ([] if words is None else [f"warning: take a: {found[0].split(': ')[2]}"])
    assert words is None or found[0].endswith(words)


def test_references_and_models_without_a_ratio_are_not_warned_about(tmp_path: Path) -> None:
    references = VIDU + shots("id: a, references: [a.png]")
    assert lines(tmp_path, references, a_png=png(90, 90)) == []
    follows = "version: 1\nmodel: alibaba/wan2.7-i2v\n" + shots("id: a, first_frame: a.png")
    assert lines(tmp_path, follows, a_png=png(90, 90)) == []


def test_a_picture_that_many_takes_name_is_told_once_with_their_number(tmp_path: Path) -> None:
    text = VEO + "defaults: {first_frame: a.png}\n" + shots(*(f"id: s{n}" for n in range(9)))
    (line,) = lines(tmp_path, text, a_png=png(90, 90))
    assert line.endswith("and the video 16:9 (and 8 more takes)")


def test_variants_are_checked_too(tmp_path: Path) -> None:
    text = HORSE + "variants: {draft: {first_frame: b.png}}\n" + shots("id: a, first_frame: a.png")
    load_text(tmp_path, text, a_png=png(400, 400), b_png=png(90, 90))
    board = load(tmp_path / "film.yaml", reading=Reading(checks_variants=True))
    (problem,) = board.problems
    assert "'b.png' has 90 x 90 pixels" in problem.message


def without(*names: str) -> Callable[[str], Any]:
    return lambda name: None if name in names else find_spec(name)


@pytest.mark.parametrize(
    ("hidden", "settings", "words"),
    [
        (("PIL",), "first_frame: a.png", "checking a picture needs Pillow, which is not installed"),
        (
            ("av",),
            "first_frame: {take: b}",
            "taking a frame from a video needs PyAV and Pillow, which are not both installed",
        ),
        (("av",), "first_frame: a.png", None),
        (("PIL", "av"), "first_frame: https://example.com/a.png", None),
    ],
)
def test_what_is_not_installed_is_one_problem_that_names_the_extra(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    hidden: tuple[str, ...],
    settings: str,
    words: str | None,
) -> None:
    monkeypatch.setattr("storyboard.language.pictures.film.find_spec", without(*hidden))
    text = VEO + shots(f"id: a, {settings}", f"id: c, {settings}")
    text += "  - {id: b, prompt: A boat, first_frame: https://example.com/a.png}\n"
    board = load_text(tmp_path, text, a_png=png(16, 9))
    problems = [problem for problem in board.problems if not problem.is_warning]
    assert [problem.message for problem in problems] == (
        [f"shots[0].first_frame: {words}"] if words else []
    )
    assert all(one.hint == "pip install 'storyboard-render[media]'" for one in problems)


def test_a_picture_that_changes_while_it_is_read_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content_of = PictureFiles.content_of

    def after_a_change(files: PictureFiles, sha256: str) -> bytes | None:
        (tmp_path / "a.png").write_bytes(png(17, 9))
        return content_of(files, sha256)

    monkeypatch.setattr(PictureFiles, "content_of", after_a_change)
    monkeypatch.setattr("storyboard.language.pictures.measure._REMEMBERED", {})
    (line,) = lines(tmp_path, VEO + shots("id: a, first_frame: a.png"), a_png=png(16, 9))
    assert line == ("shots[0].first_frame: 'a.png' was changed or removed while it was being read")


def test_a_turned_picture_is_told_and_its_ratio_is_not(tmp_path: Path) -> None:
    from PIL import Image

    file, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (90, 160)).save(file, "JPEG", exif=exif)
    (line,) = lines(tmp_path, VEO + shots("id: a, first_frame: a.jpg"), a_jpg=file.getvalue())
    assert line == (
        "warning: take a: 'a.jpg' is stored rotated or mirrored, and a model may show it that way"
    )
