"""Values read from YAML with their positions, and rows of a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from storyboard.language.templates.scope import is_template
from storyboard.records import Json, Position

ScalarValue: TypeAlias = bool | int | float | str | None


class _Written:
    spelling: str

    def __str__(self) -> str:
        return self.spelling


class WrittenInt(_Written, int):
    """A whole number that prints as it was written: 0010, 0x1F."""


class WrittenFloat(_Written, float):
    """A number that prints as it was written: 3.10, 1e3."""


def as_written(value: ScalarValue, spelling: str) -> ScalarValue:
    """The value, equal in all but how it prints where it is a number written in another way."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or str(value) == spelling:
        return value
    made = WrittenInt(value) if isinstance(value, int) else WrittenFloat(value)
    made.spelling = spelling
    return made


class ScalarNode(NamedTuple):
    """One value. `text` is its spelling in the file, quotes and folding resolved.

    `text_line` is the file's line on which the first line of `text` stands:
    the line of `position`, or for a block scalar (| or >) the one below it.
    """

    value: ScalarValue
    text: str
    position: Position
    is_plain: bool = True
    text_line: int = 0

    @property
    def is_template(self) -> bool:
        """Whether its text has anything that a template would change."""
        return is_template(self.text)

    @property
    def data(self) -> Json:
        """The plain value."""
        return self.value

    @property
    def written(self) -> Json:
        """The value for templates, in which a number prints as it is written."""
        return as_written(self.value, self.text)


@dataclass(frozen=True, slots=True)
class SequenceNode:
    """A list of nodes."""

    items: tuple[Node, ...]
    position: Position

    @property
    def data(self) -> Json:
        """The plain list."""
        return [item.data for item in self.items]

    @property
    def written(self) -> Json:
        """The list for templates."""
        return [item.written for item in self.items]


class Entry(NamedTuple):
    """One key of a mapping with its own position."""

    key_position: Position
    value: Node


@dataclass(frozen=True, slots=True)
class MappingNode:
    """A mapping in file order. Keys are text, each there once."""

    entries: Mapping[str, Entry]
    position: Position

    @property
    def first_key_position(self) -> Position:
        """Where a missing key is reported; the position of the mapping if it is empty."""
        return next((entry.key_position for entry in self.entries.values()), self.position)

    def get(self, key: str) -> Node | None:
        """The value under `key`, or None."""
        entry = self.entries.get(key)
        return entry.value if entry else None

    def __iter__(self) -> Iterator[tuple[str, Node]]:
        return ((key, entry.value) for key, entry in self.entries.items())

    @property
    def data(self) -> Json:
        """The plain dict."""
        return {key: entry.value.data for key, entry in self.entries.items()}

    @property
    def written(self) -> Json:
        """The dict for templates."""
        return {key: entry.value.written for key, entry in self.entries.items()}


class Row(NamedTuple):
    """One row of a file of rows: its cells by column, and where it begins."""

    position: Position
    cells: dict[str, Json]


Node: TypeAlias = ScalarNode | SequenceNode | MappingNode
