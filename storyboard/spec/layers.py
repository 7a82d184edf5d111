"""The cascade: what file, scene and shot say, the nearest winning. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from storyboard.spec.nodes import MappingNode, Node

OWN_KEYS = frozenset({"id", "matrix", "rows", "vars", "meta"})
"""Keys of a shot that do not come down the cascade as settings."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A value that holds for a shot, and the way to it inside its file."""

    node: Node
    where: str


@dataclass(frozen=True, slots=True)
class Layer:
    """What one level says. A null is kept: it cancels what stands below it."""

    variables: Mapping[str, Node] = field(default_factory=dict)
    settings: Mapping[str, Setting] = field(default_factory=dict)
    meta: Mapping[str, Node] = field(default_factory=dict)

    def under(self, nearer: Layer) -> Layer:
        """This level with a nearer one laid over it."""
        return Layer(
            {**self.variables, **nearer.variables},
            {**self.settings, **nearer.settings},
            {**self.meta, **nearer.meta},
        )


def read_level(node: MappingNode, where: str) -> Layer:
    """The layer of a file or a scene: its `vars` and `defaults`."""
    defaults = node.get("defaults")
    prefix = f"{where}.defaults" if where else "defaults"
    if not isinstance(defaults, MappingNode):
        return Layer(_map_under(node, "vars"))
    return Layer(
        _map_under(node, "vars"), _settings(defaults, prefix), _map_under(defaults, "meta")
    )


def read_shot(node: MappingNode, where: str) -> Layer:
    """The layer of one entry under `shots`."""
    return Layer(_map_under(node, "vars"), _settings(node, where), _map_under(node, "meta"))


def _settings(node: MappingNode, where: str) -> dict[str, Setting]:
    return {key: Setting(value, f"{where}.{key}") for key, value in node if key not in OWN_KEYS}


def _map_under(node: MappingNode, key: str) -> dict[str, Node]:
    value = node.get(key)
    return dict(value) if isinstance(value, MappingNode) else {}
