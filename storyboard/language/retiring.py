"""Warns where a storyboard names models that retire soon or have retired. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from storyboard.language.expansion.var_names import Level, levels
from storyboard.language.nodes import MappingNode, Node, ScalarNode, SequenceNode
from storyboard.models.catalog import Catalog
from storyboard.models.retirement import find_sibling, retirement_words
from storyboard.records import Position, Problem, Severity

RETIRING = "retiring-model"


def find_retiring(
    files: Sequence[MappingNode], models: Iterable[str], catalog: Catalog, today: date
) -> Iterator[Problem]:
    """Warn about each model in use that retires soon or has retired."""
    positions: dict[str, Position] = {}
    for file in files:
        for name, position in _named(levels(file)):
            positions.setdefault(name, position)
    for name in sorted(set(models) & positions.keys()):
        card = catalog.get_usable(name)
        words = card and retirement_words(card, today)
        if card and words:
            sibling = find_sibling(card, catalog, today)
            hint = f"{sibling} makes videos of the same kind" if sibling else None
            severity = Severity.WARNING
            yield Problem(positions[name], RETIRING, words, hint, severity=severity)


def _named(file: Iterable[Level]) -> Iterator[tuple[str, Position]]:
    for node, _ in file:
        defaults = node.get("defaults")
        for holder in (node, defaults):
            if isinstance(holder, MappingNode) and (model := holder.get("model")):
                yield from _texts(model)


def _texts(node: Node) -> Iterator[tuple[str, Position]]:
    if isinstance(node, ScalarNode):
        yield node.text, node.position
    elif isinstance(node, SequenceNode):
        for item in node.items:
            yield from _texts(item)
