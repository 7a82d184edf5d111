"""The names a template may use, resolved where they are used. Pure.

A var is rendered in the scope of the shot that asks for it, so a scene that
sets `colour` changes every var built on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol, TypeVar

from storyboard.language.expansion.cascade import Setting
from storyboard.language.nodes import Node, ScalarNode, SequenceNode
from storyboard.language.templates.fault import TemplateFault
from storyboard.language.templates.scope import Scope, is_template
from storyboard.language.yaml.text_positions import position_of_line, position_of_template
from storyboard.records import Json, Position

_T = TypeVar("_T")

OF_A_SHOT = frozenset({"matrix", "row", "shot", "take"})
"""The facts that differ between the shots of one entry, and between the takes of a shot."""


class Renderer(Protocol):
    """What fills in the templates of a text; `templates.Templates` does."""

    def render(self, text: str, scope: Scope) -> str:
        """The text with its templates filled in. Raises TemplateFault."""


class ShotScope:
    """What one shot's (or one take's) templates see; a `templates.Scope`.

    `facts` are the names that are not vars: `matrix`, `row`, `shot`, `scene`,
    `take`, `title`, as far as they are known yet. `sources` are the texts of
    the files, for the places of faults.
    """

    def __init__(
        self,
        templates: Renderer,
        variables: Mapping[str, Setting],
        facts: Mapping[str, Json],
        *,
        meta: Mapping[str, Setting] | None = None,
        sources: Mapping[str, str] | None = None,
    ) -> None:
        self._templates = templates
        self._variables = variables
        self._facts = facts
        self._meta = meta or {}
        self._sources = sources or {}
        self._known: dict[str, tuple[Json, bool]] = {}
        self._is_asked = False  # whether a name was used that each shot has for itself
        self._under_way: dict[str, Setting] = {}

    def names(self) -> Iterable[str]:
        """All names in scope, for suggestions."""
        return [*self._variables, *self._facts, "meta"]

    def resolve(self, name: str) -> object:
        """The value of a name; KeyError where there is none, TemplateFault where it is faulty."""
        if name in self._facts:
            self._is_asked = self._is_asked or name in OF_A_SHOT
            return self._facts[name]
        if name == "meta":
            return _Meta(self, self._meta)
        return self.value_of(name, self._variables[name])

    def value_of(self, name: str, setting: Setting) -> Json:
        """A var's or a meta key's value, rendered on first use. Raises TemplateFault."""
        if name in self._known:
            value, is_same = self._known[name]
            self._is_asked = self._is_asked or not is_same
            return value
        if name in self._under_way:
            raise self._circle(name)
        self._under_way[name] = setting
        try:
            value, is_same = self.watch(lambda: self.render_node(setting.node))
        except TemplateFault as fault:
            fault.where = fault.where or setting.where
            raise
        finally:
            del self._under_way[name]
        self._known[name] = value, is_same
        return value

    def watch(self, read: Callable[[], _T]) -> tuple[_T, bool]:
        """What `read` gives, and whether every shot of the entry would get the same."""
        before, self._is_asked = self._is_asked, False
        try:
            return read(), not self._is_asked
        finally:
            self._is_asked = before or self._is_asked

    def render_text(self, node: ScalarNode) -> str:
        """The node's text after its templates; a TemplateFault carries its place."""
        try:
            return self._templates.render(node.text, self)
        except TemplateFault as fault:
            if fault.position is None:
                fault.position = position_of_line(node, fault.line, self._source_of(node))
            raise

    def render_node(self, node: Node) -> Json:
        """The node's plain value with every string in it rendered. Raises TemplateFault."""
        if isinstance(node, ScalarNode):
            return self.render_text(node) if isinstance(node.value, str) else node.value
        if isinstance(node, SequenceNode):
            return [self.render_node(item) for item in node.items]
        return {key: self.render_node(value) for key, value in node}

    def position_of(self, node: Node) -> Position:
        """Where a problem with a node's value stands: the line of its template, or the node's."""
        if isinstance(node, ScalarNode) and is_template(node.text):
            return position_of_template(node, self._source_of(node))
        return node.position

    def _source_of(self, node: Node) -> str:
        return self._sources.get(node.position.path, "")

    def _circle(self, name: str) -> TemplateFault:
        """The fault that names a circle, the same one wherever it was entered."""
        names = list(self._under_way)
        circle = names[names.index(name) :]
        first = min(circle, key=lambda name: self._under_way[name].key_position)
        start = circle.index(first)
        steps = [*circle[start:], *circle[:start], first]
        fault = TemplateFault(
            "circular-var",
            f"is built on itself: {' -> '.join(steps)}",
            hint="break the circle: one of them needs a value of its own",
            position=self._under_way[first].node.position,
        )
        fault.where = self._under_way[first].where
        return fault


class _Meta(Mapping[str, Json]):
    """A shot's `meta`: each value is rendered when it is asked for, so one may use another."""

    def __init__(self, scope: ShotScope, settings: Mapping[str, Setting]) -> None:
        self._scope = scope
        self._settings = settings

    def __getitem__(self, key: str) -> Json:
        return self._scope.value_of(f"meta.{key}", self._settings[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._settings)

    def __len__(self) -> int:
        return len(self._settings)
