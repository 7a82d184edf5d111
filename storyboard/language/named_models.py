"""Finds where a storyboard's files name models. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from storyboard.language.nodes import MappingNode, Node, ScalarNode, SequenceNode


def named_models(files: Iterable[MappingNode]) -> tuple[str, ...]:
    """Return the models that the files name, known or not, each once."""
    return tuple(dict.fromkeys(node.text for file in files for node in model_nodes(file)))


def model_nodes(file: MappingNode) -> Iterator[ScalarNode]:
    """Yield each text that names a model, in variants too."""
    for level in _levels(file):
        node = level.get("model")
        for one in node.items if isinstance(node, SequenceNode) else (node,):
            if isinstance(one, ScalarNode) and isinstance(one.value, str):
                yield one


def _levels(file: MappingNode) -> Iterator[MappingNode]:
    """Yield all mappings of a file in which `model` is a setting."""
    for level in (file, *_mappings(file.get("scenes"))):
        yield level
        yield from _mappings(level.get("shots"))
        if isinstance(defaults := level.get("defaults"), MappingNode):
            yield defaults
    if isinstance(variants := file.get("variants"), MappingNode):
        values = (entry.value for entry in variants.entries.values())
        yield from (value for value in values if isinstance(value, MappingNode))


def _mappings(node: Node | None) -> Iterator[MappingNode]:
    items = node.items if isinstance(node, SequenceNode) else ()
    return (item for item in items if isinstance(item, MappingNode))
