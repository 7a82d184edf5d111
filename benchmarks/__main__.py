"""`python -m benchmarks [GROUP...]`: runs the groups, all by default, and prints one table."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path

from tabulate import tabulate

from benchmarks.rows import Row

GROUPS: Mapping[str, str] = {
    "startup": "benchmarks.startup",
    "validate": "benchmarks.validate",
    "makespan": "benchmarks.makespan",
    "rerender": "benchmarks.rerender",
    "gallery": "benchmarks.gallery",
    "wire": "benchmarks.wire",
    "chains": "benchmarks.chains",
}
"""Each is a module with a function `rows(folder)` that yields its figures."""


def main(names: Sequence[str]) -> int:
    """Exit code 0 where every target is met, 1 where one is missed, 2 for an unknown group."""
    if unknown := set(names) - GROUPS.keys():
        print(f"no such group: {', '.join(unknown)}; known: {', '.join(GROUPS)}", file=sys.stderr)
        return 2
    found: list[Row] = []
    for name in names or GROUPS:
        rows: Callable[[Path], Iterator[Row]] = import_module(GROUPS[name]).rows
        with tempfile.TemporaryDirectory(prefix="storyboard-bench-") as folder:
            for row in rows(Path(folder)):
                print(f"{row.what}: {row.measured} ({row.target})", file=sys.stderr)
                found.append(row)
    print(table(found))
    return 0 if all(row.is_met for row in found) else 1


def table(rows: Sequence[Row]) -> str:
    """The rows as a table of Markdown."""
    head = ("what", "against", "measured", "target", "met", "wall", "CPU", "peak")
    cells = [_cells(row) for row in rows]
    return str(tabulate(cells, head, tablefmt="github", disable_numparse=True))


def _cells(row: Row) -> tuple[str, ...]:
    met = "yes" if row.is_met else "**no**"
    if row.cost is None:
        return row.what, row.against, row.measured, row.target, met, "", "", ""
    cost = row.cost
    return (
        *(row.what, row.against, row.measured, row.target, met),
        *(f"{cost.wall_s:.2f} s", f"{cost.cpu_s:.2f} s", f"{cost.peak_bytes / 1e6:.0f} MB"),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
