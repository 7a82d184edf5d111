"""Shows takes again as they change: drawn anew on a terminal, elsewhere a line for each change."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from time import monotonic, sleep
from typing import NamedTuple

from storyboard.console import streams
from storyboard.console.entries import Entry, entry_lines, entry_rows
from storyboard.console.printing import print_lines, redraw
from storyboard.console.tables import screen_lines

_MIN_PAUSE_S = 1.0
_PAUSE_PART = 9  # times as long as one reading takes: watching uses at most a tenth of one core
_MAX_AGE_S = 30.0  # for a terminal, because some of what it shows counts down


class View(NamedTuple):
    """What is printed: a line with counts, the takes, and what to do about them."""

    head: str
    entries: Sequence[Entry]
    foot: Sequence[str] = ()

    @property
    def lines(self) -> list[str]:
        """The view as lines."""
        return [self.head, *entry_lines(self.entries), *self.foot]

    @property
    def screen_lines(self) -> list[str]:
        """The view as lines that a terminal is sent, in colour."""
        lines = screen_lines([self.head], self.rows)
        return [*lines, *screen_lines(self.foot, ())] if self.foot else lines

    @property
    def rows(self) -> list[Sequence[str]]:
        """The takes as rows of words."""
        return entry_rows(self.entries)


def watch(read: Callable[[], View], version: Callable[[], object]) -> None:
    """Shows what `read` returns until Ctrl-C, or until nobody reads stdout any more.

    It is read again when `version`, which is cheap, has changed.
    """
    show = _redrawn if sys.stdout.isatty() else _appended
    last_view, last_version, read_at = None, None, 0.0
    with suppress(KeyboardInterrupt):
        while streams.is_read(sys.stdout):
            began_at, current_version = monotonic(), version()
            is_old = sys.stdout.isatty() and began_at - read_at >= _MAX_AGE_S
            if last_view is None or current_version != last_version or is_old:
                view = read()
                show(view, last_view)
                last_view, last_version, read_at = view, current_version, began_at
            sleep(max(_MIN_PAUSE_S, _PAUSE_PART * (monotonic() - began_at)))


def _redrawn(view: View, before: View | None) -> None:
    redraw(view.screen_lines, over=before.screen_lines if before else ())


def _appended(view: View, before: View | None) -> None:
    print_lines(_changes(view, before) if before else view.lines)


def _changes(view: View, before: View) -> Iterator[str]:
    """A line for each take whose word has changed, one with counts, and what is to be done now."""
    words = {(entry.take, entry.word) for entry in before.entries}
    changed = [one for one in view.entries if (one.take, one.word) not in words]
    for entry in changed:
        yield f"{entry.take}: {entry.word}{f', {entry.text}' if entry.text else ''}"
    if changed:
        yield view.head
    if view.foot != before.foot:
        yield from view.foot
