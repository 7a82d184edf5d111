"""Resolves aliases: the node each repeats, how large it is, and what it means where it is used."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from storyboard.language.nodes import (
    Entry,
    MappingNode,
    Node,
    ScalarNode,
    ScalarValue,
    SequenceNode,
)
from storyboard.language.yaml.parse_state import MAX_LEVELS, ParseState
from storyboard.language.yaml.scalars import is_null, read_plain
from storyboard.language.yaml.text_keys import Role
from storyboard.language.yaml.text_positions import source_lines
from storyboard.records import Position, Problem, Severity, Use
from storyboard.reporting.suggest import did_you_mean
from storyboard.reporting.value_paths import shorten

MAX_ALIASED = 1_000_000
"""How many values aliases and merges may add to those written out."""


class Alias(NamedTuple):
    """One alias: its text, its position, and the node it repeats."""

    use: Use
    node: Node


class Anchors:
    """The anchors of one text, and the aliases that repeat them.

    `nodes` holds None for an anchor whose value is still open.
    """

    def __init__(self, state: ParseState) -> None:
        self.nodes: dict[str, Node | None] = {}
        self.aliases: list[Alias] = []
        self._state = state
        self._aliased = 0
        self._used: set[str] = set()
        # Measure each collection once. Store it beside its size and height: if it were freed,
        # another could get the same id.
        self._measures: dict[int, tuple[Node, int, int]] = {}

    def repeat(self, name: str, position: Position) -> Node:
        """Return the node that the alias at `position` repeats, or its text if there is none."""
        self._used.add(name)
        known = self.nodes.get(name)
        if known:
            self.aliases.append(Alias(Use(position, f"*{shorten(name, 60)}"), known))
        node = known or self._unknown(name, position)
        size, height = self._measure(node)
        self._aliased += size
        if len(self._state.open) + height > MAX_LEVELS:
            self._state.stop_at_depth(position)
        if self._aliased > MAX_ALIASED:
            message = f"the aliases up to here expand to more than {MAX_ALIASED:,} values"
            self._state.stop(position, "too-many-aliases", message)
        return node

    def warn_of_unused(self, prose: Iterable[tuple[str, str, Position]]) -> None:
        """Warn about unused anchors before prose: they were meant as text.

        Each comes with the path and the position of the text after it.
        """
        for name, path, position in prose:
            if name not in self._used:
                mark = f"&{shorten(name, 60)}"
                message = f"{path}: {mark} is read as an anchor, and is not part of the text"
                hint = f"quote the whole value to keep {mark}"
                warning = Severity.WARNING
                at = self._position_before(f"&{name}", position)
                problem = Problem(at, "unused-anchor", message, hint, severity=warning)
                self._state.problems.append(problem)

    def _position_before(self, mark: str, text: Position) -> Position:
        """Return the position of a mark before a text on its line; if not there, the text's."""
        line = source_lines(self._state.text)[text.line - 1]
        column = line.rfind(mark, 0, text.column - 1) + 1
        return text._replace(column=column, width=len(mark)) if column else text

    def _unknown(self, name: str, position: Position) -> ScalarNode:
        alias = f"*{shorten(name, 60)}"
        if name in self.nodes:
            self._state.report(position, "alias-circle", f"{alias} is inside itself")
        else:
            self._state.report(
                position,
                "unknown-alias",
                f"{alias} refers to an anchor that is not above it",
                hint=did_you_mean(name, self.nodes)
                or "a value that begins with * needs quotes, unless it refers to an &anchor",
            )
        return ScalarNode(alias, alias, position, False, position.line)

    def _measure(self, node: Node) -> tuple[int, int]:
        """Return how many values and levels a node has with everything written out."""
        if isinstance(node, ScalarNode):
            return 1, 0
        if known := self._measures.get(id(node)):
            return known[1], known[2]
        children = node.items if isinstance(node, SequenceNode) else [v for _, v in node]
        measures = [self._measure(child) for child in children]
        size = 1 + sum(size for size, _ in measures)
        height = 1 + max((height for _, height in measures), default=0)
        self._measures[id(node)] = (node, size, height)
        return size, height


def retyped(node: Node, role: Role) -> Node:
    """Return a repeated node as if it were written out where the alias is.

    The same text can be a string under one key and a number under another.
    """
    if isinstance(node, ScalarNode):
        return _retyped_scalar(node, is_text=role.is_text)
    if isinstance(node, SequenceNode):
        items = tuple(retyped(item, Role(is_text=role.is_text)) for item in node.items)
        is_same = all(new is old for new, old in zip(items, node.items, strict=True))
        return node if is_same else replace(node, items=items)
    if not role.holds_text:
        return node
    entries = {
        key: Entry(entry.key_position, retyped(entry.value, Role(is_text=True)))
        for key, entry in node.entries.items()
    }
    return MappingNode(entries, node.position)


def _retyped_scalar(node: ScalarNode, *, is_text: bool) -> ScalarNode:
    if not node.is_plain:
        return node
    value: ScalarValue
    if is_text:
        value = None if is_null(node.text) else node.text
    else:
        try:
            value = read_plain(node.text)
        except ValueError:  # already a problem where it is written
            value = node.text
    is_same = value == node.value and type(value) is type(node.value)
    return node if is_same else node._replace(value=value)
