"""A row as templates see it: its cells by column, and its position."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache

from storyboard.records import Json, Position

_NO_WORD = re.compile(r"\W+")


class RowValues(dict[str, Json]):
    """The cells of one row by column.

    `row.Shot_Size` finds the column `Shot Size` if no other column has that name. `is_table` says
    that every row of the file has the same columns. `number` is as in `RowSource`.
    """

    __slots__ = ("is_table", "number", "position")

    def __init__(
        self,
        cells: Mapping[str, Json],
        position: Position,
        *,
        is_table: bool = False,
        number: int = 0,
    ) -> None:
        super().__init__(cells)
        self.position = position
        self.is_table = is_table
        self.number = number

    def __missing__(self, key: str) -> Json:
        if not isinstance(key, str):
            raise KeyError(key)
        return self[_spellings(tuple(self))[_as_name(key)]]


class WatchedRow(RowValues):
    """A row that records whether it was asked for a cell, and which cells it returned."""

    __slots__ = ("given", "is_asked")

    def __init__(self, row: RowValues) -> None:
        super().__init__(row, row.position, is_table=row.is_table, number=row.number)
        self.given: dict[str, Json] = {}
        self.is_asked = False

    def __getitem__(self, key: str) -> Json:
        self.is_asked = True
        value = super().__getitem__(key)
        if key in self:
            self.given[key] = value
        return value


def column_like(name: str, columns: Iterable[str]) -> str | None:
    """Return the column with this name, ignoring case, spaces and punctuation, or None."""
    folded = _as_name(name).casefold()
    return next((column for column in columns if _as_name(column).casefold() == folded), None)


@lru_cache(maxsize=16)
def _spellings(columns: tuple[str, ...]) -> Mapping[str, str]:
    """Map template names to columns, leaving out names that fit several columns."""
    names: dict[str, list[str]] = {}
    for column in columns:
        names.setdefault(_as_name(column), []).append(column)
    return {name: found[0] for name, found in names.items() if name and len(found) == 1}


def _as_name(column: str) -> str:
    # A separate accent is not a letter; macOS and some tables write "é" as two characters.
    column = unicodedata.normalize("NFC", column.strip())
    return _NO_WORD.sub("_", column).strip("_")
