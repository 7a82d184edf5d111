"""Takes as lines for people: similar ones share a line, and there are never too many. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from storyboard.console.printing import align
from storyboard.reporting.amounts import count_text, usd_text

MAX_LINES = 20
"""Lines per storyboard, so that the plan stays in sight of the question below it."""

MIN_ALIKE = 6
"""Fewer similar takes than this are each named, unless they are routine."""


class Entry(NamedTuple):
    """A take, its status in a word, and what there is to say about it.

    Entries with the same word and `likeness` become one line, which names one
    of them; from the second on where they are `is_routine`. `cost_micros` is what the take
    costs; None where nothing is paid, or nobody knows. Where a text `names_others`, it is
    that of the take alone.
    """

    word: str
    take: str
    text: str
    likeness: str
    is_routine: bool = False
    cost_micros: int | None = None
    names_others: bool = False


class Row(NamedTuple):
    """A line for one take or for several: the word, which takes, what they cost, what to say."""

    word: str
    takes: str
    text: str
    cost_micros: int | None
    number: int


def entry_lines(entries: Iterable[Entry]) -> list[str]:
    """The entries as indented lines, in the order of the first of each kind."""
    return [f"  {line}" for line in align(entry_rows(entries))]


def entry_rows(entries: Iterable[Entry]) -> list[Sequence[str]]:
    """The same as rows of words, with a column of costs if there are any."""
    rows = _all_rows(entries)
    costs = ["" if row.cost_micros is None else usd_text(row.cost_micros) for row in rows]
    if not any(costs):
        return [(row.word, row.takes, row.text) for row in rows]
    width = max(map(len, costs))
    return [
        (row.word, row.takes, cost.rjust(width) if cost else "", row.text)
        for row, cost in zip(rows, costs, strict=True)
    ]


def _all_rows(entries: Iterable[Entry]) -> list[Row]:
    groups: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        groups.setdefault((entry.word, entry.likeness), []).append(entry)
    rows_of: dict[str, list[Row]] = {}
    for (word, _), alike in groups.items():
        rows_of.setdefault(word, []).extend(_rows(alike))
    most = max(MAX_LINES // max(len(rows_of), 1), 2)
    rows: list[Row] = []
    for word, found in rows_of.items():
        listed = found if len(found) <= most else found[: most - 1]
        rows += listed
        if rest := found[len(listed) :]:
            number = sum(row.number for row in rest)
            cost_micros = _sum(row.cost_micros for row in rest)
            rows.append(Row(word, f"{number:,} more", "--json names them all", cost_micros, number))
    return rows


def _rows(alike: Sequence[Entry]) -> list[Row]:
    """The rows for similar entries."""
    first = alike[0]
    if len(alike) < (2 if first.is_routine else MIN_ALIKE):
        return [Row(one.word, one.take, one.text, one.cost_micros, 1) for one in alike]
    example = f"for example {first.take}"
    if first.names_others and any(one.text != first.text for one in alike):
        example = f"{example}: {first.text}"
    elif first.text:
        example = f"{first.text}; {example}"
    takes, cost_micros = count_text(len(alike), "take"), _sum(one.cost_micros for one in alike)
    return [Row(first.word, takes, example, cost_micros, len(alike))]


def _sum(costs_micros: Iterable[int | None]) -> int | None:
    """The costs together; None where one of them is not known."""
    known = list(costs_micros)
    return None if None in known else sum(cost for cost in known if cost is not None)
