"""How long the program takes to start, beside Python itself."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.measure import PYTHON, STORYBOARD, quickest, run
from benchmarks.rows import Row, at_most

_FIVE_LINES = """\
version: 1
model: alibaba/wan2.7-t2v
shots:
  - id: lighthouse
    prompt: A lighthouse in a storm, waves breaking over the rocks
"""


def rows(folder: Path) -> Iterator[Row]:
    """`--version`, `--help`, and `validate` of five lines."""
    (folder / "five.yaml").write_text(_FIVE_LINES)
    nothing, version, usage, five = quickest(
        [
            partial(run, command, folder=folder)
            for command in (
                [PYTHON, "-c", "pass"],
                [*STORYBOARD, "--version"],
                [*STORYBOARD, "--help"],
                [*STORYBOARD, "validate", "five.yaml"],
            )
        ],
        rounds=10,
    )
    against = f"`python -c pass`, {nothing.wall_s * 1000:.0f} ms"
    for name, cost in (("--version", version), ("--help", usage)):
        more = at_most((cost.wall_s - nothing.wall_s) * 1000, 60, "ms more", digits=0)
        yield Row(f"`storyboard {name}`", against, *more, cost)
    all_in_all = at_most(five.wall_s * 1000, 300, "ms", digits=0)
    yield Row("`validate` of a file of five lines", "", *all_in_all, five)
