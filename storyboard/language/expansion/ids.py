"""Checks the ids of scenes and shots, and that none is used twice. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from storyboard.language.expansion.cascade import setting_of
from storyboard.language.expansion.shot_scope import ShotScope
from storyboard.language.expansion.values import Report, attempt, read_text
from storyboard.language.nodes import MappingNode, ScalarNode
from storyboard.names import check_id
from storyboard.records import Position, Problem, RowSource
from storyboard.reporting.invisible import hint_for_invisible
from storyboard.reporting.value_paths import format_value


class Claim(NamedTuple):
    """An id as written, and its position; `row` is the row that a template made it from."""

    text: str
    position: Position
    row: RowSource | None = None


def claim_id(
    text: str,
    where: str,
    position: Position,
    known: dict[str, Claim],
    *,
    rendered: str | None = None,
    row: RowSource | None = None,
) -> Problem | None:
    """Return the problem with an id; if there is none, add the id to `known` and return None.

    `known` maps the case-folded ids of the file to their claims.
    """
    if wrong := check_id(text):
        message = f"{where}: {format_value(text)} {wrong}" if text else f"{where}: the id {wrong}"
        is_made = rendered and "may contain only" in wrong
        hint = "slug turns any text into an id, as in {{ row.name | slug }}" if is_made else None
        return Problem(position, "bad-id", message, hint_for_invisible(text) or hint, rendered)
    again = Claim(text, position, row)
    first = known.setdefault(text.casefold(), again)
    if first is again:
        return None
    words, hint = _describe_repeated(first, again)
    return Problem(position, "repeated-id", f"{where}: {words}", hint, rendered)


def _describe_repeated(first: Claim, again: Claim) -> tuple[str, str]:
    """Return the words and the hint about an id that is claimed again."""
    quoted, is_equal = format_value(again.text), first.text == again.text
    if first.row and again.row and first.row != again.row:
        hint = "change one of the two rows, or add another column to the id"
        hint += "" if is_equal else "; upper and lower case count as equal"
        return f"the id {quoted} is already used by the row at {first.row}", hint
    if first.position == again.position:
        hint = "add to the id what tells them apart, such as a matrix axis or a column"
        return f"several shots of this entry get the id {quoted}", hint
    more = "ids must differ by more than upper and lower case"
    hint = "give one of them another id" if is_equal else more
    return f"the id {quoted} is already used by {first.position}", hint


def read_id(
    node: MappingNode, where: str, scope: ShotScope, known: dict[str, Claim], report: Report
) -> str | None:
    """Return the id of a scene or a shot and add it to `known`; None if it cannot be used.

    An id that is already taken is returned all the same, so that the rest can be checked with it.
    """
    setting = setting_of(node, "id", where)
    if setting is None or not isinstance(setting.node, ScalarNode):
        return None  # the schema has reported it
    text = attempt(report, read_text, setting, scope)
    if text is None:
        return None
    rendered, row = (text, scope.row) if setting.is_template else (None, None)
    position = setting.node.position
    problem = claim_id(text, setting.where, position, known, rendered=rendered, row=row)
    if problem is None:
        return text
    report(replace(problem, row=scope.row_of(setting.node)))
    return text if problem.code == "repeated-id" else None
