"""Recognizes characters that only look like the space, the hyphen or the colon of YAML. Pure."""

from __future__ import annotations

import re

from storyboard.language.yaml.failures import Failure, Finding
from storyboard.reporting.invisible import (
    INVISIBLE,
    WIDE_COLON,
    name_invisible,
    removal_hint,
    replacement_of,
)
from storyboard.reporting.lines import line_end, line_start

_INSTEAD_OF_SPACE = re.compile(rf"""(?:^[ \t]*|[-:'"\]}}])({INVISIBLE})""", re.MULTILINE)
_LIKE_HYPHEN = re.compile(
    r" *([*+\u2010-\u2015\u2022\u2212]|\d{1,3}[.)]) +(?=[\w-]+:(?: |$))", re.MULTILINE
)
_BELOW = re.compile(r".*\n( *)")
_LIKE_COLON = re.compile(r"((?:- +)*[\w-]+)(\uff1a) *(?=([^\r\n]?))")


def invisible(failure: Failure) -> Finding | None:
    """A character that looks like a space, or is invisible, where YAML needs a space."""
    text, last = failure.text, failure.last
    for index in (failure.index, failure.start, last.start_mark.index if last else 0):
        start = line_start(text, index)
        found = _INSTEAD_OF_SPACE.search(text, start, line_end(text, start))
        if found:
            message = f"{name_invisible(found[1])} is where YAML allows only plain spaces"
            repair = (*found.span(1), replacement_of(found[1]))
            return Finding(found.start(1), message, removal_hint(found[1]), repair=repair)
    return None


def look_alike(failure: Failure) -> Finding | None:
    """A bullet, a dash or a number where a hyphen is needed, or a wide colon behind a key."""
    text, last = failure.text, failure.last
    if found := _LIKE_COLON.match(text, failure.start):
        repair = (found.start(2), found.end(), ": " if found[3] else ":")
        is_key = found[1].isascii()  # another word may be part of the text above it
        message = "a key ends with a plain ':'"
        return Finding(found.start(2), message, WIDE_COLON, repair=repair if is_key else None)
    is_deeper = "mapping values are not allowed" in failure.problem
    is_misfit = "block collection" in failure.context
    index = failure.index if is_misfit else failure.start
    index = last.start_mark.index if last and is_deeper else index
    if found := _LIKE_HYPHEN.match(text, line_start(text, index)):
        message = f"an entry of a list begins with a hyphen, not with {found[1]}"
        hint, hyphen, width = "write - in its place", "-", len(found[1])
        below = _BELOW.match(text, found.start())
        if width > 1 and below and len(below[1]) == len(found[0]):  # else it would be too deep
            hint, hyphen = f"{hint}, with spaces up to the key", hyphen.ljust(width)
        return Finding(found.start(1), message, hint, width, repair=(*found.span(1), hyphen))
    return None
