"""What an alias repeats: how much it is, and what it means where it now stands."""

from __future__ import annotations

from dataclasses import replace

from storyboard.language.nodes import (
    Entry,
    MappingNode,
    Node,
    ScalarNode,
    ScalarValue,
    SequenceNode,
)
from storyboard.language.yaml.scalars import UnusableNumber, is_null, read_plain


class Measures:
    """Sizes and heights of nodes. Each is walked once, however often it is repeated."""

    def __init__(self) -> None:
        # The node is kept beside its measures: were it freed, another could get its id.
        self._known: dict[int, tuple[Node, int, int]] = {}

    def of(self, node: Node) -> tuple[int, int]:
        """How many values a node holds when all is written out, and how many levels.

        Recurses as deep as the node is high, which the builder bounds.
        """
        if isinstance(node, ScalarNode):
            return 1, 0
        if known := self._known.get(id(node)):
            return known[1], known[2]
        children = node.items if isinstance(node, SequenceNode) else [v for _, v in node]
        size, height = 1, 1
        for child in children:
            child_size, child_height = self.of(child)
            size += child_size
            height = max(height, child_height + 1)
        self._known[id(node)] = (node, size, height)
        return size, height


def retyped(node: Node, *, is_text: bool, values_are_text: bool = False) -> Node:
    """A repeated node as if it were spelled out where the alias stands.

    The same spelling is text under one key and a number under another.
    `values_are_text` is for a mapping whose direct values are all text.
    """
    if isinstance(node, ScalarNode):
        return _retyped_scalar(node, is_text=is_text)
    if isinstance(node, SequenceNode):
        items = tuple(retyped(item, is_text=is_text) for item in node.items)
        is_same = all(new is old for new, old in zip(items, node.items, strict=True))
        return node if is_same else replace(node, items=items)
    if not values_are_text:
        return node
    return MappingNode(
        {
            key: Entry(entry.key_position, retyped(entry.value, is_text=True))
            for key, entry in node.entries.items()
        },
        node.position,
    )


def _retyped_scalar(node: ScalarNode, *, is_text: bool) -> ScalarNode:
    if not node.is_plain:
        return node
    value: ScalarValue
    if is_text:
        value = None if is_null(node.text) else node.text
    else:
        try:
            value = read_plain(node.text)
        except UnusableNumber:  # a problem already, where it is written
            value = node.text
    is_same = value == node.value and type(value) is type(node.value)
    return node if is_same else node._replace(value=value)
