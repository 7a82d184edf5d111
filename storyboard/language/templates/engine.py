"""The templates of one storyboard in Jinja: compiled once, rendered in a sandbox, bounded.

`templates` is the way in; it imports this when the first template comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from traceback import walk_tb
from typing import NamedTuple, TypeAlias

from jinja2 import Template, TemplateNotFound, meta

from storyboard.language.templates.bounds import (
    MAX_LOAD_STEPS,
    STEP,
    Meter,
    brief,
    describe,
    printable,
)
from storyboard.language.templates.fault import TemplateFault, TemplatesTooCostly, as_fault
from storyboard.language.templates.pieces import Expression, Lookup, cut
from storyboard.language.templates.sandbox import LATER, Rendering, Sandbox
from storyboard.language.templates.scope import SUFFIX, Scope
from storyboard.language.templates.syntax import Bounding
from storyboard.records import Position, Problem
from storyboard.reporting.suggest import did_you_mean

_TEXT = "<template>"
"""What Jinja calls the file of a text that lies in none, in tracebacks."""

# Depends on how deep the caller stands, so it is not remembered.
_PASSING = "template-too-deep"


class _Compiled(NamedTuple):
    """An expression, or a text that cannot be cut, with the values of its slots."""

    template: Template
    source: str
    values: Mapping[str, str | int]
    line: int = 1


_Pieces: TypeAlias = "list[str | Lookup | _Compiled]"
"""A text as what it prints as it stands, and its expressions."""


class JinjaRenderer:
    """Compiles and renders the texts of one storyboard; not for several threads at once.

    `files` are the texts of its macro files by name, `display_name` is what their
    folder is called. `problems` are those of the macro files themselves.
    """

    def __init__(self, files: Mapping[str, str], *, display_name: str) -> None:
        self._files = files
        self._display_name = display_name
        self._sandbox = Sandbox(self._read, files)
        self._spent = 0  # of all renderings, in characters as `Meter` counts them
        self._compiled: dict[str, Template | TemplateFault] = {}
        self._pieces: dict[str, _Pieces] = {}
        self._faulty: dict[str, TemplateFault] = {}
        self._names_in = lru_cache(maxsize=None)(self._find_names)
        for name, text in files.items():
            try:
                self._sandbox.compile(text, name, self._path(name))
            except Exception as error:
                fault = as_fault(error)
                fault.position = Position(self._path(name), fault.line or 1, 1)
                self._faulty[name] = fault
        self.problems = [
            Problem(fault.position, fault.code, fault.message, fault.hint)
            for fault in self._faulty.values()
            if fault.position
        ]

    def render(self, text: str, scope: Scope) -> str:
        """What a template makes in a scope. Raises TemplateFault, or TemplatesTooCostly."""
        sandbox = self._sandbox
        outer = sandbox.rendering
        if self._spent > MAX_LOAD_STEPS * STEP:
            words = f"all templates together take more than {MAX_LOAD_STEPS:,} loop steps"
            raise TemplatesTooCostly(words)
        sandbox.rendering = Rendering(scope, outer.meter if outer else Meter())
        line = 1
        try:
            sandbox.meter.enter()
            made = []
            for piece in self._pieces_of(text):
                if isinstance(piece, str):
                    made.append(piece)
                    continue
                line = piece.line
                if isinstance(piece, Lookup):
                    made.append(printable(sandbox.look_up(LATER, piece.name, piece.keys)))
                else:
                    made.append(piece.template.render(piece.values))
            whole = "".join(made)
            line = 1
            sandbox.meter.count(whole)
            if not whole.isascii():
                whole.encode()
            return whole
        except Exception as error:
            raise self._placed(error, line) from None
        finally:
            sandbox.meter.leave()
            self._spent += 0 if outer else sandbox.meter.spent
            sandbox.rendering = outer

    def names_used(self, texts: Iterable[str]) -> frozenset[str]:
        """The names that texts take from their scope, through the macro files that they use."""
        names: set[str] = set()
        files: set[str] = set()
        for text in texts:
            for piece in self._sound_pieces(text):
                if isinstance(piece, Lookup):
                    names.add(piece.name)
                elif not isinstance(piece, str):
                    found, used = self._names_in(piece.source)
                    names |= found - piece.values.keys()
                    files |= used
        seen: set[str] = set()
        waiting = self._files_of(names) | files
        while waiting := (waiting & self._files.keys()) - seen - self._faulty.keys():
            seen |= waiting
            for name in tuple(waiting):
                found, used = self._names_in(self._files[name])
                names |= found
                waiting |= used | self._files_of(found)
        return frozenset(names)

    def _files_of(self, names: Iterable[str]) -> set[str]:
        return {f"{name}{SUFFIX}" for name in names}

    def _find_names(self, source: str) -> tuple[frozenset[str], frozenset[str]]:
        """The names that a sound template takes from its scope, and the files that it reads."""
        tree = self._sandbox.parse_checked(source)
        files = set(meta.find_referenced_templates(tree))
        names = meta.find_undeclared_variables(Bounding().visit(tree))
        known = self._files.keys() if None in files else {name for name in files if name}
        return frozenset(names), frozenset(known)

    def _sound_pieces(self, text: str) -> _Pieces:
        try:
            return self._pieces_of(text)
        except TemplateFault:
            return []

    def _pieces_of(self, text: str) -> _Pieces:
        pieces = self._pieces.get(text)
        if pieces is None:
            pieces = self._pieces[text] = self._make_pieces(text)
        return pieces

    def _make_pieces(self, text: str) -> _Pieces:
        """The text compiled in pieces, or whole where it cannot be cut or a piece is faulty."""
        try:
            return [self._make_piece(piece) for piece in cut(text) or [Expression(text, {})]]
        except TemplateFault:
            return [_Compiled(self._template(text), text, {})]

    def _make_piece(self, piece: str | Expression | Lookup) -> str | Lookup | _Compiled:
        if isinstance(piece, Lookup) and f"{piece.name}{SUFFIX}" in self._files:
            # The lines inside a macro file are Jinja's to tell.
            source = f"{{{{ {'.'.join([piece.name, *piece.keys])} }}}}"
            return _Compiled(self._template(source), source, {}, piece.line)
        if isinstance(piece, Expression):
            template = self._template(piece.template)
            return _Compiled(template, piece.template, piece.values, piece.line)
        return piece

    def _template(self, text: str) -> Template:
        made = self._compiled.get(text)
        if made is None:
            try:
                made = self._sandbox.from_string(text)
            except Exception as error:
                made = as_fault(error)
                made.line = made.line or 1
            if isinstance(made, Template) or made.code != _PASSING:
                self._compiled[text] = made
        if isinstance(made, TemplateFault):
            raise made.again()
        return made

    def _read(self, name: str) -> tuple[str, str] | None:
        """The text of a macro file and what it is called in tracebacks."""
        if name in self._faulty:
            raise self._faulty[name].again()
        text = self._files.get(name)
        return None if text is None else (text, self._path(name))

    def _path(self, name: str) -> str:
        return f"{self._display_name}/{name}"

    def _placed(self, error: Exception, line: int) -> TemplateFault:
        """The fault for whatever a rendering raised; `line` is where its piece begins."""
        fault = self._not_found(error) if isinstance(error, TemplateNotFound) else as_fault(error)
        if fault.is_placed:
            fault.line = fault.line or line
            return fault
        fault.line = line
        paths = {self._path(name) for name in self._files}
        for frame, number in walk_tb(error.__traceback__):
            path = frame.f_code.co_filename
            if path == _TEXT:
                fault.line, fault.position = line + number - 1, None
            elif path in paths:
                fault.position = Position(path, number, 1)
        return fault

    def _not_found(self, error: TemplateNotFound) -> TemplateFault:
        name = error.name if isinstance(error.name, str) else describe(error.name)
        known = sorted(self._files)
        hint = f"did you mean '{name}{SUFFIX}'?" if f"{name}{SUFFIX}" in known else None
        words = (
            f"there is no file {brief(name)} in {self._display_name}/;"
            " import and include reach that folder and nothing else"
        )
        return TemplateFault("unknown-template", words, hint=hint or did_you_mean(name, known))
