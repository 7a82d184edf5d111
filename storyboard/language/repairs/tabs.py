"""Spaces in place of the tabs in an indentation, where all widths that fit mean the same. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from storyboard.language.repairs.apply import apply_repairs
from storyboard.language.yaml.source import parse_source
from storyboard.records import Position, Repair
from storyboard.reporting.lines import split_lines

_WIDTHS = (2, 4, 8)
_INDENTATION = re.compile(r"[ \t]*\t[ \t]*(?=[^ \t])")
_BEHIND_SPACES = re.compile(r"^ [ \t]*\t", re.MULTILINE)
_BLOCK_SCALAR = re.compile(r"[|>][-+1-9]{0,2}[ \t]*(?:#.*)?$", re.MULTILINE)


def without_tabs(text: str, display_name: str) -> tuple[Repair, ...]:
    """The repairs of every indentation with a tab; none where several widths differ in meaning.

    Nor where a tab may be part of a text: behind spaces in a file that has block scalars.
    """
    if _BEHIND_SPACES.search(text) and _BLOCK_SCALAR.search(text):
        return ()
    found = []
    for width in _WIDTHS:
        repairs = tuple(_at_width(text, display_name, width))
        root = parse_source(apply_repairs(text, repairs), display_name).root
        if root is not None:
            found.append((repairs, root.data))
    is_one_meaning = all(data == found[0][1] for _, data in found)
    return found[0][0] if found and is_one_meaning else ()


def _at_width(text: str, display_name: str, width: int) -> Iterator[Repair]:
    for number, line in enumerate(split_lines(text), start=1):
        if found := _INDENTATION.match(line):
            position = Position(display_name, number, 1, len(found[0]))
            yield Repair(position, found[0].expandtabs(width))
