"""The cascade: what file, scene and shot say, the nearest winning. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import NamedTuple

from storyboard.language.nodes import MappingNode, Node, ScalarNode
from storyboard.records import Position
from storyboard.reporting.value_paths import format_path

OWN_KEYS = frozenset({"id", "matrix", "rows", "vars", "meta"})
"""Keys of a shot that do not come down the cascade as settings."""


class Setting(NamedTuple):
    """A value that holds for a shot, the way to it inside its file, and where its key stands."""

    node: Node
    where: str
    key_position: Position

    @property
    def is_null(self) -> bool:
        """Whether it says "not set"."""
        return isinstance(self.node, ScalarNode) and self.node.value is None


@dataclass(frozen=True, slots=True)
class Layer:
    """What one level says. A null is kept: it cancels what stands below it.

    `drops_meta` says that the level has `meta: null`, which cancels all of it.
    """

    variables: Mapping[str, Setting] = field(default_factory=dict)
    settings: Mapping[str, Setting] = field(default_factory=dict)
    meta: Mapping[str, Setting] = field(default_factory=dict)
    drops_meta: bool = False

    def under(self, nearer: Layer) -> Layer:
        """This level with a nearer one laid over it."""
        return Layer(
            {**self.variables, **nearer.variables},
            {**self.settings, **nearer.settings},
            {**({} if nearer.drops_meta else self.meta), **nearer.meta},
            self.drops_meta or nearer.drops_meta,
        )

    def with_variables(self, nearest: Mapping[str, Setting]) -> Layer:
        """This level with vars that beat its own."""
        if not nearest:
            return self
        return replace(self, variables={**self.variables, **nearest})


def read_level(node: MappingNode, where: str) -> Layer:
    """The layer of a file or a scene: its `vars` and `defaults`, and the file's `model`.

    `where` is the way to it, nothing for a file.
    """
    variables = settings_under(node, "vars", where)
    settings = {key: setting for key, setting in settings_of(node, where) if key == "model"}
    defaults = node.get("defaults")
    if not isinstance(defaults, MappingNode):
        return Layer(variables, settings)
    inner = _read_settings(defaults, _join(where, "defaults"))
    return Layer(variables, {**settings, **inner.settings}, inner.meta, inner.drops_meta)


def read_shot(node: MappingNode, where: str) -> Layer:
    """The layer of one entry under `shots`."""
    inner = _read_settings(node, where)
    variables = settings_under(node, "vars", where)
    return Layer(variables, inner.settings, inner.meta, inner.drops_meta)


def settings_under(node: MappingNode, key: str, where: str) -> dict[str, Setting]:
    """The settings in the mapping under `key`, none where there is no mapping."""
    value = node.get(key)
    return dict(settings_of(value, _join(where, key))) if isinstance(value, MappingNode) else {}


def settings_of(node: MappingNode, where: str) -> list[tuple[str, Setting]]:
    """What stands in a mapping, by key; `where` is the way to the mapping."""
    return [
        (key, Setting(entry.value, _join(where, key), entry.key_position))
        for key, entry in node.entries.items()
    ]


def _read_settings(node: MappingNode, where: str) -> Layer:
    meta = node.get("meta")
    return Layer(
        settings={key: value for key, value in settings_of(node, where) if key not in OWN_KEYS},
        meta=settings_under(node, "meta", where),
        drops_meta=isinstance(meta, ScalarNode) and meta.value is None,
    )


def _join(where: str, key: str) -> str:
    way = _way(key)
    return where + way if way.startswith("[") else f"{where}.{way}" if where else way


@lru_cache(maxsize=1000)
def _way(key: str) -> str:
    return format_path([key])
