"""Breaks any text into lines that fit, each letter in a font that has it.

Accents and typographic signs that no font has are folded to plain letters. Any
letter still without a font is drawn as an empty box and named by `missing_scripts`.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from dataclasses import dataclass, replace

from storyboard.sandbox.clips.fonts import (
    JOINERS,
    Lettering,
    clusters,
    is_drawable,
    runs_from_right,
)

LINE_HEIGHT = 1.34  # of the font's size

_UNPRINTABLE = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")  # Unicode's categories

_SIGNS = "\u2032\u00d7\u2190\u2192ßæÆœŒøØłŁ\u0131"
_PLAIN = ("'", "x", "<-", "->", "ss", "ae", "AE", "oe", "OE", "o", "O", "l", "L", "i")
_FOLDED = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2022\u2212", "-")
    | dict.fromkeys("\u2033\u00ab\u00bb", '"')
    | {"\u2014": " - "}
    | dict(zip(_SIGNS, _PLAIN, strict=True))
)
"""ASCII for characters that NFKD does not decompose."""


def clean(text: str) -> str:
    """`text` as one paragraph that can be drawn: no controls, no lone surrogates, single spaces."""
    composed = unicodedata.normalize("NFC", text)
    printable = "".join(" " if _is_unprintable(letter) else letter for letter in composed)
    return " ".join("".join(map(_fold, printable)).split())


def _is_unprintable(letter: str) -> bool:
    return letter not in JOINERS and unicodedata.category(letter) in _UNPRINTABLE


def _fold(letter: str) -> str:
    """`letter`, or plain letters for it if no font has it."""
    if letter.isascii() or is_drawable(letter):
        return letter
    plain = letter.translate(_FOLDED)
    if plain == letter:
        parts = unicodedata.normalize("NFKD", letter)
        plain = "".join(part for part in parts if not unicodedata.combining(part))
    return plain if plain.isascii() else letter


def missing_scripts(text: str) -> tuple[str, ...]:
    """The scripts in a clean text that no font covers, as in Unicode's names: "Tibetan"."""
    missing = [letter for letter in dict.fromkeys(text) if not is_drawable(letter)]
    names = (unicodedata.name(letter, "unknown").split(" ")[0] for letter in missing)
    return tuple(dict.fromkeys(name if name == "CJK" else name.capitalize() for name in names))


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Lines that fit a box, and the lettering they are set in."""

    lines: tuple[str, ...]
    lettering: Lettering
    is_cut: bool = False

    @property
    def line_height_px(self) -> int:
        return round(self.lettering.size_px * LINE_HEIGHT)

    @property
    def height_px(self) -> int:
        return self.line_height_px * len(self.lines)


def fit_text(
    text: str, *, width_px: int, height_px: int, largest_px: int, smallest_px: int
) -> TextBlock:
    """`text` set as large as the box allows; cut, with a note, if it cannot fit at all."""
    text = clean(text)
    is_rtl = runs_from_right(text)

    def block_of(size: int) -> TextBlock:
        lettering = Lettering(size, is_rtl)
        return TextBlock(tuple(wrap(text, lettering, width_px)), lettering)

    # The sizes from the smallest up; those that fit come first.
    sizes = range(smallest_px, largest_px + 1)
    fitting = bisect_left(sizes, True, key=lambda size: block_of(size).height_px > height_px)
    return (
        block_of(sizes[fitting - 1])
        if fitting
        else _cut(block_of(smallest_px), width_px, height_px)
    )


def _cut(block: TextBlock, width_px: int, height_px: int) -> TextBlock:
    """As many lines as fit, ending with the number of letters left out."""
    room = max(1, height_px // block.line_height_px)
    *lines, last = block.lines[:room]
    left_out = sum(map(len, block.lines[room:]))
    note = f" ... and {left_out:,} more letters"
    last = _prefix_that_fits(last, note, block.lettering, width_px)
    return replace(block, lines=(*lines, last + note), is_cut=True)


def shorten(text: str, lettering: Lettering, width_px: int) -> str:
    """`text` on one line, with an ellipsis if it had to be cut."""
    # No letter is narrower than this share of the size, so the rest need not be measured.
    max_letters = round(width_px / (lettering.size_px * 0.1)) + 1
    if len(text) <= max_letters and lettering.length_px(text) <= width_px:
        return text
    return _prefix_that_fits(text[: max(0, max_letters)], "...", lettering, width_px) + "..."


def _prefix_that_fits(text: str, end: str, lettering: Lettering, width_px: int) -> str:
    """As much of `text` as fits on a line together with `end`."""
    lengths = range(len(text) + 1)
    too_long = bisect_left(
        lengths, True, key=lambda length: lettering.length_px(text[:length] + end) > width_px
    )
    return text[: max(0, too_long - 1)].rstrip()


def wrap(text: str, lettering: Lettering, width_px: int) -> list[str]:
    """`text` broken at spaces into lines no wider than `width_px`; longer words break anywhere."""
    space_px = lettering.length_px(" ")
    lines: list[str] = []
    line: list[str] = []
    line_px = 0.0
    words = text.split(" ")
    pieces = {word: _pieces(word, lettering, width_px) for word in set(words)}
    for word in words:
        for piece, piece_px in pieces[word]:
            if line and line_px + space_px + piece_px > width_px:
                lines.append(" ".join(line))
                line, line_px = [], 0.0
            line_px += piece_px + (space_px if line else 0.0)
            line.append(piece)
    return [*lines, " ".join(line)]


def _pieces(word: str, lettering: Lettering, width_px: int) -> list[tuple[str, float]]:
    """A word with its width, or its parts if it is wider than a line (Chinese has no spaces)."""
    width = lettering.length_px(word)
    if width <= width_px:
        return [(word, width)]
    pieces = [("", 0.0)]
    letters = list(clusters(word))
    widths = {letter: lettering.length_px(letter) for letter in set(letters)}
    for letter in letters:
        letter_px = widths[letter]
        piece, piece_px = pieces[-1]
        if piece and piece_px + letter_px > width_px:
            pieces.append((letter, letter_px))
        else:
            pieces[-1] = (piece + letter, piece_px + letter_px)
    return pieces
