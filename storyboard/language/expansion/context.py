"""What expanding works with: the means, the counts, and an entry on its way to takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from storyboard.language.expansion.cascade import Layer, Setting
from storyboard.language.expansion.payload import Memory, Request, Shared
from storyboard.language.expansion.shot_scope import Renderer, ShotScope
from storyboard.language.expansion.values import Report
from storyboard.language.nodes import MappingNode, ScalarNode
from storyboard.models.card import ModelCard
from storyboard.records import Json, Position, Problem, Take


class Cards(Protocol):
    """Where model cards come from."""

    def get(self, name: str) -> ModelCard | None:
        """The card of that name."""

    def names(self) -> Sequence[str]:
        """The names of all cards."""


class Workshop(NamedTuple):
    """What every shot is made with; `overrides` are the vars that beat every level."""

    templates: Renderer
    cards: Cards
    shared: Shared
    read_rows: Callable[[ScalarNode, str], Iterable[dict[str, Json]]]
    check_payload: Callable[[Request, ModelCard, Take], Iterable[Problem]]
    overrides: Mapping[str, Setting]
    sources: Mapping[str, str]
    report: Report


@dataclass(slots=True)
class Counts:
    """What runs through the whole file: numbers, and names that must not come twice."""

    shots: int = 0
    takes: int = 0
    shot_ids: dict[str, Position] = field(default_factory=dict)
    scene_ids: dict[str, Position] = field(default_factory=dict)
    requests: dict[str, str] = field(default_factory=dict)


class Context(NamedTuple):
    """What surrounds an entry: its level of the cascade and the names known so far."""

    layer: Layer
    facts: Mapping[str, Json]
    scene: str | None = None

    def knowing(self, **facts: Json) -> Context:
        """The same with more names for templates."""
        return Context(self.layer, {**self.facts, **facts}, self.scene)

    def scope(self, shop: Workshop) -> ShotScope:
        """What templates see here."""
        layer = self.layer
        return ShotScope(
            shop.templates, layer.variables, self.facts, meta=layer.meta, sources=shop.sources
        )


class Draft(NamedTuple):
    """One entry under `shots` (and, with its facts, one shot of it) on the way to takes.

    `memory` is shared by all shots of an entry that makes several.
    """

    entry: MappingNode
    where: str
    context: Context
    card: ModelCard | None
    memory: Memory | None = None

    @property
    def settings(self) -> Mapping[str, Setting]:
        """What the cascade says for it."""
        return self.context.layer.settings

    def knowing(self, **facts: Json) -> Draft:
        """The same with more names for its templates."""
        context = self.context.knowing(**facts)
        return Draft(self.entry, self.where, context, self.card, self.memory)


def first_key(node: MappingNode) -> Position:
    """Where it is reported what a mapping lacks: at its first key."""
    return next((entry.key_position for entry in node.entries.values()), node.position)
