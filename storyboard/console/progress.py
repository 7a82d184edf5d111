"""Shows a run as it goes: a bar on a terminal, a line per change elsewhere; all on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm

from storyboard.console.options import DisplayOptions
from storyboard.console.printing import say
from storyboard.engine.job import Progress, Step

_ENDS = frozenset({Step.REJECTED, Step.UNKNOWN, Step.FAILED, Step.DOWNLOADED, Step.NOT_DOWNLOADED})
_TROUBLE = frozenset(
    {Step.ODD, Step.REJECTED, Step.UNKNOWN, Step.DOUBTFUL, Step.FAILED, Step.NOT_DOWNLOADED}
)


class ProgressView:
    """Is called with each change of each take, and shows those that people want to see."""

    def __init__(self, bar: tqdm[Any] | None, *, download: bool, quiet: bool) -> None:
        self._bar = bar
        self._ends = _ENDS if download else _ENDS | {Step.RENDERED}
        self._quiet = quiet
        self._rendering = 0

    def __call__(self, change: Progress) -> None:
        """Shows one change."""
        step = change.step
        if step is Step.ACCEPTED:
            self._rendering += 1
        elif step in (Step.RENDERED, Step.FAILED):
            self._rendering = max(0, self._rendering - 1)
        text = f"{change.submission.take}: {_said(change)}"
        if self._bar is None:
            if not self._quiet or step in _TROUBLE:
                say(text)
            return
        if step in _TROUBLE:
            with self._bar.external_write_mode(file=sys.stderr):
                say(text)
        if step in self._ends:
            self._bar.update(1)
        self._bar.set_postfix_str(f"{self._rendering} rendering", refresh=True)


@contextmanager
def show_progress(total: int, display: DisplayOptions, *, download: bool) -> Iterator[ProgressView]:
    """A view of a run with `total` takes to finish, for the length of the context."""
    is_without_bar = display.no_progress or display.verbose or display.quiet
    if is_without_bar or not sys.stderr.isatty():
        yield ProgressView(None, download=download, quiet=display.quiet)
        return
    bar: tqdm[Any]
    with tqdm(total=total, unit="take", file=sys.stderr, dynamic_ncols=True) as bar:
        yield ProgressView(bar, download=download, quiet=False)


def _said(change: Progress) -> str:
    if change.step is Step.DOWNLOADED:
        return f"downloaded, {change.detail}"
    if change.step is Step.POSTPONED:
        return f"waits: {change.detail or 'not accepted now'}"
    if change.step is Step.ODD:
        return change.detail
    detail = f": {change.detail}" if change.detail else ""
    return f"{change.step.value}{detail}"
