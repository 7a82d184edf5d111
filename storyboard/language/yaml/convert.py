"""Reads what a YAML scalar or tag means, and checks whether a comment swallowed part of it."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import yaml

from storyboard.language.nodes import Node, ScalarNode, ScalarValue
from storyboard.language.yaml.parse_state import ParseState
from storyboard.language.yaml.positions import mark_position, position_after
from storyboard.language.yaml.scalars import (
    SCALAR_TAGS,
    is_null,
    read_plain,
    read_tagged,
    short_tag,
)
from storyboard.records import Position, Severity
from storyboard.reporting.value_paths import shorten

HALF_CHARACTER = "an escape between \\ud800 and \\udfff is only half a character"
HALF_CHARACTER_HINT = "write the character itself, or \\U and eight digits"

_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_COMMENT = re.compile(r"[ \t]+(#)")

IGNORE = re.compile(r"#[ \t]*storyboard:[ \t]*ignore\b(?:\[([^\]\r\n]*)\])?")
"""A comment that silences warnings: `# storyboard: ignore[SB201, SB207]`."""


def plain_value(text: str, position: Position, state: ParseState, *, is_text: bool) -> ScalarValue:
    """Return the value of an unquoted scalar, or its text if it cannot be read."""
    if is_text:
        return None if is_null(text) else text
    try:
        return read_plain(text)
    except ValueError as error:
        state.report(position, "unusable-number", f"{shorten(text, 40)} {error}")
        return text


def tagged_value(event: Any, text: str, position: Position, state: ParseState) -> ScalarValue:
    """Return a value as its tag says, or its text if the tag does not fit."""
    if not check_tag(event, SCALAR_TAGS, state):
        return text
    try:
        return read_tagged(short_tag(event.tag), text)
    except ValueError as error:
        state.report(position, "tag-mismatch", str(error))
        return text


def check_tag(event: Any, tags: Collection[str], state: ParseState) -> bool:
    """Whether an event's tag is one of `tags`; reports others, such as those that build objects."""
    tag = short_tag(event.tag)
    if tag in tags:
        return True
    state.report(
        mark_position(event.start_mark, state.display_name, len(tag)),
        "unknown-tag",
        f"the tag {shorten(tag, 60)} cannot be used here",
        hint="remove it; a value that begins with ! needs quotes",
    )
    return False


def check_escapes(text: str, position: Position, state: ParseState) -> None:
    """Report an escape that is half a character; the C parser rejects it anyway."""
    if _HALF_CHARACTER.search(text):
        state.report(position, "half-a-character", HALF_CHARACTER, hint=HALF_CHARACTER_HINT)


def check_comment(event: Any, node: Node, state: ParseState, *, is_prose: bool) -> None:
    """Warn about plain text cut short by ` #`; other text than prose must have several words."""
    if not isinstance(event, yaml.ScalarEvent) or event.style or not isinstance(node, ScalarNode):
        return
    end: Any = event.end_mark
    is_text = node.is_plain and isinstance(node.value, str) and (is_prose or " " in node.text)
    comment = _COMMENT.match(state.text, end.index) if is_text else None
    if comment and not IGNORE.match(state.text, comment.start(1)):
        state.report(
            position_after(state.text, end, comment.start(1), state.display_name),
            "cut-short-comment",
            "everything from ' #' on is a comment",
            hint="quote the value to keep it",
            severity=Severity.WARNING,
        )
