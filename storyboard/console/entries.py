"""Takes as lines for people: what is alike is one line, and there are never too many. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from storyboard.console.printing import align
from storyboard.reporting.amounts import count_text

MAX_LINES = 20
"""Of the lines of one storyboard, so that a question below them has the plan in sight."""

MIN_ALIKE = 6
"""Takes that are alike and fewer than this are named each; what nobody has to look at is not."""


class Entry(NamedTuple):
    """A take, a word for it, and what there is to say.

    Entries with the same word and `likeness` become one line, which names one
    of them; from the second on where they are `is_dull`.
    """

    word: str
    take: str
    text: str
    likeness: str
    is_dull: bool = False


def entry_lines(entries: Iterable[Entry]) -> list[str]:
    """The entries as indented lines, in the order of the first of each kind."""
    groups: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        groups.setdefault((entry.word, entry.likeness), []).append(entry)
    rows_of: dict[str, list[tuple[Sequence[str], int]]] = {}
    for (word, _), alike in groups.items():
        rows_of.setdefault(word, []).extend(_rows(alike))
    most = max(MAX_LINES // max(len(rows_of), 1), 2)
    rows: list[Sequence[str]] = []
    for word, found in rows_of.items():
        shown = found if len(found) <= most else found[: most - 1]
        rows += [row for row, _ in shown]
        if rest := sum(count for _, count in found[len(shown) :]):
            rows.append((word, f"{rest:,} more", "--json names them all"))
    return [f"  {line}" for line in align(rows)]


def _rows(alike: Sequence[Entry]) -> list[tuple[Sequence[str], int]]:
    """The lines for entries that are alike, each with the number of its takes."""
    first = alike[0]
    if len(alike) < (2 if first.is_dull else MIN_ALIKE):
        return [((one.word, one.take, one.text), 1) for one in alike]
    example = (
        f"{first.text}; for example {first.take}" if first.text else f"for example {first.take}"
    )
    return [((first.word, count_text(len(alike), "take"), example), len(alike))]
