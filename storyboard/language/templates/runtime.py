"""What a compiled template runs in: its scope, and a context that asks it late."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from jinja2 import Template
from jinja2.environment import TemplateModule
from jinja2.runtime import Context
from jinja2.utils import missing

from storyboard.language.templates.bounds import Meter
from storyboard.language.templates.scope import Scope

if TYPE_CHECKING:
    from storyboard.language.templates.sandbox import Sandbox

LATER: Any = type("Later", (), {})()
"""Stands for a name whose value the scope has not been asked for yet."""


@dataclass(slots=True)
class Rendering:
    """One text being rendered: its scope, its bounds, and the macro files it has read."""

    scope: Scope
    meter: Meter
    modules: dict[str, TemplateModule] = field(default_factory=dict)
    loading: list[str] = field(default_factory=list)


class LazyContext(Context):
    """Knows what the template has set itself; all other names are left for `Sandbox.fetch`."""

    def resolve_or_missing(self, key: str) -> Any:
        found = super().resolve_or_missing(key)
        return LATER if found is missing else found


class PartContext(LazyContext):
    """What an expression is computed in that was cut out of a text: it sets nothing.

    Made for every expression that is rendered, so it leaves out what only
    blocks and assignments need. `values` are those of its slots.
    """

    def __init__(self, environment: Sandbox, values: Mapping[str, Any]) -> None:
        self.environment = environment
        self.parent = values  # type: ignore[assignment] # nothing writes into it
        self.vars = {}
        self.name = None
        self.blocks = {}
        self.eval_ctx = environment.eval_context


class BoundedTemplate(Template):
    """A compiled text or macro file, with the names and the files that it uses.

    `is_constant`: it holds macros and nothing else, so that its module is the
    same for every rendering; the macros ask for their names when they are called.
    """

    environment: Sandbox
    names: frozenset[str]
    files: frozenset[str | None]
    is_constant: bool
    body: Callable[[Context], Iterator[str]]

    @classmethod
    def _from_namespace(
        cls, environment: Any, namespace: MutableMapping[str, Any], globals: Any
    ) -> Template:
        template: Any = super()._from_namespace(environment, namespace, globals)
        template.body = namespace["root"]
        template.root_render_func = _counting_depth(environment, template.body)
        return cast(Template, template)

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        # Jinja keeps one for ever; what a macro file sets may depend on the scope.
        return self.environment.module_of(self)


def _counting_depth(
    environment: Sandbox, root: Callable[[Context], Iterator[str]]
) -> Callable[[Context], Iterator[str]]:
    def run(context: Context) -> Iterator[str]:
        meter = environment.meter
        meter.enter()
        try:
            yield from root(context)
        finally:
            meter.leave()

    return run
