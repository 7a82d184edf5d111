from __future__ import annotations

import pytest

from tests.commands.conftest import done_once, film, server

__all__ = ["done_once", "film", "server"]  # a storyboard here; an API with a key for it


@pytest.fixture(autouse=True)
def _always_done_once(done_once: None) -> None:
    """Each of the library's tests draws and measures once what is alike."""
