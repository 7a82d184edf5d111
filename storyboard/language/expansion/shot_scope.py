"""The names that a shot's templates can use, each resolved on first use. Pure.

A var is rendered in the scope of the shot that uses it, so a scene that sets `colour` changes
every var that refers to `colour`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import NamedTuple, TypeVar

from storyboard.language.expansion.cascade import Setting
from storyboard.language.nodes import Node, ScalarNode, SequenceNode
from storyboard.language.rows.values import RowValues, WatchedRow
from storyboard.language.templates.fault import TemplateFault
from storyboard.language.templates.templates import Templates
from storyboard.language.yaml.text_positions import (
    position_of_line,
    position_of_name,
    position_of_template,
)
from storyboard.records import Json, Position, RowSource

_T = TypeVar("_T")
_N = TypeVar("_N", bound="Node | Setting")

OF_A_SHOT = frozenset({"matrix", "row", "shot", "take"})
"""The facts that differ between the shots of one entry, or between the takes of one shot."""


_CELL = r"row(?:\.\w{1,99}|\['[^'{}]{1,99}'\])"
_PLAIN_FILTER = r"(?: ?\| ?(?:slug|trim|lower|upper|title))"
_ONLY_CELLS = re.compile(rf"(?:[^{{]|\{{\{{ ?{_CELL}{_PLAIN_FILTER}? ?\}}\}})*")
"""A text that uses the same cells of every row, and does nothing with them that can fail."""


class EntryCache(NamedTuple):
    """Results that are the same for all shots of an entry.

    `texts` are the rendered texts, by template and by whether it prints lists. `faults` are those
    of texts that use a column their table does not have, by position.
    """

    texts: dict[tuple[str, bool], str]
    faults: dict[Position, TemplateFault]


class ShotScope:
    """The names that templates of one shot or take can use; a `templates.scope.Scope`.

    `variables` are the vars that apply to it. `facts` are the other names known so far (`matrix`,
    `row`, `shot`, `scene`, `take`, `title`). `sources` maps file names to their texts, to compute
    the positions of faults. The shots of an entry share one `cache`.
    """

    def __init__(
        self,
        templates: Templates,
        variables: Mapping[str, Setting],
        facts: Mapping[str, Json],
        *,
        meta: Mapping[str, Setting] | None = None,
        sources: Mapping[str, str] | None = None,
        cache: EntryCache | None = None,
    ) -> None:
        self._templates = templates
        self._variables = variables
        self._facts = facts
        self._meta = meta or {}
        self._sources = sources or {}
        self._cache = EntryCache({}, {}) if cache is None else cache
        self._values: dict[str, tuple[Json, bool]] = {}
        self._is_of_shot = False  # whether a name from OF_A_SHOT has been used
        self._being_rendered: dict[str, Setting] = {}

    def with_facts(self, **facts: Json) -> ShotScope:
        """Return the scope with more facts, whose names must be in `OF_A_SHOT`."""
        return ShotScope(
            self._templates,
            self._variables,
            {**self._facts, **facts},
            meta=self._meta,
            sources=self._sources,
            cache=self._cache,
        )

    def names(self) -> Iterable[str]:
        """Return all names in scope, for suggestions."""
        return [*self._variables, *self._facts, "meta"]

    def resolve(self, name: str) -> object:
        """Return the value of a name.

        Raises:
            KeyError: there is no such name.
            TemplateFault: its own template cannot be rendered.
        """
        if name in OF_A_SHOT:
            self._is_of_shot = True
        if name in self._facts:
            return self._facts[name]
        if name == "meta":
            return _Meta(self, self._meta)
        return self.value_of(name, self._variables[name])

    def variable(self, name: str) -> Setting | None:
        """Return the var with that name that applies here, or None."""
        return self._variables.get(name)

    def value_of(self, name: str, setting: Setting) -> Json:
        """Return the value of a var or a meta key, rendered on first use and then cached.

        Raises TemplateFault if it cannot be rendered, or if it depends on itself.
        """
        if name in self._values:
            value, is_same = self._values[name]
            self._is_of_shot = self._is_of_shot or not is_same
            return value
        if name in self._being_rendered:
            raise self._circle(name)
        self._being_rendered[name] = setting
        try:
            value, is_same = self._watch(self._render_setting, setting)
        except TemplateFault as fault:
            fault.where = fault.where or setting.where
            raise
        finally:
            del self._being_rendered[name]
        self._values[name] = value, is_same
        return value

    def _render_setting(self, setting: Setting) -> Json:
        return self.render_node(self.effective(setting).node)

    def effective(self, setting: Setting, *, prints_lists: bool = False) -> Setting:
        """Return the setting, or the first below it that says something if its template does not.

        A setting that cannot be rendered counts as having a value, so its error is reported.
        Raises nothing.
        """
        while setting.below is not None and isinstance(setting.node, ScalarNode):
            try:
                if self.render_text(setting.node, prints_lists=prints_lists).strip():
                    break
            except TemplateFault:
                break
            setting = setting.below
        return setting

    def _watch(self, render: Callable[[_N], _T], node: _N) -> tuple[_T, bool]:
        """Return the result of `render`, and whether it is the same for every shot of the entry."""
        before, self._is_of_shot = self._is_of_shot, False
        try:
            return render(node), not self._is_of_shot
        finally:
            self._is_of_shot = before or self._is_of_shot

    def render_text(self, node: ScalarNode, *, prints_lists: bool = False) -> str:
        """Return the node's text, rendered. Raises TemplateFault with its position set.

        With `prints_lists`, a list prints so that `spellings.as_list` finds its entries.
        """
        key, (texts, faults) = (node.text, prints_lists), self._cache
        if key in texts:
            return texts[key]
        if faults and node.position in faults:
            raise faults[node.position].again()
        render = partial(self._render_text, prints_lists=prints_lists)
        try:
            text, is_same = self._watch(render, node)
        except TemplateFault as fault:
            if self.is_of_all_rows(fault) and _ONLY_CELLS.fullmatch(node.text):
                faults[node.position] = fault.again()
            raise
        if is_same:
            texts[key] = text
        return text

    def _render_text(self, node: ScalarNode, *, prints_lists: bool = False) -> str:
        try:
            return self._templates.render(node.text, self, prints_lists=prints_lists)
        except TemplateFault as fault:
            if fault.position is None:
                source = self._source_of(node)
                position = position_of_line(node, fault.line, source)
                fault.position = position_of_name(fault.name or "", position, source, fault.tag)
            raise

    def render_node(self, node: Node) -> Json:
        """Return the node as plain data with every string rendered. Raises TemplateFault."""
        if isinstance(node, ScalarNode):
            return self.render_text(node) if isinstance(node.value, str) else node.written
        if isinstance(node, SequenceNode):
            return [self.render_node(item) for item in node.items]
        return {key: self.render_node(value) for key, value in node}

    def position_of(self, node: Node) -> Position:
        """Return the position for a problem with a node's value; for a template, the template's."""
        if isinstance(node, ScalarNode) and node.is_template:
            return position_of_template(node, self._source_of(node))
        return node.position

    def row_of(self, node: Node) -> RowSource | None:
        """Return the row, and its cells, that a node's templates use; None if they use none."""
        row = self._facts.get("row")
        if not isinstance(row, RowValues):
            return None
        watched = WatchedRow(row)
        facts = {**self._facts, "row": watched}
        scope = ShotScope(self._templates, self._variables, facts, meta=self._meta)
        with suppress(TemplateFault):
            scope.render_node(node)
        if not watched.is_asked:
            return None
        return RowSource(row.position, tuple(watched.given.items()), row.number)

    @property
    def row(self) -> RowSource | None:
        """The row of the shot, without its cells."""
        row = self._facts.get("row")
        return RowSource(row.position, (), row.number) if isinstance(row, RowValues) else None

    @property
    def columns(self) -> Collection[str]:
        """The columns of the row."""
        row = self._facts.get("row")
        return row if isinstance(row, RowValues) else ()

    def is_of_all_rows(self, fault: TemplateFault) -> bool:
        """Whether the fault is about a column that every row of the table lacks."""
        row = self._facts.get("row")
        return fault.code == "undefined-name" and isinstance(row, RowValues) and row.is_table

    def _source_of(self, node: Node) -> str:
        return self._sources.get(node.position.path, "")

    def _circle(self, name: str) -> TemplateFault:
        """Return the fault for a var that depends on itself, the same for the whole cycle."""
        names = list(self._being_rendered)
        circle = names[names.index(name) :]
        first = min(circle, key=lambda name: self._being_rendered[name].key_position)
        start = circle.index(first)
        steps = [*circle[start:], *circle[:start], first]
        fault = TemplateFault(
            "circular-var",
            f"refers to itself: {' -> '.join(steps)}",
            hint="break the cycle: give one of them a value of its own",
            position=self._being_rendered[first].node.position,
        )
        fault.where = self._being_rendered[first].where
        return fault


class _Meta(Mapping[str, Json]):
    """A shot's `meta`. Values are rendered on first use, so they can refer to each other."""

    def __init__(self, scope: ShotScope, settings: Mapping[str, Setting]) -> None:
        self._scope = scope
        self._settings = settings

    def __getitem__(self, key: str) -> Json:
        return self._scope.value_of(f"meta.{key}", self._settings[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._settings)

    def __len__(self) -> int:
        return len(self._settings)
