from __future__ import annotations

import pytest

from storyboard.sandbox.clips import clips
from tests.commands.conftest import draw_once, film, server

__all__ = ["film", "server"]  # a storyboard in the current folder; an API with a key for it


@pytest.fixture(autouse=True)
def _drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clips that are alike are drawn once for all tests."""
    monkeypatch.setattr(clips, "write_clip", draw_once)
