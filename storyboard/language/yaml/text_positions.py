"""Finds where a line of a value's text is in its file. Pure."""

from __future__ import annotations

import re
from functools import lru_cache

from storyboard.language.nodes import ScalarNode
from storyboard.records import Position
from storyboard.reporting.lines import split_lines

_TAG = re.compile(r"\{[{%].*?(?:[%}]\}|$)")


def position_of_line(node: ScalarNode, line: int, source: str) -> Position:
    """Return the position of line `line` (from 1) of the node's text; `source` is the file's text.

    In a block scalar (| or >), this is the line of the file that holds the text. If folding
    joined several lines, it is the first of them with a template. Any other value has the
    position where it begins, because its lines are not those of the file.
    """
    if node.text_line <= node.position.line:
        return node.position
    # Folding changes only white space, so counting the other characters finds a line again.
    lines = node.text.split("\n")
    start = sum(map(_count_visible, lines[: line - 1]))
    end = start + _count_visible(lines[line - 1] if line <= len(lines) else "")
    found: list[tuple[int, str]] = []
    count = 0
    file_lines = source_lines(source)
    for number in range(node.text_line, len(file_lines) + 1):
        if count >= end:
            break
        text = file_lines[number - 1]
        count += _count_visible(text)
        if count > start:
            found.append((number, text))
    if not found:
        return Position(node.position.path, node.text_line + line - 1, 1)
    number, text = next((one for one in found if has_template(one[1])), found[0])
    indent = len(text) - len(text.lstrip())
    return Position(node.position.path, number, indent + 1, len(text.strip()))


def position_of_template(node: ScalarNode, source: str) -> Position:
    """Return the position of the first line of the node's text that holds a template."""
    for line, text in enumerate(node.text.split("\n"), start=1):
        if has_template(text):
            return position_of_line(node, line, source)
    return node.position


def position_of_name(
    name: str, position: Position, source: str, tag: int | None = None
) -> Position:
    """Return the position of a name in a template of the line that `position` covers.

    `tag` says which of its templates, counted from 0. If the name is not found, returns the
    position of that template, or of the only one there. If neither is known, returns `position`.
    """
    lines = source_lines(source)
    if not 0 < position.line <= len(lines):
        return position
    start = position.column - 1
    tags = list(_TAG.finditer(lines[position.line - 1], start, start + position.width))
    if tag is not None:
        tags = tags[tag : tag + 1]
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)") if name else None
    for found in tags:
        if word and (match := word.search(found[0])):
            return position._replace(column=found.start() + match.start() + 1, width=len(name))
    if len(tags) == 1:
        return position._replace(column=tags[0].start() + 1, width=len(tags[0][0]))
    return position


def has_template(text: str) -> bool:
    """Whether a line contains the start of an expression or a statement."""
    return "{{" in text or "{%" in text


# Each file is looked up many times, once for each of its faults.
source_lines = lru_cache(maxsize=1)(split_lines)


def _count_visible(text: str) -> int:
    """Return how many characters of a text are not white space."""
    return sum(map(len, text.split()))
