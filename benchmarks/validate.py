"""`validate` against PyYAML's C loader, and against itself at a tenth of the size."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.inputs import different_templates, one_template
from benchmarks.measure import PYTHON, STORYBOARD, quickest, run
from benchmarks.rows import Row, at_most

_LOAD = "import sys, yaml; yaml.load(open(sys.argv[1]), Loader=yaml.CSafeLoader)"


def rows(folder: Path) -> Iterator[Row]:
    """The three figures of `validate`."""
    different = different_templates(folder, 10_000)
    shared = one_template(folder, 10_000)
    load, first, second = quickest(
        [
            partial(run, [PYTHON, "-c", _LOAD, different.name], folder=folder),
            partial(run, [*STORYBOARD, "validate", different.name], folder=folder),
            partial(run, [*STORYBOARD, "validate", shared.name], folder=folder),
        ]
    )
    baseline = f"PyYAML's C loader, {load.wall_s:.2f} s"
    yield Row(
        "`validate`, 10,000 shots, every prompt a different template",
        baseline,
        *at_most(first.wall_s / load.wall_s, 5, "times"),
        first,
    )
    yield Row(
        "`validate`, 10,000 shots of one template and a CSV",
        baseline,
        *at_most(second.wall_s / load.wall_s, 2, "times"),
        second,
    )
    large = one_template(folder, 100_000)
    cost = run([*STORYBOARD, "validate", large.name], folder=folder)
    against = f"10,000 shots, {second.wall_s:.2f} s"
    yield Row(
        "`validate`, 100,000 shots",
        against,
        *at_most(cost.wall_s / second.wall_s, 11, "times"),
        cost,
    )
    yield Row(
        "peak memory of that", "", *at_most(cost.peak_bytes / 100_000 / 1000, 6, "KB a shot"), cost
    )
