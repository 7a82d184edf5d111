"""Merges the settings of files, scene and shot; the nearest level wins. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import NamedTuple

from storyboard.language.nodes import MappingNode, Node, ScalarNode, SequenceNode
from storyboard.records import Position
from storyboard.reporting.value_paths import format_path

OWN_KEYS = frozenset({"id", "title", "matrix", "rows", "vars", "meta"})
"""Keys of a shot that are not settings: they belong to the shot alone, or merge by key."""


class Setting(NamedTuple):
    """A value and its origin.

    `where` is its path inside its file ("scenes[0].defaults.seed"). `key_position` is the
    position of its key, which also names the file. `below` is the setting of farther levels,
    which applies if this template renders to nothing.
    """

    node: Node
    where: str
    key_position: Position
    below: Setting | None = None

    @property
    def is_null(self) -> bool:
        """Whether the value is null, which means "not set"."""
        return isinstance(self.node, ScalarNode) and self.node.value is None

    @property
    def is_template(self) -> bool:
        """Whether the value is a text that contains a template."""
        node = self.node
        return isinstance(node, ScalarNode) and node.value is not None and node.is_template

    def over(self, below: Setting | None) -> Setting:
        """Return the setting over a farther one. Only a template can turn out to say nothing."""
        return self._replace(below=below) if below and self.is_template else self

    @property
    def items(self) -> list[Setting]:
        """The values of a list, each with its own path; empty if this is not a list."""
        nodes = self.node.items if isinstance(self.node, SequenceNode) else ()
        return [
            Setting(node, f"{self.where}[{number}]", node.position)
            for number, node in enumerate(nodes)
        ]


@dataclass(frozen=True, slots=True)
class Layer:
    """The setting of each key on one level, or on several levels together.

    A null is a setting like any other, and hides those of farther levels. `cancels_meta` stands
    for `meta: null`, which hides all meta of farther levels.
    """

    variables: Mapping[str, Setting] = field(default_factory=dict)
    settings: Mapping[str, Setting] = field(default_factory=dict)
    meta: Mapping[str, Setting] = field(default_factory=dict)
    cancels_meta: bool = False


def merge_layers(layers: Iterable[Layer]) -> Layer:
    """Merge layers into one; they are in order, the farthest first and the nearest last.

    Vars and meta merge by key. A setting replaces the whole value of a farther one, unless it is
    a template that renders to nothing.
    """
    variables: dict[str, Setting] = {}
    settings: dict[str, Setting] = {}
    meta: dict[str, Setting] = {}
    cancels_meta = False
    for layer in layers:
        _lay(layer.variables, variables)
        _lay(layer.settings, settings)
        if layer.cancels_meta:
            cancels_meta = True
            meta.clear()
        _lay(layer.meta, meta)
    return Layer(variables, settings, meta, cancels_meta)


def _lay(upper: Mapping[str, Setting], lower: dict[str, Setting]) -> None:
    for key, setting in upper.items():
        lower[key] = setting.over(lower.get(key))


def read_level(node: MappingNode, where: str) -> Layer:
    """Return the layer of a file or a scene: its `vars` and `defaults`, and the file's `model`.

    `where` is the path to a scene, or empty for a file.
    """
    model = setting_of(node, "model", where)
    settings = {"model": model} if model else {}
    defaults = node.get("defaults")
    if isinstance(defaults, MappingNode):
        layer = read_shot(defaults, _join(where, "defaults"))
        settings.update(layer.settings)
    else:
        layer = Layer()
    return replace(layer, variables=settings_under(node, "vars", where), settings=settings)


def read_shot(node: MappingNode, where: str) -> Layer:
    """Return the layer of one entry under `shots`; `where` is the path to it."""
    meta = node.get("meta")
    return Layer(
        settings_under(node, "vars", where),
        {key: one for key, one in settings_of(node, where).items() if key not in OWN_KEYS},
        settings_under(node, "meta", where),
        isinstance(meta, ScalarNode) and meta.value is None,
    )


def settings_under(node: MappingNode, key: str, where: str) -> dict[str, Setting]:
    """Return the settings in the mapping under `key`; none if there is no mapping."""
    value = node.get(key)
    return settings_of(value, _join(where, key)) if isinstance(value, MappingNode) else {}


def mappings_under(node: MappingNode, key: str, where: str) -> Iterator[tuple[MappingNode, str]]:
    """Yield the mappings in the list under `key`, each with its path."""
    value, path = node.get(key), _join(where, key)
    for number, item in enumerate(value.items if isinstance(value, SequenceNode) else ()):
        if isinstance(item, MappingNode):
            yield item, f"{path}[{number}]"


def setting_of(node: MappingNode, key: str, where: str) -> Setting | None:
    """Return the value under a key of a mapping, if there is one; `where` is its path."""
    entry = node.entries.get(key)
    return Setting(entry.value, _join(where, key), entry.key_position) if entry else None


def settings_of(node: MappingNode, where: str) -> dict[str, Setting]:
    """Return the values of a mapping by key; `where` is the path to the mapping."""
    return {
        key: Setting(entry.value, _join(where, key), entry.key_position)
        for key, entry in node.entries.items()
    }


def _join(where: str, key: str) -> str:
    step = _step(key)
    return where + step if step.startswith("[") else f"{where}.{step}" if where else step


@lru_cache(maxsize=1000)
def _step(key: str) -> str:
    return format_path([key])
