"""The templates of one storyboard in Jinja: compiled once, rendered in a sandbox, bounded.

`templates` is the way in; it imports this when the first template comes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import NamedTuple, TypeAlias

from jinja2 import TemplateNotFound

from storyboard.language.templates.bounds import Meter, Stop, brief, need_length
from storyboard.language.templates.fault import TemplateFault
from storyboard.language.templates.parts import Part, Way, cut
from storyboard.language.templates.runtime import BoundedTemplate, PartContext, Rendering
from storyboard.language.templates.sandbox import Sandbox
from storyboard.language.templates.scope import SUFFIX, Scope
from storyboard.language.templates.wording import as_stop
from storyboard.records import Position, Problem
from storyboard.reporting.suggest import did_you_mean

# Depend on the moment or on how deep the caller stands, so they are not remembered.
_PASSING = frozenset({"template-too-slow", "template-too-deep"})

_Parts: TypeAlias = "list[str | Way | _Expression]"
"""A text as what it prints as it stands, and its expressions."""


class _Expression(NamedTuple):
    """An expression that is compiled, with the values of its slots in this text."""

    template: BoundedTemplate
    values: Mapping[str, str | int]


class JinjaRenderer:
    """Compiles and renders the texts of one storyboard; not for several threads at once.

    `files` are the texts of its macro files by name, `display_name` is what their
    folder is called. `problems` are those of the macro files themselves.
    """

    def __init__(
        self, files: Mapping[str, str], *, display_name: str, clock: Callable[[], float]
    ) -> None:
        self._display_name = display_name
        self._clock = clock
        self._sandbox = Sandbox()
        self._compiled: dict[str, BoundedTemplate | Stop] = {}
        self._parts: dict[str, _Parts | None] = {}
        self.problems: list[Problem] = []
        for name, text in files.items():
            made = self._build(text, name)
            self._sandbox.files[name] = made
            if isinstance(made, Stop) and made.position is not None:
                self.problems.append(Problem(made.position, made.code, made.message, made.hint))

    def render(self, text: str, scope: Scope) -> str:
        """What a template makes in a scope. Raises TemplateFault."""
        sandbox = self._sandbox
        outer = sandbox.rendering
        meter = outer.meter if outer else Meter(self._clock)
        counts = meter.counts
        try:
            made = self._render_parts(text, scope, meter)
            if made is None:
                meter.give_back(counts)
                sandbox.rendering = Rendering(scope, meter)
                template = self._template(text)
                made = sandbox.concat(template.root_render_func(template.new_context({})))
            if not made.isascii():
                made.encode()
            return made
        except TemplateFault:
            raise
        except Exception as error:
            raise self._fault(error) from None
        finally:
            sandbox.rendering = outer

    def _render_parts(self, text: str, scope: Scope, meter: Meter) -> str | None:
        """What the text's parts make; None where it is whole or one fails.

        The text as a whole then says what is wrong, and where.
        """
        parts = self._parts_of(text)
        if parts is None:
            return None
        sandbox = self._sandbox
        sandbox.rendering = Rendering(scope, meter)
        meter.enter()
        try:
            made: list[str] = []
            for part in parts:
                if isinstance(part, str):
                    made.append(part)
                elif isinstance(part, Way):
                    made.append(sandbox.follow(part.name, part.keys))
                else:
                    made.extend(part.template.body(PartContext(sandbox, part.values)))
            length = sum(map(len, made))
            need_length(length)
            meter.charge(length)
            return "".join(made)
        except TemplateFault:
            raise
        except Exception:
            return None
        finally:
            meter.leave()

    def names_used(self, texts: Iterable[str]) -> frozenset[str]:
        """The names that texts take from their scope, through the macro files that they use."""
        names: set[str] = set()
        waiting: set[BoundedTemplate] = set()
        for text in texts:
            for part in self._parts_of(text) or self._whole(text):
                if isinstance(part, Way):
                    names.add(part.name)
                elif not isinstance(part, str):
                    names |= part.template.names - part.values.keys()
                    waiting.add(part.template)
        waiting |= self._macro_files(names)
        seen = set(waiting)
        while waiting:
            template = waiting.pop()
            if template.name is not None:  # a macro file; of texts the names are there already
                names |= template.names
            files = self._macro_files(template.names | {name for name in template.files if name})
            if None in template.files:
                files = self._macro_files(self._sandbox.files)
            waiting |= files - seen
            seen |= files
        return frozenset(names)

    def _macro_files(self, names: Iterable[str]) -> set[BoundedTemplate]:
        """The macro files of these names, given with or without their ending."""
        files = self._sandbox.files
        found = (files.get(f"{name.removesuffix(SUFFIX)}{SUFFIX}") for name in names)
        return {file for file in found if isinstance(file, BoundedTemplate)}

    def _whole(self, text: str) -> _Parts:
        """A text that cannot be cut as one part; nothing where it cannot be compiled."""
        try:
            return [_Expression(self._template(text), {})]
        except Stop:
            return []

    def _template(self, text: str) -> BoundedTemplate:
        made = self._compiled.get(text)
        if made is None:
            made = self._build(text, None)
            if isinstance(made, BoundedTemplate) or made.code not in _PASSING:
                self._compiled[text] = made
        if isinstance(made, Stop):
            raise made.again()
        return made

    def _parts_of(self, text: str) -> _Parts | None:
        if text not in self._parts:
            self._parts[text] = self._make_parts(text)
        return self._parts[text]

    def _make_parts(self, text: str) -> _Parts | None:
        parts = cut(text)
        if parts is None:
            return None
        try:
            return [
                _Expression(self._template(part.template), part.values)
                if isinstance(part, Part)
                else part
                for part in parts
            ]
        except Stop:
            return None

    def _build(self, text: str, name: str | None) -> BoundedTemplate | Stop:
        try:
            return self._sandbox.build(text, name)
        except Exception as error:
            stop = as_stop(error)
        if name is not None:
            stop.position = Position(f"{self._display_name}/{name}", stop.line or 1, 1)
        return stop

    def _fault(self, error: Exception) -> TemplateFault:
        """The fault for whatever a rendering raised."""
        stop = self._not_found(error) if isinstance(error, TemplateNotFound) else as_stop(error)
        line, position = stop.line or 1, stop.position
        inner: tuple[BoundedTemplate, int] | None = None
        for template, number in _lines_of(error.__traceback__):
            if template.name is None:
                line = number
            inner = (template, number)
        if position is None and inner is not None and inner[0].name is not None:
            position = Position(f"{self._display_name}/{inner[0].name}", inner[1], 1)
        return TemplateFault(stop.code, stop.message, line, stop.hint, position)

    def _not_found(self, error: TemplateNotFound) -> Stop:
        name = str(error.name)
        known = sorted(self._sandbox.files)
        hint = f"did you mean '{name}{SUFFIX}'?" if f"{name}{SUFFIX}" in known else None
        return Stop(
            "unknown-template",
            f"there is no file {brief(name)} in {self._display_name}/;"
            " import and include reach that folder and nothing else",
            hint or did_you_mean(name, known),
        )


def _lines_of(traceback: TracebackType | None) -> Iterable[tuple[BoundedTemplate, int]]:
    """Where in the templates an exception passed, from the outside in."""
    while traceback is not None:
        template = traceback.tb_frame.f_globals.get("__jinja_template__")
        if isinstance(template, BoundedTemplate):
            yield template, template.get_corresponding_lineno(traceback.tb_lineno)
        traceback = traceback.tb_next
