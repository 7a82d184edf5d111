"""The state of reading a text: its open mappings and lists, and the problems so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NoReturn

from storyboard.language.nodes import Entry
from storyboard.records import Position, Problem, Severity
from storyboard.reporting.value_paths import format_path

MAX_LEVELS = 64


class Stop(Exception):
    """The text cannot be read any further.

    `template` is the index of an unquoted template if that is the reason; any other reason is
    among the problems.
    """

    def __init__(self, template: int | None = None) -> None:
        super().__init__(template)
        self.template = template


@dataclass(slots=True)
class OpenCollection:
    """A mapping or list that is still open; `index` is where it begins in the text.

    `number` is the current item of a list, `key` the current key of a mapping. A mapping also has
    its `entries` so far, and the keys among them that came from a merge (None if there was none).
    A list's `key_position` is its own.
    """

    index: int
    position: Position
    is_flow: bool
    key_position: Position
    key: str | None = None
    number: int | None = None
    entries: dict[str, Entry] = field(default_factory=dict)
    merged: set[str] | None = None


class ParseState:
    """How far one text has been parsed: its open mappings and lists, and its problems."""

    def __init__(self, text: str, display_name: str) -> None:
        self.text = text
        self.display_name = display_name
        self.open: list[OpenCollection] = []
        self.problems: list[Problem] = []

    @property
    def path(self) -> str:
        """The path of the value being read."""
        parts = (part.key if part.number is None else part.number for part in self.open)
        return format_path(part for part in parts if part is not None)

    def block_column(self, index: int) -> int | None:
        """Return the column (from 1) of the innermost block around an index of the text.

        Returns None inside brackets, and 0 if nothing is open.
        """
        column = 0
        for collection in self.open:
            if collection.index >= index:
                break
            if collection.is_flow:
                return None
            column = collection.key_position.column
        return column

    def report(
        self,
        position: Position,
        code: str,
        message: str,
        *,
        hint: str | None = None,
        severity: Severity = Severity.PROBLEM,
    ) -> None:
        """Report a problem with the value being read."""
        path = self.path
        message = f"{path}: {message}" if path else message
        self.problems.append(Problem(position, code, message, hint, severity=severity))

    def stop(self, position: Position, code: str, message: str) -> NoReturn:
        """Report a problem with the text as a whole. Raises Stop."""
        self.problems.append(Problem(position, code, message))
        raise Stop

    def stop_at_depth(self, position: Position) -> NoReturn:
        """Report that the text is nested too deeply. Raises Stop."""
        self.problems.append(too_deep(position))
        raise Stop


def too_deep(position: Position) -> Problem:
    """Return the problem with a text that is nested too deeply."""
    return Problem(position, "nested-too-deep", f"nested more than {MAX_LEVELS} levels deep")
