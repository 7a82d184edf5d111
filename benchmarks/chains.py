"""`plan` of shots in chains, against as many that follow none."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.measure import STORYBOARD, quickest, run
from benchmarks.rows import Row, at_most

_SHOTS = 9_999
_HEAD = """\
version: 1
model: alibaba/wan2.7-i2v
defaults: {duration: 5, resolution: 720P, prompt_extend: false}
shots:
"""
_ADDRESS = "https://example.com/frames/pier.png"


def rows(folder: Path) -> Iterator[Row]:
    """The one figure."""
    free = _film(folder / "free.yaml", of_chain=1)
    chains = _film(folder / "chains.yaml", of_chain=3)
    first, second = quickest(
        [
            partial(run, [*STORYBOARD, "plan", file.name, "--json"], folder=folder)
            for file in (free, chains)
        ]
    )
    yield Row(
        "`plan`, 10,000 shots in chains of three",
        f"10,000 that follow none, {first.wall_s:.2f} s",
        *at_most(second.wall_s / first.wall_s, 1.5, "times"),
        second,
    )


def _film(path: Path, *, of_chain: int) -> Path:
    lines = [_HEAD]
    for number in range(_SHOTS):
        before = f"{{take: s{number - 1}, frame: last}}" if number % of_chain else _ADDRESS
        lines.append(f"  - {{id: s{number}, prompt: Shot {number}, first_frame: {before}}}\n")
    path.write_text("".join(lines), "utf-8")
    return path
