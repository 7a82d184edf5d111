"""Shows a run as it goes: a bar on a terminal, a line per change elsewhere; all on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from storyboard.console.printing import say
from storyboard.console.progress_bar import ProgressBar
from storyboard.console.run_counts import RunCounts
from storyboard.console.run_options import DisplayOptions
from storyboard.engine.job import Progress, RunStatus, Step

_PROBLEMS = frozenset(
    {Step.ODD, Step.REJECTED, Step.FALLBACK, Step.UNKNOWN, Step.DOUBTFUL, Step.FAILED}
    | {Step.NOT_DOWNLOADED, Step.PAUSED, Step.HELD}
)


class ProgressView:
    """Is called with each change of each take, and shows those that people want to see."""

    def __init__(self, counts: RunCounts, bar: ProgressBar | None, *, quiet: bool) -> None:
        self._counts = counts
        self._bar = bar
        self._quiet = quiet

    def on_turn(self, status: RunStatus) -> None:
        """Notes the state of the run; to be called before the changes of a turn."""
        self._counts.note_status(status)

    def __call__(self, change: Progress) -> None:
        """Shows one change."""
        self._counts.note(change)
        is_problem = change.step in _PROBLEMS
        text = f"{change.take}: {_text(change)}"
        if self._bar is not None:
            if is_problem:
                self._bar.say_above(text)
        elif not self._quiet:
            say(f"{text} ({self._counts.sentence})")
        elif is_problem:
            say(text)


@contextmanager
def show_progress(
    total: int, display: DisplayOptions, *, download: bool, has_prices: bool
) -> Iterator[ProgressView]:
    """A view of a run with `total` takes to finish, for the length of the context."""
    counts = RunCounts(total, download=download, has_prices=has_prices)
    is_without_bar = display.no_progress or display.verbose or display.quiet
    if is_without_bar or not sys.stderr.isatty():
        yield ProgressView(counts, None, quiet=display.quiet)
        return
    with ProgressBar(counts) as bar:
        yield ProgressView(counts, bar, quiet=False)


def _text(change: Progress) -> str:
    if change.step is Step.DOWNLOADED:
        return f"downloaded, {change.detail}"
    if change.step is Step.POSTPONED:
        return f"waits: {change.detail or 'not accepted now'}"
    if change.step in (Step.ODD, Step.FALLBACK):
        return change.detail
    detail = f": {change.detail}" if change.detail else ""
    return f"{change.step.value}{detail}"
