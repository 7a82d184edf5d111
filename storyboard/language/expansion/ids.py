"""Ids of shots and takes: they become file names on every system. Pure."""

from __future__ import annotations

import re

from storyboard.records import Position, Problem
from storyboard.reporting.value_paths import format_value

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)
_TAKE_ENDING = re.compile(r"\.t[0-9]+$", re.ASCII | re.IGNORECASE)
_MAX_LENGTH = 100

# Source: "Naming Files, Paths, and Namespaces", Windows documentation; an
# ending does not help: NUL.tar is the device too.
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
)


def check_id(text: str) -> str | None:
    """What is wrong with an id, as the end of a sentence; None where nothing is."""
    if not text:
        return "is empty"
    if len(text) > _MAX_LENGTH:
        return f"is {len(text):,} characters long, more than {_MAX_LENGTH}"
    if not _ID.fullmatch(text):
        return "may hold only letters, digits, '.', '_' and '-', and begins with a letter or digit"
    if text.split(".", maxsplit=1)[0].casefold() in _DEVICES:
        return "is the name of a device on Windows"
    if _TAKE_ENDING.search(text):
        return "ends like the id of a take (.t1)"
    if text.endswith("."):
        return "ends with a dot, which Windows drops from file names"
    return None


def claim_id(
    text: str,
    where: str,
    position: Position,
    known: dict[str, Position],
    *,
    rendered: str | None = None,
) -> Problem | None:
    """Note in `known` that an id is taken; the problem with it, if there is one.

    `known` maps case-folded ids to the places of those that have them.
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


def take_id(shot: str, number: int, takes: int) -> str:
    """The id of take `number` (from 1) of a shot with `takes` takes."""
    return shot if takes == 1 else f"{shot}.t{number}"
