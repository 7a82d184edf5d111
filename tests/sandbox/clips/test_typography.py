"""Text into lines: fitted, wrapped anywhere, cut with a note, folded to letters a font has."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from storyboard.sandbox.clips import fonts
from storyboard.sandbox.clips.fonts import BUILT_IN, Lettering
from storyboard.sandbox.clips.typography import clean, fit_text, missing_scripts, shorten, wrap


@pytest.fixture
def built_in_alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine without fonts but the one that Pillow brings."""
    monkeypatch.setattr(fonts, "faces", lambda: (BUILT_IN,))
    for cached in (fonts._face_of, fonts._pieces_of):
        cached.cache_clear()
    yield
    for cached in (fonts._face_of, fonts._pieces_of):
        cached.cache_clear()


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("  two\n lines\t", "two lines"),
        ("a\x00b\u200bc\ud800d", "a b c d"),
        ("e\u0301 \u202eturned", "é turned"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),
    ],
)
def test_text_becomes_one_paragraph(text: str, drawn: str) -> None:
    assert clean(text) == drawn


@pytest.mark.usefixtures("built_in_alone")
@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("café \u2014 naïve, 5\u00d77 \u2013 ok", "cafe - naive, 5x7 - ok"),
        ("Straße, Øre, Łódź", "Strasse, Ore, Lodz"),
        ("月光", "月光"),
    ],
)
def test_letters_that_no_font_has_are_folded_where_they_can_be(text: str, drawn: str) -> None:
    assert clean(text) == drawn


def test_a_short_text_is_set_large_and_a_long_one_smaller() -> None:
    box = {"width_px": 400, "height_px": 100, "largest_px": 40, "smallest_px": 8}
    short, long = fit_text("A fox.", **box), fit_text("A fox runs. " * 20, **box)
    assert (short.lettering.size_px, short.is_cut) == (40, False)
    assert 8 <= long.lettering.size_px < 40
    assert long.height_px <= 100
    assert " ".join(long.lines) == ("A fox runs. " * 20).strip()


def test_what_never_fits_is_cut_and_says_how_much_is_left_out() -> None:
    block = fit_text("word " * 1000, width_px=300, height_px=60, largest_px=30, smallest_px=10)
    assert block.is_cut
    assert block.height_px <= 60
    assert block.lines[-1].endswith(" more letters")


@pytest.mark.parametrize("text", ["x" * 500, "月" * 500, "a " * 300, "short"])
def test_no_line_is_wider_than_the_box(text: str) -> None:
    font = Lettering(14)
    lines = wrap(text, font, 200)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert max(map(font.length_px, lines)) <= 200 + font.length_px(" ")


def test_a_line_is_shortened_with_an_ellipsis_only_where_it_must_be() -> None:
    font = Lettering(14)
    assert shorten("brief", font, 200) == "brief"
    assert shorten("m" * 100, font, 100).endswith("m...")
    assert shorten("m" * 100, font, 0) == "..."


def test_a_long_word_is_never_broken_within_what_is_read_as_one_letter() -> None:
    lines = wrap("สวัสดีปีใหม่" * 9, Lettering(14), 100)
    assert len(lines) > 3
    assert not [line for line in lines if line[0] in "\u0e31\u0e34\u0e35\u0e37\u0e48\u0e49"]


@pytest.mark.usefixtures("built_in_alone")
def test_what_no_font_has_is_named_by_its_scripts() -> None:
    assert missing_scripts(clean("A café by Łódź")) == ()
    assert missing_scripts("月光 and ก้า, 月") == ("CJK", "Thai")
