"""Text into lines that fit: any text at all, in the font that Pillow itself brings.

That font knows English letters and little more. Accents and typographic signs
are folded to what it has. For other scripts a font of the system is taken
where there is one of a usual name, else empty boxes stand for the letters.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
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
_NEVER_ASSIGNED = "\ue000"  # private use: a font draws its empty box for it

_FOLDED = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2022\u2212", "-"),
        **dict.fromkeys("\u2033\u00ab\u00bb", '"'),
        "\u2014": " - ",
        "\u2032": "'",
        "\u00d7": "x",
        "\u2190": "<-",
        "\u2192": "->",
        "\u00df": "ss",
        "\u00e6": "ae",
        "\u00c6": "AE",
        "\u0153": "oe",
        "\u0152": "OE",
        "\u00f8": "o",
        "\u00d8": "O",
        "\u0142": "l",
        "\u0141": "L",
        "\u0131": "i",
    }
)
"""What NFKD does not take apart."""


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
    if not missing:
        return BUILT_IN
    known = {face: sum(_has_letter(face, letter) for letter in missing) for face in _installed()}
    best = max(known, key=lambda face: known[face], default=BUILT_IN)
    return best if known.get(best) else BUILT_IN


@lru_cache(maxsize=1)
def _installed() -> tuple[str, ...]:
    found = []
    for face in _WIDE_FACES:
        try:
            font_of_size(24, face)
        except OSError:
            continue
        found.append(face)
    return tuple(found)


def clean(text: str) -> str:
    """`text` as one paragraph that can be drawn: no controls, no lone surrogates, single spaces."""
    printable = "".join(" " if _is_unprintable(letter) else letter for letter in text)
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


def _is_unprintable(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Lines that fit a box, and the size they are set in."""

    lines: tuple[str, ...]
    size_px: int
    face: str = BUILT_IN
    is_cut: bool = False

    @property
    def font(self) -> Font:
        """What to draw the lines with."""
        return font_of_size(self.size_px, self.face)

    @property
    def line_height_px(self) -> int:
        """From one line to the next."""
        return round(self.size_px * LINE_HEIGHT)

    @property
    def height_px(self) -> int:
        """Of the whole block."""
        return self.line_height_px * len(self.lines)


def fit_text(
    text: str, *, width_px: int, height_px: int, largest_px: int, smallest_px: int
) -> TextBlock:
    """`text` set as large as the box allows; cut, and saying so, where even that is too much."""
    text = clean(text)
    face = face_for(text)
    low, high = smallest_px, largest_px
    best: TextBlock | None = None
    while low <= high:
        size = (low + high) // 2
        block = TextBlock(tuple(wrap(text, font_of_size(size, face), width_px)), size, face)
        if block.height_px <= height_px:
            best, low = block, size + 1
        else:
            high = size - 1
    return best or _cut(text, face, width_px, height_px, smallest_px)


def _cut(text: str, face: str, width_px: int, height_px: int, size_px: int) -> TextBlock:
    font = font_of_size(size_px, face)
    room = max(1, height_px // round(size_px * LINE_HEIGHT))
    lines = wrap(text, font, width_px)
    kept = lines[:room]
    left_out = sum(map(len, lines[room:]))
    note = f" ... and {left_out:,} more letters"
    while kept[-1] and font.getlength(kept[-1] + note) > width_px:
        kept[-1] = kept[-1][:-1]
    kept[-1] = kept[-1].rstrip() + note
    return TextBlock(tuple(kept), size_px, face, is_cut=True)


def shorten(text: str, font: Font, width_px: int) -> str:
    """`text` on one line, with an ellipsis where it had to be cut."""
    end = "..."
    # No letter is narrower than this share of the size, so what is beyond needs no measuring.
    most = round(width_px / (font.size * 0.1)) + 1
    if len(text) <= most and font.getlength(text) <= width_px:
        return text
    low, high = 0, min(len(text), most)
    while low < high:
        middle = (low + high + 1) // 2
        if font.getlength(text[:middle] + end) <= width_px:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + end


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
    lines.append(" ".join(line))
    return lines


def _pieces(word: str, font: Font, width_px: int) -> list[tuple[str, float]]:
    """A word with its width, or its parts where it is wider than a line (Chinese has no spaces)."""
    width = font.getlength(word)
    if width <= width_px or len(word) == 1:
        return [(word, width)]
    pieces: list[tuple[str, float]] = []
    start, part_px = 0, 0.0
    for index, letter in enumerate(word):
        letter_px = font.getlength(letter)
        if index > start and part_px + letter_px > width_px:
            pieces.append((word[start:index], part_px))
            start, part_px = index, 0.0
        part_px += letter_px
    return [*pieces, (word[start:], part_px)]
