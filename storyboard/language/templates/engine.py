"""Runs one storyboard's Jinja templates: compiled once, rendered in a sandbox, with limits.

Use it through `templates`, which imports this module when the first template comes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import takewhile
from traceback import walk_tb

from jinja2 import Template, TemplateNotFound, meta

from storyboard.language.templates.bounds import brief, describe, printable
from storyboard.language.templates.fault import TemplateFault, as_fault
from storyboard.language.templates.pieces import Expression, Lookup, Piece, cut, is_cut
from storyboard.language.templates.sandbox import UNRESOLVED, Sandbox
from storyboard.language.templates.scope import SUFFIX, Scope
from storyboard.language.templates.syntax import Bounding
from storyboard.language.yaml.text_positions import position_of_name
from storyboard.records import Position, Problem
from storyboard.reporting.suggest import did_you_mean

_TEXT = "<template>"
"""The name that Jinja gives a text that is not in a file, in tracebacks."""

_WORD = re.compile(r"[^\W\d]\w*")

# The fault can depend on the depth of the caller's stack.
_NOT_CACHED = "template-too-deep"


class JinjaRenderer:
    """Compiles and renders the texts of one storyboard. Not thread-safe.

    `files` maps the names of its macro files to their texts. `display_name` is the name of their
    folder. `problems` are those of the macro files themselves.
    """

    def __init__(self, files: Mapping[str, str], *, display_name: str) -> None:
        self._files = files
        self._display_name = display_name
        self._namespaces = {name.removesuffix(SUFFIX) for name in files}
        self._sandbox = Sandbox(self._read, files)
        self._compiled: dict[str, Template | TemplateFault] = {}
        self._faulty: dict[str, TemplateFault] = {}
        self._names_in = lru_cache(maxsize=None)(self._find_names)
        self._pieces_of = lru_cache(maxsize=None)(self._cut)
        self.problems: list[Problem] = []
        for name, text in files.items():
            try:
                self._sandbox.compile(text, name, self._path(name))
            except Exception as error:
                fault = as_fault(error)
                fault.position = self._position_in(name, fault.line or 1, fault)
                self._faulty[name] = fault
                problem = Problem(fault.position, fault.code, fault.message, fault.hint)
                self.problems.append(problem)

    def render(self, text: str, scope: Scope, *, prints_lists: bool = False) -> str:
        """Render a text in a scope. Raises TemplateFault or TemplatesTooCostly."""
        sandbox, meter = self._sandbox, self._sandbox.meter
        outer, line = (sandbox.scope, sandbox.modules, sandbox.prints_lists), 1
        if sandbox.scope is None:
            meter.begin()
        sandbox.scope, sandbox.modules, sandbox.prints_lists = scope, {}, prints_lists
        pieces: list[Piece] = []
        piece: Piece | None = None
        try:
            meter.enter()
            made = []
            pieces = self._pieces_of(text)
            for piece in pieces:
                if isinstance(piece, str):
                    made.append(piece)
                    continue
                line = piece.line
                if isinstance(piece, Lookup):
                    value = sandbox.look_up(UNRESOLVED, piece.name, *piece.keys)
                    made.append(sandbox.text_of(value))
                else:
                    made.append(self._template(piece.template).render(piece.values))
            whole, line, piece = "".join(made), 1, None
            return printable(meter.count(whole))
        except Exception as error:
            fault = self._to_fault(error, line)
            if fault.line == line and fault.position is None:
                fault.tag = _number_in_line(pieces, piece)
            raise fault from None
        finally:
            meter.leave()
            sandbox.scope, sandbox.modules, sandbox.prints_lists = outer

    def names_used(self, texts: Iterable[str]) -> frozenset[str]:
        """Return the names that texts take from their scope, directly or through macro files."""
        names: set[str] = set()
        files: set[str] = set()
        for text in texts:
            for piece in self._pieces_of(text):
                if isinstance(piece, Lookup):
                    names.add(piece.name)
                elif isinstance(piece, Expression):
                    found, used = self._names_in(piece.template)
                    names |= found - piece.values.keys()
                    files |= used
        unused = set(self._files)
        while now_used := {
            name for name in unused if name in files or name.removesuffix(SUFFIX) in names
        }:
            unused -= now_used
            for name in now_used:
                found, used = self._names_in(self._files[name])
                names |= found
                files |= used
        return frozenset(names)

    def _find_names(self, source: str) -> tuple[frozenset[str], frozenset[str]]:
        """Return the names that a template takes from its scope, and the files that it reads.

        For an invalid template, returns all its words: rendering reports the error, and what the
        template was meant to use is not also reported as unused.
        """
        try:
            tree = self._sandbox.parse_checked(source)
        except Exception:
            return frozenset(_WORD.findall(source)), frozenset()
        files = set(meta.find_referenced_templates(tree))
        names = meta.find_undeclared_variables(Bounding().visit(tree))
        known = self._files.keys() if None in files else {name for name in files if name}
        return frozenset(names), frozenset(known)

    def _cut(self, text: str) -> list[Piece]:
        """Cut the text into pieces; keep it whole if it cannot be cut or if a piece is invalid."""
        pieces = cut(text, self._namespaces) or [Expression(text, {})]
        try:
            for piece in pieces:
                if isinstance(piece, Expression):
                    self._template(piece.template)
        except TemplateFault:
            return [Expression(text, {})]
        return pieces

    def _template(self, text: str) -> Template:
        made = self._compiled.get(text)
        if made is None:
            try:
                made = self._sandbox.from_string(text)
            except Exception as error:
                made = as_fault(error)
                made.line = made.line or 1
            if isinstance(made, Template) or made.code != _NOT_CACHED:
                self._compiled[text] = made
        if isinstance(made, TemplateFault):
            raise made.again()
        return made

    def _read(self, name: str) -> tuple[str, str] | None:
        """Return the text of a macro file and its name in tracebacks."""
        if name in self._faulty:
            raise self._faulty[name].again()
        text = self._files.get(name)
        return None if text is None else (text, self._path(name))

    def _path(self, name: str) -> str:
        return f"{self._display_name}/{name}"

    def _to_fault(self, error: Exception, line: int) -> TemplateFault:
        """Return the fault for an exception from a rendering; `line` is where its piece begins."""
        fault = self._not_found(error) if isinstance(error, TemplateNotFound) else as_fault(error)
        if fault.line or fault.position:
            fault.line = fault.line or line
            return fault
        fault.line = line
        names = {self._path(name): name for name in self._files}
        for frame, number in walk_tb(error.__traceback__):
            path = frame.f_code.co_filename
            if path == _TEXT:
                fault.line, fault.position = line + number - 1, None
            elif path in names:
                fault.position = self._position_in(names[path], number, fault)
        return fault

    def _position_in(self, file: str, line: int, fault: TemplateFault) -> Position:
        """Return the position of the fault in a macro file, or the start of its line if unknown."""
        whole = Position(self._path(file), line, 1, len(self._files[file]))
        found = position_of_name(fault.name or "", whole, self._files[file])
        return Position(whole.path, line, 1) if found == whole else found

    def _not_found(self, error: TemplateNotFound) -> TemplateFault:
        name = error.name if isinstance(error.name, str) else describe(error.name)
        known = sorted(self._files)
        hint = f"did you mean '{name}{SUFFIX}'?" if f"{name}{SUFFIX}" in known else None
        words = (
            f"there is no file {brief(name)} in {self._display_name}/;"
            " import and include work only in that folder"
        )
        return TemplateFault("unknown-template", words, hint=hint or did_you_mean(name, known))


def _number_in_line(pieces: Iterable[Piece], faulty: Piece | None) -> int | None:
    """Return how many expressions precede the faulty one on its line, or None if unknown.

    It is unknown if the text was not cut, because the whole text is then one piece.
    """
    if faulty is None or isinstance(faulty, str) or not is_cut(faulty):
        return None
    before = takewhile(lambda piece: piece is not faulty, pieces)
    return sum(not isinstance(piece, str) and piece.line == faulty.line for piece in before)
