"""The names a template may use, resolved where they are used. Pure.

A var is rendered in the scope of the shot that asks for it, so a scene that
sets `colour` changes every var built on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from storyboard.records import Json, Place
from storyboard.spec.nodes import MappingNode, Node, ScalarNode, SequenceNode
from storyboard.spec.template_fault import TemplateFault
from storyboard.spec.templates import Templates, is_template

RESERVED_NAMES = ("matrix", "row", "meta", "shot", "scene", "take", "title")


@dataclass(slots=True)
class Usage:
    """Which shared names any template or key has used, for the warnings about the others."""

    vars: set[str] = field(default_factory=set)
    negatives: set[str] = field(default_factory=set)
    seeds: set[str] = field(default_factory=set)


class ShotScope:
    """What one shot's (or one take's) templates see; a `templates.Scope`.

    `facts` are the names that are not vars: `matrix`, `row`, `shot`, `scene`,
    `take`, `title`, as far as they are known yet.
    """

    def __init__(
        self,
        templates: Templates,
        variables: Mapping[str, Node],
        facts: Mapping[str, Json],
        *,
        meta: Mapping[str, Node] | None = None,
        usage: Usage,
    ) -> None:
        self._templates = templates
        self._variables = variables
        self._facts = facts
        self._meta = meta or {}
        self._usage = usage
        self._cache: dict[str, Json] = {}
        self._under_way: list[str] = []

    def names(self) -> Iterable[str]:
        """All names in scope, for suggestions."""
        return [*self._variables, *self._facts, "meta"]

    def resolve(self, name: str) -> Json:
        """The value of a name; KeyError where there is none, TemplateFault where it is faulty."""
        if name in self._facts:
            return self._facts[name]
        if name in self._cache:
            return self._cache[name]
        if name == "meta":
            node: Node = MappingNode({}, Place("", 1, 1))
            value = self._guard(name, node, lambda: self.render_map(self._meta))
        else:
            node = self._variables[name]
            self._usage.vars.add(name)
            value = self._guard(name, node, lambda: self.render_node(node))
        self._cache[name] = value
        return value

    def render_text(self, node: ScalarNode) -> str:
        """The node's text after its templates; a fault carries the place inside the node."""
        if not is_template(node.text):
            return node.text
        try:
            return self._templates.render(node.text, self)
        except TemplateFault as fault:
            if fault.place is None:
                fault.place = place_of_line(node, fault.line)
            raise

    def render_node(self, node: Node) -> Json:
        """The node's plain value with every string in it rendered."""
        if isinstance(node, ScalarNode):
            return self.render_text(node) if isinstance(node.value, str) else node.value
        if isinstance(node, SequenceNode):
            return [self.render_node(item) for item in node.items]
        return self.render_map(dict(node))

    def render_map(self, nodes: Mapping[str, Node]) -> dict[str, Json]:
        """Plain values by key, every string in them rendered."""
        return {key: self.render_node(node) for key, node in nodes.items()}

    def _guard(self, name: str, node: Node, render: Callable[[], Json]) -> Json:
        if name in self._under_way:
            circle = " -> ".join([*self._under_way[self._under_way.index(name) :], name])
            raise TemplateFault(
                "circular-var",
                f"var {name!r} is built on itself: {circle}",
                line=1,
                hint="break the circle: one of them needs a value of its own",
                place=node.place,
            )
        self._under_way.append(name)
        try:
            return render()
        finally:
            self._under_way.pop()


def place_of_line(node: ScalarNode, line: int) -> Place:
    """Where line `line` (from 1) of the node's text stands in its file."""
    if line <= 1:
        return node.place
    return Place(node.place.path, node.text_line + line - 1, 1, 1)
