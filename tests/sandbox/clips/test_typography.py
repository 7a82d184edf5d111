"""Text into lines: fitted, wrapped anywhere, cut with a note, folded to letters the font has."""

from __future__ import annotations

import pytest

from storyboard.sandbox.clips import typography
from storyboard.sandbox.clips.typography import (
    clean,
    face_for,
    fit_text,
    font_of_size,
    shorten,
    wrap,
)


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("  two\n lines\t", "two lines"),
        ("a\x00b\u200bc\ud800d", "a b c d"),
        ("café \u2014 naïve, 5\u00d77 \u2013 ok", "cafe - naive, 5x7 - ok"),
        ("Straße, Øre, Łódź", "Strasse, Ore, Lodz"),
        ("月光", "月光"),
    ],
)
def test_text_becomes_one_paragraph_in_letters_that_are_there(text: str, drawn: str) -> None:
    assert clean(text) == drawn


def test_a_short_text_is_set_large_and_a_long_one_smaller() -> None:
    box = {"width_px": 400, "height_px": 100, "largest_px": 40, "smallest_px": 8}
    short, long = fit_text("A fox.", **box), fit_text("A fox runs. " * 20, **box)
    assert (short.size_px, short.is_cut) == (40, False)
    assert 8 <= long.size_px < 40
    assert long.height_px <= 100
    assert " ".join(long.lines) == ("A fox runs. " * 20).strip()


def test_what_never_fits_is_cut_and_says_how_much_is_left_out() -> None:
    block = fit_text("word " * 1000, width_px=300, height_px=60, largest_px=30, smallest_px=10)
    assert block.is_cut
    assert block.height_px <= 60
    assert block.lines[-1].endswith(" more letters")


@pytest.mark.parametrize("text", ["x" * 500, "月" * 500, "a " * 300, "short"])
def test_no_line_is_wider_than_the_box(text: str) -> None:
    font = font_of_size(14)
    lines = wrap(text, font, 200)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert max(map(font.getlength, lines)) <= 200 + font.getlength(" ")


def test_a_line_is_shortened_with_an_ellipsis_only_where_it_must_be() -> None:
    font = font_of_size(14)
    assert shorten("brief", font, 200) == "brief"
    assert shorten("m" * 100, font, 100).endswith("m...")
    assert shorten("m" * 100, font, 0) == "..."


def test_letters_that_no_font_has_are_left_as_boxes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typography, "_installed", lambda: ())
    face_for.cache_clear()
    assert face_for("月光") == typography.BUILT_IN
    face_for.cache_clear()
