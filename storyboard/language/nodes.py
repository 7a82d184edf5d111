"""Values read from YAML with their positions, and the rows of a table."""

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
    """Return the value so that it prints as written; it still compares equal."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or str(value) == spelling:
        return value
    made = WrittenInt(value) if isinstance(value, int) else WrittenFloat(value)
    made.spelling = spelling
    return made


class ScalarNode(NamedTuple):
    """One value. `text` is its text in the file, with quotes and folding resolved.

    `text_line` is the line of the file that holds the first line of `text`: the line of
    `position`, or the next line for a block scalar (| or >).
    """

    value: ScalarValue
    text: str
    position: Position
    is_plain: bool = True
    text_line: int = 0

    @property
    def is_template(self) -> bool:
        """Whether rendering could change its text."""
        return is_template(self.text)

    @property
    def data(self) -> Json:
        """The plain value."""
        return self.value

    @property
    def written(self) -> Json:
        """The value for templates; a number prints as it was written."""
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
    """One key of a mapping, with its own position and value."""

    key_position: Position
    value: Node


@dataclass(frozen=True, slots=True)
class MappingNode:
    """A mapping in file order. Keys are text and unique."""

    entries: Mapping[str, Entry]
    position: Position

    @property
    def first_key_position(self) -> Position:
        """Where to report a missing key: at the first key, or at the mapping if it is empty."""
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
    """One row of a file of rows: its cells by column, and the position where it begins."""

    position: Position
    cells: dict[str, Json]


Node: TypeAlias = ScalarNode | SequenceNode | MappingNode
