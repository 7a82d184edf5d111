"""From a template's text to Python code: bounded, with no constant computed on the way.

Jinja's compiler folds constants and lets some operations (slices, ~, ==,
loops) pass around the sandbox. Here nothing is folded, and each of them goes
through a method of the `Sandbox`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame, operators
from jinja2.idtracking import VAR_LOAD_PARAMETER, VAR_LOAD_RESOLVE
from jinja2.lexer import Token

from storyboard.language.templates.bounds import Stop, need_number
from storyboard.language.templates.filters import FILTERS, TESTS
from storyboard.language.templates.guard import need_known
from storyboard.language.templates.wording import too_deep

MAX_TOKENS = 10_000
MAX_BRACKETS = 20  # within one another; the parser needs 14 frames for each
MAX_LEVELS = 50  # of blocks and expressions within one another
MAX_CODE = 2_000_000  # characters of Python

_OPENING = frozenset({"lparen", "lbracket", "lbrace"})
_CLOSING = frozenset({"rparen", "rbracket", "rbrace"})
_LOOPED = "for loop"  # no filter of a template can have a name with a space


def counted(tokens: Iterable[Token]) -> Iterator[Token]:
    """The tokens as they come; Stop where there are too many or brackets stand too deep."""
    depth = 0
    for number, token in enumerate(tokens):
        if number >= MAX_TOKENS:
            raise Stop(
                "template-too-long",
                f"the template has more than {MAX_TOKENS:,} words and signs inside its tags",
                line=token.lineno,
            )
        if token.type in _OPENING:
            depth += 1
        elif token.type in _CLOSING:
            depth -= 1
        if depth > MAX_BRACKETS:
            raise too_deep(token.lineno)
        yield token


def examine(tree: nodes.Template) -> None:
    """Stop at the first thing in a parsed template that no template may have."""
    waiting: list[tuple[nodes.Node, int, int]] = [(tree, 0, 1)]
    while waiting:
        node, depth, line = waiting.pop()
        line = node.lineno or line
        if depth > MAX_LEVELS:
            raise too_deep(line)
        try:
            _examine_node(node)
        except Stop as stop:
            stop.line = line
            raise
        children = [(child, depth + 1, line) for child in node.iter_child_nodes()]
        waiting.extend(reversed(children))


def holds_only_macros(tree: nodes.Template) -> bool:
    """Whether a parsed template defines macros and does nothing else but print plain text."""
    return all(
        isinstance(node, nodes.Macro)
        or (
            isinstance(node, nodes.Output)
            and all(isinstance(part, nodes.TemplateData) for part in node.nodes)
        )
        for node in tree.body
    )


def _examine_node(node: nodes.Node) -> None:
    if isinstance(node, nodes.Filter):
        need_known(node.name, FILTERS, "filter")
    elif isinstance(node, nodes.Test):
        need_known(node.name, TESTS, "test")
    elif isinstance(node, nodes.Const):
        if isinstance(node.value, (int, float)):
            need_number(node.value)
            if math.isinf(node.value):
                raise Stop("template-too-large", "a number is too large")
    elif isinstance(node, nodes.Keyword):
        if node.key.startswith("_"):
            raise Stop("not-allowed", f"{node.key!r} cannot be the name of an argument")
    elif isinstance(node, nodes.ScopedEvalContextModifier):
        raise Stop("not-allowed", "there is no autoescape: prompts are plain text")


def _label(node: nodes.Node) -> str | None:
    """How the template calls a value: `meta.camera`; None where it is not a plain path."""
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        inner = _label(node.node)
        return f"{inner}.{node.attr}" if inner else None
    return None


class Generator(CodeGenerator):
    """Writes the code; `names` are those that it takes from outside, `files` those it reads.

    None among `files` stands for one whose name is computed.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.names: set[str] = set()
        self.files: set[str | None] = set()
        self._size = 0

    def write(self, x: str) -> None:
        self._size += len(x)
        if self._size > MAX_CODE:
            raise Stop("template-too-long", "the template has too much inside its tags")
        super().write(x)

    # Names: Jinja looks all names of a block up where the block begins. Here
    # the lookup waits for the use, because a var may be dear, or faulty in a
    # branch that is not taken.

    def write_commons(self) -> None:
        super().write_commons()
        self.writeline("fetch = environment.fetch")

    def enter_frame(self, frame: Frame) -> None:
        self.names.update(
            name
            for action, name in frame.symbols.loads.values()
            if action == VAR_LOAD_RESOLVE and name is not None
        )
        super().enter_frame(frame)

    def visit_Name(self, node: nodes.Name, frame: Frame) -> None:
        if node.ctx == "load":
            reference = frame.symbols.ref(node.name)
            load = frame.symbols.find_load(reference)
            is_given = load is not None and load[0] == VAR_LOAD_PARAMETER
            if not is_given or self.parameter_is_undeclared(reference):
                self.write(f"fetch({reference}, {node.name!r})")
                return
        super().visit_Name(node, frame)

    # Operations that would pass around the sandbox.

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:
        self.write("environment.getattr(")
        self.visit(node.node, frame)
        self.write(f", {node.attr!r}, {_label(node.node)!r})")

    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:
        if isinstance(node.arg, nodes.Slice):
            self._call("cut", frame, node.node, node.arg.start, node.arg.stop, node.arg.step)
            return
        self.write("environment.getitem(")
        self.visit(node.node, frame)
        self.write(", ")
        self.visit(node.arg, frame)
        self.write(f", {_label(node.node)!r})")

    def visit_Slice(self, node: nodes.Slice, frame: Frame) -> None:
        self.fail("a slice takes one range, as in name[0:3]", node.lineno)

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:
        self._call("joined", frame, *node.nodes)

    def visit_Compare(self, node: nodes.Compare, frame: Frame) -> None:
        self.write("(")
        self._call("compared", frame, node.expr)
        for operand in node.ops:
            self.visit(operand, frame)
        self.write(")")

    def visit_Operand(self, node: nodes.Operand, frame: Frame) -> None:
        self.write(f" {operators[node.op]} ")
        self._call("compared", frame, node.expr)

    def visit_List(self, node: nodes.List, frame: Frame) -> None:
        self.write("environment.weighed(")
        super().visit_List(node, frame)
        self.write(")")

    def visit_Tuple(self, node: nodes.Tuple, frame: Frame) -> None:
        if node.ctx != "load":
            super().visit_Tuple(node, frame)
            return
        self.write("environment.weighed(")
        super().visit_Tuple(node, frame)
        self.write(")")

    def visit_Dict(self, node: nodes.Dict, frame: Frame) -> None:
        self.write("environment.weighed(")
        super().visit_Dict(node, frame)
        self.write(")")

    def visit_For(self, node: nodes.For, frame: Frame) -> None:
        """Write a loop that counts each round and each test of an entry."""
        step = nodes.EnvironmentAttribute("step()", lineno=node.lineno)
        counting = nodes.For(
            node.target,
            nodes.Filter(node.iter, _LOOPED, [], [], None, None, lineno=node.lineno),
            [nodes.ExprStmt(step, lineno=node.lineno), *node.body],
            node.else_,
            nodes.And(step, node.test, lineno=node.lineno) if node.test else None,
            node.recursive,
            lineno=node.lineno,
        )
        super().visit_For(counting, frame)

    def visit_Filter(self, node: nodes.Filter, frame: Frame) -> None:
        if node.name == _LOOPED:
            self._call("entries", frame, node.node)
        else:
            super().visit_Filter(node, frame)

    # Files it reads.

    def visit_Include(self, node: nodes.Include, frame: Frame) -> None:
        self._note_file(node.template)
        super().visit_Include(node, frame)

    def visit_Extends(self, node: nodes.Extends, frame: Frame) -> None:
        self._note_file(node.template)
        super().visit_Extends(node, frame)

    def visit_Import(self, node: nodes.Import, frame: Frame) -> None:
        self._note_file(node.template)
        super().visit_Import(node, frame)

    def visit_FromImport(self, node: nodes.FromImport, frame: Frame) -> None:
        self._note_file(node.template)
        super().visit_FromImport(node, frame)

    def _note_file(self, name: nodes.Expr) -> None:
        is_known = isinstance(name, nodes.Const) and isinstance(name.value, str)
        self.files.add(name.value if is_known else None)  # type: ignore[attr-defined] # is_known says so

    # Constants: Jinja computes the constant parts of an output here.

    def _output_child_to_const(self, node: nodes.Expr, frame: Frame, finalize: Any) -> str:
        if isinstance(node, nodes.TemplateData):
            return node.data
        raise nodes.Impossible()

    def _call(self, method: str, frame: Frame, *arguments: nodes.Node | None) -> None:
        """Write a call of a method of the sandbox."""
        self.write(f"environment.{method}(")
        for argument in arguments:
            if argument is None:
                self.write("None")
            else:
                self.visit(argument, frame)
            self.write(", ")
        self.write(")")
