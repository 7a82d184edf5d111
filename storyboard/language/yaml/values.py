"""What a scalar or a tag in YAML means, and whether a comment swallowed part of it."""

from __future__ import annotations

import re
from typing import Any

from storyboard.language.nodes import ScalarValue
from storyboard.language.yaml.frames import Reading
from storyboard.language.yaml.positions import mark_position, position_after
from storyboard.language.yaml.scalars import UnusableNumber, is_null, read_plain
from storyboard.language.yaml.tags import Tag, read_tag, tagged_value
from storyboard.records import Position, Severity
from storyboard.reporting.value_paths import shorten

_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_COMMENT = re.compile(r"[ \t]+(#)")


def plain_value(text: str, position: Position, reading: Reading, *, is_text: bool) -> ScalarValue:
    """What a value without quotes means; its spelling where nothing else can be said."""
    if is_text:
        return None if is_null(text) else text
    try:
        return read_plain(text)
    except UnusableNumber as error:
        reading.report(position, "unusable-number", f"{shorten(text, 40)} {error}")
        return text


def value_with_tag(event: Any, text: str, position: Position, reading: Reading) -> ScalarValue:
    """What a value means under its tag; its spelling where the tag does not fit."""
    tag = read_tag(event.tag)
    if not tag.is_for_scalars:
        report_tag(tag, event, reading)
        return text
    try:
        return tagged_value(tag, text)
    except ValueError as error:
        reading.report(position, "tag-mismatch", str(error))
        return text


def check_escapes(text: str, position: Position, reading: Reading) -> None:
    """Note an escape that is half a character; the C parser refuses it by itself."""
    if _HALF_CHARACTER.search(text):
        reading.report(
            position,
            "half-a-character",
            "an escape between \\ud800 and \\udfff is only half a character",
            hint="write the character itself, or \\U and eight digits",
        )


def report_tag(tag: Tag, event: Any, reading: Reading) -> None:
    """Note a tag that storyboards do not know, such as those that build objects."""
    reading.report(
        mark_position(event.start_mark, reading.display_name, len(tag.spelling)),
        "unknown-tag",
        f"the tag {shorten(tag.spelling, 60)} cannot be used here",
        hint="remove it; a value that begins with ! needs quotes",
    )


def warn_of_comment(event: Any, text: str, reading: Reading) -> None:
    """Note that the plain value just read, a piece of prose, is cut short by ` #`."""
    frame = reading.top
    if frame is None or frame.items is not None:
        return
    if frame.key in reading.keys.prose or (frame.is_prose and " " in text):
        end = event.end_mark
        if comment := _COMMENT.match(reading.text, end.index):
            reading.report(
                position_after(reading.text, end, comment.start(1), reading.display_name),
                "cut-short-comment",
                "everything from ' #' on is a comment",
                hint="quote the value to keep it",
                severity=Severity.WARNING,
            )
