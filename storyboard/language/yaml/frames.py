"""What is open while YAML is read: frames for mappings and lists, and the problems so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from storyboard.language.nodes import Entry, Node
from storyboard.records import Position, Problem, Severity
from storyboard.reporting.value_paths import format_path


class TextKeys(NamedTuple):
    """Which values are text however they are spelled, and which are prose.

    The plain values under `names` are their spelling, and so is every value
    directly inside a mapping under `mappings`. Under `prose`, and inside
    mappings under `prose_mappings`, a value cut short by ` #` is warned about.
    """

    names: frozenset[str]
    mappings: frozenset[str] = frozenset()
    prose: frozenset[str] = frozenset()
    prose_mappings: frozenset[str] = frozenset()


@dataclass(slots=True)
class Frame:
    """A mapping or list that is still open."""

    index: int  # where it begins in the text
    position: Position
    anchor: str | None
    is_flow: bool
    is_text: bool = False  # its plain values are text
    is_prose: bool = False
    items: list[Node] | None = None  # a list's
    entries: dict[str, Entry] = field(default_factory=dict)  # a mapping's
    merged: set[str] | None = None  # the keys among them that came by a merge
    key: str | None = None  # the one that waits for its value
    key_position: Position | None = None
    is_merge: bool = False  # that key is <<
    is_dropped: bool = False  # that key's value goes nowhere
    is_odd_key: bool = False  # it stands where its parent expects a key

    @property
    def awaits_key(self) -> bool:
        """Whether what comes next is a key."""
        return self.items is None and self.key is None


class Reading:
    """One reading of one text: what the parts of the builder share."""

    def __init__(self, text: str, display_name: str, keys: TextKeys) -> None:
        self.text = text
        self.display_name = display_name
        self.keys = keys
        self.frames: list[Frame] = []
        self.problems: list[Problem] = []

    @property
    def top(self) -> Frame | None:
        """The innermost open mapping or list."""
        return self.frames[-1] if self.frames else None

    @property
    def path(self) -> str:
        """The way to the value that is being read."""
        parts: list[str | int] = []
        for frame in self.frames:
            if frame.items is not None:
                parts.append(len(frame.items))
            elif frame.key is not None:
                parts.append(frame.key)
        return format_path(parts)

    def block_column(self, index: int) -> int | None:
        """The column (from 1) of the innermost block around a place in the text.

        None where that is inside brackets, 0 where nothing is open.
        """
        column = 0
        for frame in self.frames:
            if frame.index >= index:
                break
            if frame.is_flow:
                return None
            column = ((frame.items is None and frame.key_position) or frame.position).column
        return column

    def takes_text(self, frame: Frame | None) -> bool:
        """Whether the plain value that comes next in a frame is its spelling."""
        if frame is None or frame.is_text:
            return frame is not None
        return frame.items is None and frame.key in self.keys.names

    def report(
        self,
        position: Position,
        code: str,
        message: str,
        *,
        hint: str | None = None,
        severity: Severity = Severity.PROBLEM,
    ) -> None:
        """Note what is wrong with the value that is being read."""
        path = self.path
        message = f"{path}: {message}" if path else message
        self.problems.append(Problem(position, code, message, hint, severity=severity))
