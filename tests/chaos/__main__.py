"""The long version, for a person:  python -m tests.chaos --takes 1000 --kills 200

Prints what happened as a table, and ends with 1 where a promise was broken.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.chaos.ordeal import Figures, Ordeal


def table_of(figures: Figures) -> str:
    """The figures as lines of name and number."""
    unknown = (
        figures.reconciled
        + figures.adopted
        + figures.resubmitted
        + figures.resubmitted_carelessly
        + figures.abandoned
    )
    rows: list[tuple[str, object]] = [
        ("seed", figures.seed),
        ("takes", figures.takes),
        ("kills (SIGKILL)", figures.kills),
        ("runs", figures.runs),
        ("ended by the breaker", figures.breaker_trips),
        ("faults that struck", figures.faults.total()),
        *((f"    {name}", count) for name, count in sorted(figures.faults.items())),
        ("submissions sent", figures.posts),
        ("accepted by the API", figures.accepted),
        ("outcomes that were unknown", unknown),
        ("    found in the request log", figures.reconciled),
        ("    adopted by hand", figures.adopted),
        ("    sent again by hand", figures.resubmitted),
        ("    the same, though accepted", figures.resubmitted_carelessly),
        ("    abandoned", figures.abandoned),
        *((f"takes {status}", count) for status, count in sorted(figures.statuses.items())),
        ("paid twice", figures.paid_twice),
        ("lost", figures.lost),
        ("tasks, videos and pictures under a wrong take", figures.wrong_takes),
        ("uploads", figures.uploads),
        ("    of contents", figures.contents),
        ("    deleted to make room", figures.deleted_files),
        ("    that were there already", figures.uploaded_twice),
        ("time", f"{figures.seconds:.0f} s"),
    ]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:{width}}  {value}" for name, value in rows)


def main() -> int:
    """One ordeal in a folder of its own, which stays where something was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--takes", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="storyboard-chaos-")
    ordeal = Ordeal(
        Path(folder), takes=options.takes, kills=options.kills, seed=options.seed, say=_say
    )
    try:
        figures = ordeal.run()
    except AssertionError as error:
        _say(f"{table_of(ordeal.figures)}\nbroken: {error}\nwhat was left is in {folder}")
        return 1
    print(table_of(figures))  # noqa: T201
    return 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
