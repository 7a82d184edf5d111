"""Options of a render alone: how it goes about it, and how much it shows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from storyboard.console.option_types import COUNT, DURATION
from storyboard.console.options import FILE, option

if TYPE_CHECKING:
    from storyboard.engine.job import EngineSettings
    from storyboard.models.catalog import Catalog


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a run works; times are in seconds."""

    concurrency: int | None = option(
        "--concurrency",
        type=COUNT,
        metavar="N",
        help="How many tasks may be in flight; found automatically if not given.",
    )
    requests_per_minute: int | None = option(
        "--requests-per-minute",
        type=COUNT,
        metavar="N",
        help="How many requests per minute to send; found automatically if not given.",
    )
    timeout_s: float | None = option(
        "--timeout",
        type=DURATION,
        metavar="TIME",
        help="End the render after this time: 90s, 30m, 2h. "
        "Waiting for your answer does not count.",
    )
    lock_timeout_s: float = option(
        "--lock-timeout",
        type=DURATION,
        default=0.0,
        metavar="TIME",
        help="How long to wait for another render of the same folder.",
    )
    allow_private: bool = option(
        "--allow-private-network",
        is_flag=True,
        help="Download from private addresses too, which some proxies need.",
    )

    def lock_wait_s(self, elapsed_s: float) -> float:
        """How long to wait for a lock, `elapsed_s` after the render began; 0 means not at all."""
        left_s = math.inf if self.timeout_s is None else self.timeout_s - elapsed_s
        return max(0.0, min(self.lock_timeout_s, left_s))

    def engine_settings(
        self, catalog: Catalog, *, download: bool, elapsed_s: float, max_cost_micros: int | None
    ) -> EngineSettings:
        """The limits of a run with the models of `catalog`, `elapsed_s` after the render began.

        Time spent waiting for a person's answer is not part of `elapsed_s`.
        """
        from storyboard.project.rendering import engine_settings

        return engine_settings(
            catalog,
            download=download,
            timeout_s=None if self.timeout_s is None else self.timeout_s - elapsed_s,
            concurrency=self.concurrency,
            requests_per_minute=self.requests_per_minute,
            max_cost_micros=max_cost_micros,
        )


@dataclass(frozen=True, slots=True)
class DisplayOptions:
    """How much a render shows."""

    no_progress: bool = option("--no-progress", is_flag=True, help="No progress bar.")
    quiet: bool = option("--quiet", "-q", is_flag=True, help="Print only what goes wrong.")
    verbose: bool = option(
        "--verbose", "-v", is_flag=True, help="Print the plan first, and each change of a take."
    )
    events: Path | None = option(  # noqa: RUF009 (it makes a field)
        "--events",
        type=FILE,
        metavar="FILE",
        help="Also write each change of a take to FILE, one JSON object per line.",
    )
