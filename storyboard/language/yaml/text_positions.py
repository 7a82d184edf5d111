"""Where a line of a value's text stands in its file. Pure."""

from __future__ import annotations

from storyboard.language.nodes import ScalarNode
from storyboard.records import Position
from storyboard.reporting.lines import split_lines


def position_of_line(node: ScalarNode, line: int, source: str) -> Position:
    """The place of line `line` (from 1) of the node's text; `source` is the text of its file.

    The lines of a block scalar (| or >) are found each, and of a folded one
    the first that holds a template. Other values stand where they begin: their
    lines are not those of the file.
    """
    if node.text_line <= node.position.line:
        return node.position
    # Folding changes nothing but white space, so the ink before a line tells where it is.
    lines = node.text.split("\n")
    start = sum(map(_ink, lines[: line - 1]))
    end = start + _ink(lines[line - 1] if line <= len(lines) else "")
    found: list[tuple[int, str]] = []
    passed = 0
    for number, text in enumerate(split_lines(source)[node.text_line - 1 :], node.text_line):
        if passed >= end:
            break
        passed += _ink(text)
        if passed > start:
            found.append((number, text))
    for number, text in [*(part for part in found if has_template(part[1])), *found]:
        indent = len(text) - len(text.lstrip())
        return Position(node.position.path, number, indent + 1, len(text.strip()))
    return Position(node.position.path, node.text_line + line - 1, 1)


def position_of_template(node: ScalarNode, source: str) -> Position:
    """The place of the first line of the node's text that holds a template."""
    for line, text in enumerate(node.text.split("\n"), start=1):
        if has_template(text):
            return position_of_line(node, line, source)
    return node.position


def has_template(text: str) -> bool:
    """Whether an expression or a statement begins in a line."""
    return "{{" in text or "{%" in text


def _ink(text: str) -> int:
    return sum(map(len, text.split()))
