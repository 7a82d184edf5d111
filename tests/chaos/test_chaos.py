"""The whole program against everything at once; `make chaos` is the long version."""

from __future__ import annotations

from pathlib import Path

from tests.chaos.ordeal import Ordeal
from tests.chaos.weather import KINDS

SEED = 20261122


def test_two_hundred_takes_survive_all_faults_and_thirty_kills_and_are_paid_once(
    tmp_path: Path,
) -> None:
    figures = Ordeal(tmp_path, takes=200, kills=30, seed=SEED).run()
    print(figures)  # noqa: T201 (shown where an assertion fails, the seed with it)
    assert figures.kills >= 30
    assert figures.breaker_trips >= 1
    assert figures.statuses["done"] + figures.statuses["failed"] == 200
    assert (figures.paid_twice, figures.lost) == (0, 0)
    assert {name for name in KINDS if figures.faults[name]} == set(KINDS)
