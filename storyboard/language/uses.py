"""Adds to each problem the aliases that repeat the wrong value, and the include of its file.

A problem is reported where the wrong value is written, which may be far from its uses. Pure.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from storyboard.language.nodes import MappingNode, Node, SequenceNode
from storyboard.language.text_files import MAX_BYTES
from storyboard.language.yaml.aliases import Alias
from storyboard.language.yaml.source import Source
from storyboard.records import Position, Problem, Use


def with_uses(
    problems: Iterable[Problem], sources: Iterable[Source], includes: Mapping[str, Position]
) -> tuple[Problem, ...]:
    """Return the problems in order, with the positions that use the values they are about.

    `sources` are the YAML files; `includes` maps their display names to the settings that include
    them.
    """
    problems = tuple(problems)
    wrong = {problem.position.path for problem in problems}
    aliased = {
        source.display_name: _Aliased(source.root, source.aliases)
        for source in sources
        if source.root and source.aliases and source.display_name in wrong
    }
    return tuple(_with_uses(problem, aliased, includes) for problem in problems)


def _with_uses(
    problem: Problem, aliased: Mapping[str, _Aliased], includes: Mapping[str, Position]
) -> Problem:
    position = problem.position
    uses = aliased[position.path].uses_at(position) if position.path in aliased else []
    if include := includes.get(position.path):
        uses = [*uses, Use(include, "include")]
    return replace(problem, uses=tuple(uses)) if uses else problem


class _Aliased:
    """One file's keys and values, and which of them aliases repeat."""

    def __init__(self, root: Node, aliases: Iterable[Alias]) -> None:
        self._uses: dict[Position, list[Use]] = {}
        nodes: dict[int, tuple[Node, list[Use]]] = {}
        for alias in aliases:
            nodes.setdefault(id(alias.node), (alias.node, []))[1].append(alias.use)
        for node, uses in nodes.values():
            for position in set(_positions(node)):
                self._uses.setdefault(position, []).extend(uses)
        self._positions = sorted(set(_positions(root)))

    def uses_at(self, position: Position) -> list[Use]:
        """Return the aliases that repeat the value at a position."""
        number = bisect_right(self._positions, position._replace(width=MAX_BYTES))
        if not number:
            return []
        value = self._positions[number - 1]
        is_after = value.line == position.line and position.column >= value.column + value.width
        return [] if is_after else self._uses.get(value, [])


def _positions(node: Node) -> Iterator[Position]:
    """Yield the positions of a node and of the keys and values in it."""
    yield node.position
    if isinstance(node, SequenceNode):
        for item in node.items:
            yield from _positions(item)
    elif isinstance(node, MappingNode):
        for entry in node.entries.values():
            yield entry.key_position
            yield from _positions(entry.value)
