"""Draws and measures letters of any script in the fonts that have them.

The fonts are Noto's, from two packages that contain nothing else. Without them,
fonts that the system has under a usual name are used, and last the font built into
Pillow, which covers English letters and little more. A line is drawn in pieces,
each in a font that has its letters. If Pillow has Raqm, which joins and orders the
letters of Arabic, Hindi and many more, each piece is shaped correctly.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import NamedTuple, TypeAlias

from PIL import ImageDraw, ImageFont, features

Ink: TypeAlias = tuple[int, int, int, int]
"""Red, green, blue and alpha."""

BUILT_IN = ""
"""The face built into Pillow."""

_BASE = "NotoSans[wght].ttf"
_EMOJI = "NotoEmoji[wght].ttf"
_SYMBOLS = "NotoSansSymbols[wght].ttf"  # covers many scripts, each less well than its own font
_SYSTEM_FACES = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansSC-Regular.otf",
    "PingFang.ttc",
    "Hiragino Sans GB.ttc",
    "msyh.ttc",
    "Arial Unicode.ttf",
    "DejaVuSans.ttf",
)
_REGULAR = 400  # the weight; the CJK font is thin by default
_PROBE_PX = 24
_NEVER_ASSIGNED = "\ue000"  # private use, so fonts draw their empty box for it

_JOINER, _NON_JOINER = "\u200d", "\u200c"
JOINERS = _JOINER + _NON_JOINER
_MARKS = ("Mn", "Mc", "Me")  # Unicode categories of marks on or beside a letter
_INVISIBLE = frozenset(JOINERS) | {chr(0xFE00 + number) for number in range(16)}
_SKIN_TONES = frozenset(map(chr, range(0x1F3FB, 0x1F400)))


@lru_cache(maxsize=1)
def faces() -> tuple[str, ...]:
    """The paths of the available fonts, best first; the first draws what all of them have."""
    found = _packaged_faces()
    if found:
        return found
    return (BUILT_IN, *filter(_is_there, _SYSTEM_FACES))


def _packaged_faces() -> tuple[str, ...]:
    """Noto's fonts: Latin, Greek and Cyrillic first, then one per script, then the others."""
    paths = [*_files_of("manimgx_fonts", "*.ttf"), *_files_of("manimgx_fonts_cjk", "*.ttc")]
    last = (_EMOJI, _SYMBOLS)
    usable = [path for path in paths if "Italic" not in path.name and _is_there(str(path))]
    usable.sort(key=lambda path: (path.name != _BASE, path.name in last, path.suffix, path.name))
    return tuple(map(str, usable)) if usable and usable[0].name == _BASE else ()


def _files_of(package: str, pattern: str) -> list[Path]:
    """The files of a data package, found without importing it."""
    spec = find_spec(package)
    folders = spec.submodule_search_locations if spec else None
    return [path for folder in folders or () for path in Path(folder).glob(pattern)]


def _is_there(face: str) -> bool:
    with suppress(OSError):
        font_of_size(_PROBE_PX, face)
        return True
    return False


@lru_cache(maxsize=256)
def font_of_size(size_px: int, face: str, *, is_plain: bool = False) -> ImageFont.FreeTypeFont:
    """A face at one size; if plain, without joining characters. Raises OSError if missing."""
    engine = ImageFont.Layout.BASIC if is_plain else None
    if not face:
        font = ImageFont.load_default(size_px)
        if not isinstance(font, ImageFont.FreeTypeFont):
            raise RuntimeError("this Pillow was built without FreeType")
        return font
    font = ImageFont.truetype(face, size_px, layout_engine=engine)
    with suppress(OSError):  # it has only one weight
        font.set_variation_by_axes([_REGULAR])
    return font


@lru_cache(maxsize=8192)
def has_letter(face: str, letter: str) -> bool:
    """Whether a face has a character, that is, does not draw an empty box for it."""
    if letter.isspace() or letter in _INVISIBLE:
        return True
    font = font_of_size(_PROBE_PX, face, is_plain=True)
    mask, box = font.getmask(letter), font.getmask(_NEVER_ASSIGNED)
    return (mask.size, bytes(mask)) != (box.size, bytes(box))


@lru_cache(maxsize=1)
def joins_letters() -> bool:
    """Whether Pillow can join and order letters, with Raqm and the system's FriBiDi."""
    return bool(features.check("raqm"))


def is_drawable(letter: str) -> bool:
    """Whether any face has a character."""
    return any(has_letter(face, letter) for face in faces())


def clusters(text: str) -> Iterator[str]:
    """The parts read as one letter each: a letter with its accents, an emoji with its modifiers."""
    cluster = ""
    for letter in text:
        is_more = (
            unicodedata.category(letter) in _MARKS
            or letter in JOINERS
            or letter in _SKIN_TONES
            or cluster.endswith(_JOINER)
        )
        if cluster and not is_more:
            yield cluster
            cluster = ""
        cluster += letter
    if cluster:
        yield cluster


class _Piece(NamedTuple):
    """Adjacent letters in one face. `is_rtl` says whether they run from right to left."""

    text: str
    face: str
    is_rtl: bool


@lru_cache(maxsize=4096)
def _face_of(cluster: str) -> str:
    """The first face that has most of a cluster, normally all of it."""
    return max(faces(), key=lambda face: sum(has_letter(face, letter) for letter in cluster))


def _faces_of(text: str) -> Iterator[tuple[str, str]]:
    """Each cluster with its face; a non-letter keeps the face of the cluster before it."""
    before = faces()[0]
    for cluster in clusters(text):
        is_letter = unicodedata.category(cluster[0])[0] in "LMS"
        if is_letter or before.endswith(_EMOJI) or not has_letter(before, cluster[0]):
            before = _face_of(cluster)
        yield cluster, before


@lru_cache(maxsize=4096)
def _pieces_of(text: str, is_rtl: bool) -> tuple[_Piece, ...]:
    """A line's pieces in drawing order, left to right; `is_rtl` if it reads right to left."""
    parts = [
        ("".join(cluster for cluster, _ in part), face)
        for face, part in groupby(_faces_of(text), key=lambda one: one[1])
    ]
    pieces = [piece for part, face in parts for piece in _split(part, face, is_rtl)]
    runs = [list(run) for _, run in groupby(pieces, key=lambda piece: piece.is_rtl)]
    ordered = reversed(runs) if is_rtl else iter(runs)
    return tuple(piece for run in ordered for piece in (reversed(run) if run[0].is_rtl else run))


def _split(part: str, face: str, is_rtl: bool) -> Iterator[_Piece]:
    """A part, and separately the punctuation at its end, which follows the line's direction."""
    end = len(part)
    while end and unicodedata.category(part[end - 1])[0] in "PZ":
        end -= 1
    if end:
        yield _Piece(part[:end], face, runs_from_right(part))
    if end < len(part):
        yield _Piece(part[end:], face, is_rtl)


def runs_from_right(text: str) -> bool:
    """Whether a text reads from right to left, judged by its first letter."""
    kinds = (unicodedata.bidirectional(letter) for letter in text)
    return next((kind != "L" for kind in kinds if kind in ("L", "R", "AL")), False)


@dataclass(frozen=True, slots=True)
class Lettering:
    """Text of one size, each letter in a face that has it.

    `is_rtl` marks lines of a text that reads from right to left.
    """

    size_px: int
    is_rtl: bool = False

    @property
    def base_font(self) -> ImageFont.FreeTypeFont:
        """The font for characters that every face has."""
        return font_of_size(self.size_px, faces()[0])

    def length_px(self, text: str) -> float:
        """The width of a line."""
        return sum(font.getlength(piece) for piece, font, _ in self._pieces(text))

    def draw(
        self, draw: ImageDraw.ImageDraw, left_px: float, top_px: float, text: str, ink: Ink
    ) -> None:
        """Draw a line, with the ascender of its first face at `top_px`."""
        ascent_px, _ = self.base_font.getmetrics()
        for piece, font, direction in self._pieces(text):
            start = (left_px, top_px + ascent_px)
            draw.text(start, piece, fill=ink, font=font, anchor="ls", direction=direction)
            left_px += font.getlength(piece)

    def _pieces(self, text: str) -> Iterator[tuple[str, ImageFont.FreeTypeFont, str | None]]:
        """A line's pieces in drawing order, each with its font and direction."""
        for piece in _pieces_of(text, self.is_rtl):
            direction = ("rtl" if piece.is_rtl else "ltr") if joins_letters() else None
            yield piece.text, font_of_size(self.size_px, piece.face), direction
