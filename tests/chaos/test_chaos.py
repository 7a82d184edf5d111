"""The whole program against everything at once; `make chaos` is the long version."""

from __future__ import annotations

from pathlib import Path

from tests.chaos.ordeal import Ordeal
from tests.chaos.weather import KINDS

SEED = 20261122
PAGE = Path(__file__).parents[2] / "docs" / "how-it-never-pays-twice.md"


def test_the_table_of_the_long_version_is_of_a_run_with_every_kind_of_fault() -> None:
    """After a new fault, `make chaos` gives the figures for it."""
    assert f", of {len(KINDS)} kinds |" in PAGE.read_text("utf-8")


def test_a_film_survives_all_faults_and_thirty_kills_and_is_paid_once(tmp_path: Path) -> None:
    figures = Ordeal(tmp_path, takes=100, kills=30, seed=SEED).run()
    print(figures)  # noqa: T201 (shown where an assertion fails, the seed with it)
    assert figures.statuses.total() == figures.takes
    assert figures.statuses.keys() <= {"done", "failed", "held"}
    assert (figures.paid_twice, figures.lost, figures.wrong_takes) == (0, 0, 0)
    assert figures.uploads > 0
    assert figures.uploaded_twice == 0
