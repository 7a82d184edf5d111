"""Finds the line of a card's file that a message is about. Pure."""

from __future__ import annotations

import re

import yaml

from storyboard.errors import CardError
from storyboard.models.yamltext import LOADER, check_shape

_PATH = re.compile(r"""[$\w][\w$-]*(?:\.[$\w-]+|\[\d+\]|\["[^"]*"\])*""")
_STEP = re.compile(r"""\["([^"]*)"\]|\[(\d+)\]|([$\w-]+)""")
_LINE = re.compile(r"is not YAML: line (\d+)")


def find_line(text: str, message: str) -> int | None:
    """Return the line (from 1) of the key whose path begins a message.

    If the text has only part of the path, returns the line of that part; if it has none, None.
    """
    if said := _LINE.match(message):
        return int(said[1])
    path = _PATH.match(message)
    try:
        check_shape(text)  # composing one that is nested too deeply can crash the C parser
        node = yaml.compose(text, Loader=LOADER) if path else None
    except (CardError, yaml.YAMLError, ValueError):
        return None
    line = None
    for step in _STEP.finditer(path[0] if path else ""):
        node, at = _under(node, step[1] or step[2] or step[3])
        if at is None:
            break
        line = at
    return line


def _under(node: yaml.Node | None, key: str) -> tuple[yaml.Node | None, int | None]:
    """Return the value at a key or an index of a node, and its line."""
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if isinstance(name, yaml.ScalarNode) and name.value == key:
                return value, name.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode) and key.isdecimal() and int(key) < len(node.value):
        item = node.value[int(key)]
        return item, item.start_mark.line + 1
    return None, None
