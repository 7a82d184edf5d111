"""Letters of every script are drawn, joined and in their order; no empty box stands for one."""

from __future__ import annotations

import pytest
from PIL import Image, ImageChops, ImageDraw

from storyboard.sandbox.clips.fonts import (
    Lettering,
    clusters,
    font_of_size,
    joins_letters,
    runs_from_right,
)
from storyboard.sandbox.clips.typography import clean, missing_scripts

SAMPLES = {
    "accents": "café naïve Łódź İstanbul Đà Nẵng ẫ Straße",
    "combining": "e\u0301 o\u0308 n\u0303 a\u0328\u0301",
    "signs": "\u201cok\u201d \u2014 5\u00d77 \u2192 \u20ac 20",
    "Greek": "Καλημέρα κόσμε",
    "Cyrillic": "Привет, Їжак",
    "Chinese": "霓虹灯倒映在水洼里。",
    "Japanese": "東京の夜、ネオンの雨",
    "Korean": "비 내리는 부두",
    "Arabic": "مرحبا بالعالم",
    "Persian": "می\u200cرویم",
    "Hebrew": "שלום עולם",
    "Hindi": "नमस्ते दुनिया",
    "Bengali": "ওহে বিশ্ব",
    "Tamil": "வணக்கம்",
    "Telugu": "నమస్కారం",
    "Thai": "สวัสดีชาวโลก",
    "Khmer": "សួស្តី",
    "Burmese": "မင်္ဂလာပါ",
    "Georgian": "გამარჯობა",
    "Armenian": "Բարեւ",
    "Amharic": "ሰላም",
    "emoji": "🌧 ☔\ufe0f 👩🏽\u200d🚀 1\ufe0f\u20e3 ❤\ufe0f",
}


def picture(text: str, *, is_rtl: bool = False) -> Image.Image:
    image = Image.new("RGBA", (900, 60))
    Lettering(24, is_rtl).draw(ImageDraw.Draw(image), 4, 4, text, (255, 255, 255, 255))
    return image


def is_same(one: Image.Image, other: Image.Image) -> bool:
    return ImageChops.difference(one, other).getbbox() is None


@pytest.mark.parametrize("text", SAMPLES.values(), ids=SAMPLES.keys())
def test_every_script_is_drawn_without_an_empty_box(text: str) -> None:
    assert missing_scripts(clean(text)) == ()
    for letter in clusters(clean(text).replace(" ", "")):
        drawn = picture(letter)
        assert drawn.getbbox(), letter
        assert not any(is_same(drawn, box) for box in empty_boxes()), letter


def empty_boxes() -> list[Image.Image]:
    """What is drawn for one, and for two, of what no font has."""
    return [picture("\ue000"), picture("\ue000\ue000")]


def test_accents_stay_as_they_are_written() -> None:
    assert clean("café \u2014 Łódź") == "café \u2014 Łódź"
    assert clean("cafe\u0301") == "café"


def test_letters_that_are_joined_are_drawn_otherwise_than_alone() -> None:
    if not joins_letters():
        pytest.skip("this Pillow has no Raqm, or FriBiDi is not installed")
    joined, apart = Lettering(24).length_px("بب"), 2 * Lettering(24).length_px("ب")
    assert joined < apart
    assert Lettering(24).length_px("👩\u200d🚀") == Lettering(24).length_px("👩")


def test_a_line_from_the_right_puts_its_first_word_last() -> None:
    image = picture("שלום abc", is_rtl=True)
    word = Lettering(24).length_px("abc")
    left = image.crop((0, 0, int(4 + word), 60))
    assert is_same(left, picture("abc").crop((0, 0, int(4 + word), 60)))


def test_the_first_letter_says_which_way_a_text_runs() -> None:
    assert runs_from_right("42 שלום abc")
    assert not runs_from_right("abc שלום")
    assert not runs_from_right("42 ...")


def test_all_that_belongs_to_one_letter_stays_together() -> None:
    text = "ae\u0301\U0001f469\U0001f3fd\u200d\U0001f680b"
    assert list(clusters(text)) == ["a", "e\u0301", "\U0001f469\U0001f3fd\u200d\U0001f680", "b"]


def test_a_face_that_is_not_there_is_an_error() -> None:
    with pytest.raises(OSError, match="cannot open resource"):
        font_of_size(24, "no-such-font.ttf")
