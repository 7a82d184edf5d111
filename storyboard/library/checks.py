"""Checks of what programs pass: the command line's types do the same for what people type."""

from __future__ import annotations

from collections.abc import Iterable

from storyboard.errors import UsageError
from storyboard.planning.selection import Selection


def check_amounts(**amounts: float | None) -> None:
    """Raises UsageError for an amount below 0, and for NaN, which passes every comparison."""
    for name, amount in amounts.items():
        if amount is not None and not amount >= 0:
            raise UsageError(
                f"{name} is {amount}; it must be a number, at least 0",
                next_step=f"write it like {name}=2",
            )


def check_counts(**counts: int | None) -> None:
    """Raises UsageError for a count below 1: no limit is None."""
    for name, count in counts.items():
        if count is not None and (not isinstance(count, int) or count < 1):
            raise UsageError(
                f"{name} is {count}; it must be a whole number, at least 1",
                next_step=f"write it like {name}=4",
            )


def check_selection(selection: Selection) -> None:
    """Raises UsageError for a limit that is none, and for text in place of a list of patterns."""
    check_counts(limit=selection.limit)
    check_lists(
        only=selection.only, without=selection.without, tags=selection.tags, scenes=selection.scenes
    )


def check_lists(**lists: Iterable[object]) -> None:
    """Raises UsageError for text in place of a list, since each of its characters would count."""
    for name, given in lists.items():
        if isinstance(given, str):
            raise UsageError(
                f"{name} is {given!r}; it must be a list",
                next_step=f"write it like {name}=[{given!r}]",
            )
