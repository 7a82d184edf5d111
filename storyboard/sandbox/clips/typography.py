"""Text into lines that fit: any text at all, in the font that Pillow itself brings.

That font knows English letters and little more. Accents and typographic signs
are folded to what it has. For other scripts a font of the system is taken
where there is one of a usual name, else empty boxes stand for the letters.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeAlias

from PIL import ImageFont

Font: TypeAlias = ImageFont.FreeTypeFont

LINE_HEIGHT = 1.34  # of the font's size

BUILT_IN = ""
"""The face that Pillow brings."""

_WIDE_FACES = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansSC-Regular.otf",
    "PingFang.ttc",
    "Hiragino Sans GB.ttc",
    "msyh.ttc",
    "Arial Unicode.ttf",
    "DejaVuSans.ttf",
)
_UNPRINTABLE = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")  # Unicode's categories
_NEVER_ASSIGNED = "\ue000"  # private use: a font draws its empty box for it

_SIGNS = "\u2032\u00d7\u2190\u2192ßæÆœŒøØłŁ\u0131"
_PLAIN = ("'", "x", "<-", "->", "ss", "ae", "AE", "oe", "OE", "o", "O", "l", "L", "i")
_FOLDED = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2022\u2212", "-")
    | dict.fromkeys("\u2033\u00ab\u00bb", '"')
    | {"\u2014": " - "}
    | dict(zip(_SIGNS, _PLAIN, strict=True))
)
"""What NFKD does not take apart, in ASCII."""


@lru_cache(maxsize=128)
def font_of_size(size_px: int, face: str = BUILT_IN) -> Font:
    """A face at one size."""
    if face:
        return ImageFont.truetype(face, size_px)
    font = ImageFont.load_default(size_px)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise RuntimeError("this Pillow was built without FreeType")
    return font


@lru_cache(maxsize=4096)
def _has_letter(face: str, letter: str) -> bool:
    font = font_of_size(24, face)
    return letter.isspace() or bytes(font.getmask(letter)) != bytes(font.getmask(_NEVER_ASSIGNED))


@lru_cache(maxsize=256)
def face_for(text: str) -> str:
    """The face to set `text` in: the built-in one, or one of the system that has its letters."""
    missing = [letter for letter in set(text) if not _has_letter(BUILT_IN, letter)]
    faces = (BUILT_IN, *_installed()) if missing else (BUILT_IN,)
    return max(faces, key=lambda face: sum(_has_letter(face, letter) for letter in missing))


@lru_cache(maxsize=1)
def _installed() -> tuple[str, ...]:
    found = []
    for face in _WIDE_FACES:
        with suppress(OSError):
            font_of_size(24, face)
            found.append(face)
    return tuple(found)


def clean(text: str) -> str:
    """`text` as one paragraph that can be drawn: no controls, no lone surrogates, single spaces."""
    printable = "".join(
        " " if unicodedata.category(letter) in _UNPRINTABLE else letter for letter in text
    )
    return " ".join("".join(map(_fold, printable)).split())


def _fold(letter: str) -> str:
    """`letter` in the letters that the built-in face has, or as it is."""
    if letter.isascii() or _has_letter(BUILT_IN, letter):
        return letter
    plain = letter.translate(_FOLDED)
    if plain == letter:
        parts = unicodedata.normalize("NFKD", letter)
        plain = "".join(part for part in parts if not unicodedata.combining(part))
    return plain if plain.isascii() else letter


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Lines that fit a box, and the size they are set in."""

    lines: tuple[str, ...]
    size_px: int
    face: str = BUILT_IN
    is_cut: bool = False

    @property
    def font(self) -> Font:
        return font_of_size(self.size_px, self.face)

    @property
    def line_height_px(self) -> int:
        return round(self.size_px * LINE_HEIGHT)

    @property
    def height_px(self) -> int:
        return self.line_height_px * len(self.lines)


def fit_text(
    text: str, *, width_px: int, height_px: int, largest_px: int, smallest_px: int
) -> TextBlock:
    """`text` set as large as the box allows; cut, and saying so, where even that is too much."""
    text = clean(text)
    face = face_for(text)

    def block_of(size: int) -> TextBlock:
        return TextBlock(tuple(wrap(text, font_of_size(size, face), width_px)), size, face)

    # The sizes from the smallest up; those that fit come first.
    sizes = range(smallest_px, largest_px + 1)
    fitting = bisect_left(sizes, True, key=lambda size: block_of(size).height_px > height_px)
    return (
        block_of(sizes[fitting - 1])
        if fitting
        else _cut(block_of(smallest_px), width_px, height_px)
    )


def _cut(block: TextBlock, width_px: int, height_px: int) -> TextBlock:
    """As many lines as fit, ending with how many letters were left out."""
    room = max(1, height_px // block.line_height_px)
    *lines, last = block.lines[:room]
    left_out = sum(map(len, block.lines[room:]))
    note = f" ... and {left_out:,} more letters"
    last = _prefix_that_fits(last, note, block.font, width_px)
    return replace(block, lines=(*lines, last + note), is_cut=True)


def shorten(text: str, font: Font, width_px: int) -> str:
    """`text` on one line, with an ellipsis where it had to be cut."""
    # No letter is narrower than this share of the size, so what is beyond needs no measuring.
    most = round(width_px / (font.size * 0.1)) + 1
    if len(text) <= most and font.getlength(text) <= width_px:
        return text
    return _prefix_that_fits(text[: max(0, most)], "...", font, width_px) + "..."


def _prefix_that_fits(text: str, end: str, font: Font, width_px: int) -> str:
    """As much of `text` as fits a line together with `end`."""
    lengths = range(len(text) + 1)
    too_long = bisect_left(
        lengths, True, key=lambda length: font.getlength(text[:length] + end) > width_px
    )
    return text[: max(0, too_long - 1)].rstrip()


def wrap(text: str, font: Font, width_px: int) -> list[str]:
    """`text` broken at spaces into lines no wider than `width_px`; longer words break anywhere."""
    space_px = font.getlength(" ")
    lines: list[str] = []
    line: list[str] = []
    line_px = 0.0
    for word in text.split(" "):
        for piece, piece_px in _pieces(word, font, width_px):
            if line and line_px + space_px + piece_px > width_px:
                lines.append(" ".join(line))
                line, line_px = [], 0.0
            line_px += piece_px + (space_px if line else 0.0)
            line.append(piece)
    return [*lines, " ".join(line)]


def _pieces(word: str, font: Font, width_px: int) -> list[tuple[str, float]]:
    """A word with its width, or its parts where it is wider than a line (Chinese has no spaces)."""
    width = font.getlength(word)
    if width <= width_px:
        return [(word, width)]
    pieces = [("", 0.0)]
    for letter in word:
        letter_px = font.getlength(letter)
        piece, piece_px = pieces[-1]
        if piece and piece_px + letter_px > width_px:
            pieces.append((letter, letter_px))
        else:
            pieces[-1] = (piece + letter, piece_px + letter_px)
    return pieces
