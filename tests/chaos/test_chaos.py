"""The whole program against everything at once; `make chaos` is the long version."""

from __future__ import annotations

from pathlib import Path

from tests.chaos.ordeal import Ordeal

SEED = 20261122


def test_a_film_survives_all_faults_and_thirty_kills_and_is_paid_once(tmp_path: Path) -> None:
    figures = Ordeal(tmp_path, takes=100, kills=30, seed=SEED).run()
    print(figures)  # noqa: T201 (shown where an assertion fails, the seed with it)
    assert figures.statuses.total() == figures.takes
    assert figures.statuses.keys() <= {"done", "failed", "held"}
    assert (figures.paid_twice, figures.lost, figures.wrong_takes) == (0, 0, 0)
    assert figures.uploads > 0
    assert figures.uploaded_twice == 0
