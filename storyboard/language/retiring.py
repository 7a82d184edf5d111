"""Warns where a storyboard names models that retire soon or have retired. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from storyboard.language.named_models import model_nodes
from storyboard.language.nodes import MappingNode
from storyboard.models.catalog import Catalog
from storyboard.models.retirement import find_sibling, retirement_words
from storyboard.records import Position, Problem, Severity

RETIRING = "retiring-model"


def find_retiring(
    files: Sequence[MappingNode], models: Iterable[str], catalog: Catalog, today: date
) -> Iterator[Problem]:
    """Warn about each model in use that retires soon or has retired, where it is named first."""
    positions: dict[str, Position] = {}
    for file in files:
        for node in sorted(model_nodes(file), key=lambda node: node.position):
            positions.setdefault(node.text, node.position)
    for name in sorted(set(models) & positions.keys()):
        card = catalog.get_usable(name)
        words = card and retirement_words(card, today)
        if card and words:
            sibling = find_sibling(card, catalog, today)
            hint = f"{sibling} makes videos of the same kind" if sibling else None
            severity = Severity.WARNING
            yield Problem(positions[name], RETIRING, words, hint, severity=severity)
