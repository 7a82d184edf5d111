"""Checks a parsed template, and changes it so that every limit is enforced.

Some operations (names, `~`, loops) compile to plain Python and bypass the environment's methods.
Here they become filters with names that no template can write.
"""

from __future__ import annotations

import math

from jinja2 import nodes
from jinja2.visitor import NodeTransformer

from storyboard.language.templates.bounds import need_number
from storyboard.language.templates.fault import TemplateFault, too_deep
from storyboard.language.templates.filters import FILTERS, TESTS, need_known

MAX_LEVELS = 50  # of nested blocks and expressions

LOOKUP = "look up"
JOINED = "joined"
SLICE = "slice of a list"
ROUNDS = "rounds of a loop"
PRINTED = "printed"
MODULE = "module of a file"


def check_tree(tree: nodes.Template) -> None:
    """Raise a fault for the first thing in a parsed template that is not allowed."""
    waiting: list[tuple[nodes.Node, int, int]] = [(tree, 0, 1)]
    while waiting:
        node, depth, line = waiting.pop()
        line = node.lineno or line
        if depth > MAX_LEVELS:
            raise too_deep(line)
        try:
            _check_node(node)
        except TemplateFault as fault:
            fault.line = line
            raise
        children = [(child, depth + 1, line) for child in node.iter_child_nodes()]
        waiting.extend(reversed(children))


def _check_node(node: nodes.Node) -> None:
    if isinstance(node, nodes.Filter):
        need_known(node.name, FILTERS, "filter")
    elif isinstance(node, nodes.Test):
        need_known(node.name, TESTS, "test")
    elif isinstance(node, nodes.Const) and isinstance(node.value, (int, float)):
        need_number(node.value)
        if math.isinf(node.value):
            raise TemplateFault("template-too-large", "a number is too large")
    elif isinstance(node, nodes.ScopedEvalContextModifier):
        raise TemplateFault("not-in-templates", "there is no autoescape: prompts are plain text")


def holds_only_macros(tree: nodes.Template) -> bool:
    """Whether a parsed template only defines macros and prints plain text."""
    return all(
        isinstance(node, nodes.Macro)
        or (
            isinstance(node, nodes.Output)
            and all(isinstance(child, nodes.TemplateData) for child in node.nodes)
        )
        for node in tree.body
    )


class Bounding(NodeTransformer):
    """Sends every operation that could grow, or reach something, through the sandbox."""

    def visit_Name(self, node: nodes.Name) -> nodes.Expr:
        """Look a name up where it is used: a var may be slow, or invalid in a branch not taken."""
        return self._lookup(node) if node.ctx == "load" else node

    def visit_Getattr(self, node: nodes.Getattr | nodes.Getitem) -> nodes.Expr:
        """Look keys up together with the name they start from, so that a fault can state it."""
        return self._lookup(node)

    visit_Getitem = visit_Getattr

    def visit_Slice(self, node: nodes.Slice) -> nodes.Expr:
        """Turn `a[b:c]` into a key that is looked up like any other."""
        bounds = (node.start, node.stop, node.step)
        first, *others = [self.visit(bound) if bound else nodes.Const(None) for bound in bounds]
        return _filter(first, SLICE, *others)

    def visit_Concat(self, node: nodes.Concat) -> nodes.Expr:
        """Join `a ~ b` by the rules of printing."""
        first, *others = [self.visit(child) for child in node.nodes]
        return _filter(first, JOINED, *others)

    def visit_Compare(self, node: nodes.Compare) -> nodes.Expr:
        """Turn `a in b` into the equivalent test, which names what is undefined."""
        self.generic_visit(node)
        if len(node.ops) != 1 or node.ops[0].op not in ("in", "notin"):
            return node
        (operand,) = node.ops
        test = nodes.Test(node.expr, "in", [operand.expr], [], None, None, lineno=node.lineno)
        return test if operand.op == "in" else nodes.Not(test, lineno=node.lineno)

    def visit_TemplateData(self, node: nodes.TemplateData) -> nodes.Expr:
        """Print plain text as a value, so that it is counted each time it is printed."""
        return nodes.Const(node.data, lineno=node.lineno)

    def visit_For(self, node: nodes.For) -> nodes.Node:
        """Count the rounds of a loop when it begins."""
        self.generic_visit(node)
        node.iter = _filter(node.iter, ROUNDS)
        return node

    def visit_FilterBlock(self, node: nodes.FilterBlock) -> nodes.Node:
        """Print the result of a filtered block by the usual rules."""
        self.generic_visit(node)
        node.filter = _filter(node.filter, PRINTED)
        return node

    def visit_AssignBlock(self, node: nodes.AssignBlock) -> nodes.Node:
        """Measure the text that `{% set x %}...{% endset %}` keeps; a filter does so itself."""
        self.generic_visit(node)
        if node.filter is None:
            node.filter = nodes.Filter(None, PRINTED, [], [], None, None, lineno=node.lineno)
        return node

    def visit_Import(self, node: nodes.Import) -> nodes.Node:
        """Import a file as its namespace; Jinja would keep its first values forever."""
        if node.with_context:
            return self.generic_visit(node)
        module = _filter(self.visit(node.template), MODULE)
        return _assign(node.target, module)

    def visit_FromImport(self, node: nodes.FromImport) -> nodes.Node | list[nodes.Node]:
        """Do the same for single macros of a file."""
        if node.with_context:
            return self.generic_visit(node)
        module = _filter(self.visit(node.template), MODULE)
        label = node.template.value if isinstance(node.template, nodes.Const) else None
        pairs = [name if isinstance(name, tuple) else (name, name) for name in node.names]
        return [
            _assign(alias, _filter(module, LOOKUP, nodes.Const(label), nodes.Const(name)))
            for name, alias in pairs
        ]

    def _lookup(self, node: nodes.Expr) -> nodes.Expr:
        """Turn a name or another value, with the keys that follow it, into one filter."""
        keys: list[nodes.Expr] = []
        root, line = node, node.lineno
        while isinstance(root, (nodes.Getattr, nodes.Getitem)):
            key = nodes.Const(root.attr) if isinstance(root, nodes.Getattr) else root.arg
            keys.append(self.visit(key))
            root = root.node
        name = root.name if isinstance(root, nodes.Name) else None
        value = root if name else self.visit(root)
        return _filter(value, LOOKUP, nodes.Const(name), *reversed(keys), line=line)


def _filter(value: nodes.Node, name: str, *args: nodes.Expr, line: int = 0) -> nodes.Filter:
    return nodes.Filter(value, name, list(args), [], None, None, lineno=line or value.lineno)


def _assign(name: str, value: nodes.Expr) -> nodes.Assign:
    return nodes.Assign(nodes.Name(name, "store"), value, lineno=value.lineno)
