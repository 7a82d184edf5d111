"""Replaces tabs in indentation with spaces, if all widths that fit mean the same. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress

import yaml

from storyboard.language.repairs.apply import apply_repairs
from storyboard.language.yaml.source import LOADER, parse_source
from storyboard.records import Position, Repair
from storyboard.reporting.lines import split_lines

MAX_TEXT = 1_000_000
"""Tabs in a longer text (in characters) are left alone, because it is parsed once per width."""

_WIDTHS = (2, 4, 8)
_INDENTATION = re.compile(r"[ \t]*\t[ \t]*(?=[^ \t])")
_BEHIND_SPACES = re.compile(r"^ [ \t]*\t", re.MULTILINE)
_BLOCK_SCALAR = re.compile(r"[|>][-+1-9]{0,2}[ \t]*(?:#.*)?$", re.MULTILINE)


def without_tabs(text: str, display_name: str) -> tuple[Repair, ...]:
    """Return repairs for every indentation with a tab, or none if the meaning depends on the width.

    Also returns none if a tab may be part of a text: after spaces in a file that has block
    scalars.
    """
    if len(text) > MAX_TEXT or "\t" * 100 in text:
        return ()  # not a real storyboard, and too slow to parse
    if _BEHIND_SPACES.search(text) and _BLOCK_SCALAR.search(text):
        return ()
    found: list[tuple[tuple[Repair, ...], object]] = []
    stopped: list[tuple[tuple[Repair, ...], object]] = []
    for width in _WIDTHS:
        repairs = tuple(_at_width(text, display_name, width))
        repaired = apply_repairs(text, repairs)
        root = parse_source(repaired, display_name).root
        if root is None:
            stopped.append((repairs, _events(repaired)))
        else:
            found.append((repairs, root.data))
    # If no width parses, all widths must fail in the same way.
    (repairs, first), *others = found or stopped
    return repairs if all(meaning == first for _, meaning in others) else ()


def _events(text: str) -> list[tuple[type, object]]:
    """Return the YAML events of a text, up to the first error."""
    events = []
    with suppress(yaml.YAMLError, ValueError):
        for event in yaml.parse(text, Loader=LOADER):
            events.append((type(event), getattr(event, "value", None)))
    return events


def _at_width(text: str, display_name: str, width: int) -> Iterator[Repair]:
    for number, line in enumerate(split_lines(text), start=1):
        if found := _INDENTATION.match(line):
            position = Position(display_name, number, 1, len(found[0]))
            yield Repair(position, found[0].expandtabs(width))
