"""Ids as a file gives them: each checked, and none taken twice. Pure."""

from __future__ import annotations

from storyboard.names import check_id
from storyboard.records import Position, Problem
from storyboard.reporting.value_paths import format_value


def claim_id(
    text: str,
    where: str,
    position: Position,
    known: dict[str, Position],
    *,
    rendered: str | None = None,
) -> Problem | None:
    """The problem with an id, or None, in which case it is entered in `known`.

    `known` maps the case-folded ids of the file to their positions.
    """
    wrong = check_id(text)
    if wrong:
        message = f"{where}: {format_value(text)} {wrong}" if text else f"{where}: the id {wrong}"
        return Problem(position, "bad-id", message, rendered=rendered)
    folded = text.casefold()
    first = known.get(folded)
    if first is None:
        known[folded] = position
        return None
    quoted = format_value(text)
    if first == position:
        message = f"{where}: several shots of this entry get the id {quoted}"
        hint = "let the id name what sets them apart, such as a matrix axis or a column"
    else:
        message = f"{where}: the id {quoted} is taken, by {first.path}:{first.line}:{first.column}"
        hint = "ids must differ by more than upper and lower case"
    return Problem(position, "repeated-id", message, hint, rendered)
