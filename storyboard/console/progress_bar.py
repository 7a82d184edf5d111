"""The bar of a run, with the takes in flight under it; tqdm draws them.

A thread of its own draws twice a second: ages advance while nothing happens, and a slow
or stopped terminal never delays the run.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from threading import Event, Thread
from types import TracebackType
from typing import Any

from tqdm import tqdm

from storyboard.console.printing import align, say
from storyboard.console.run_counts import RunCounts
from storyboard.private import mask
from storyboard.reporting.amounts import rough_text
from storyboard.reporting.quoting import cut, visible
from storyboard.threads import start_thread

_PERIOD_S = 0.5
_MAX_TAKES = 8  # takes that are named
_OTHER_ROWS = 4  # the bar, the counts, those not named, and the line above
_FORMAT = "{percentage:3.0f}%|{bar}| {desc}"


class ProgressBar:
    """Draws a run's counts on stderr, while the context lasts."""

    def __init__(self, counts: RunCounts) -> None:
        self._counts = counts
        self._bar = _line(0, total=counts.total, bar_format=_FORMAT)
        self._lines: list[tqdm[Any]] = []
        self._is_over = Event()
        self._thread = Thread(target=self._draw_on, name="progress", daemon=True)

    def __enter__(self) -> ProgressBar:
        start_thread(self._thread)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._is_over.set()
        self._thread.join(timeout=2 * _PERIOD_S)
        with suppress(OSError, ValueError):  # if the terminal is gone
            self.draw()
            for line in (*reversed(self._lines), self._bar):
                line.close()

    def say_above(self, text: str) -> None:
        """Prints a line above the bar, where it stays."""
        with self._bar.external_write_mode(file=sys.stderr):
            say(text)

    def draw(self) -> None:
        """Draws everything as it is now."""
        columns, rows = _terminal_size()
        texts = lines_under(self._counts, max_takes=min(_MAX_TAKES, rows - _OTHER_ROWS))
        while len(self._lines) < len(texts):
            self._lines.append(_line(len(self._lines) + 1, bar_format="{desc}", leave=False))
        self._bar.n = self._counts.ended
        self._bar.set_description_str(self._counts.in_short)
        for number, line in enumerate(self._lines):
            text = texts[number] if number < len(texts) else ""
            line.set_description_str(cut(text, columns - 1))

    def _draw_on(self) -> None:
        with suppress(OSError, ValueError):
            while not self._is_over.wait(_PERIOD_S):
                self.draw()


def lines_under(counts: RunCounts, *, max_takes: int) -> list[str]:
    """The lines under the bar: how many takes have not ended, and those in flight, by age."""
    ages = counts.ages
    named = ages[: max(max_takes, 0)]
    more = len(ages) - len(named)
    takes = align((mask(visible(take)), rough_text(age_s)) for take, age_s in named)
    return [
        f"  {counts.in_flight}",
        *(f"    {line}" for line in takes),
        *([f"    and {more:,} more"] if more and named else []),
    ]


def _line(position: int, **attributes: Any) -> tqdm[Any]:
    return tqdm(file=sys.stderr, dynamic_ncols=True, position=position, **attributes)


def _terminal_size() -> Sequence[int]:
    try:
        return os.get_terminal_size(sys.stderr.fileno())
    except (OSError, ValueError):
        return 80, 24
