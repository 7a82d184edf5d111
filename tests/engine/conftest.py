"""The fixture of the tests that run in simulated time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.rig import make_takes
from tests.engine.simulation import Simulation


@pytest.fixture
def sim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Simulation:
    """Three takes, none of them submitted yet, and an API that accepts all of them."""
    return Simulation(tmp_path / "out", make_takes(3), monkeypatch)
