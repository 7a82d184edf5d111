from __future__ import annotations

from tests.commands.conftest import server

__all__ = ["server"]  # an API on loopback, with a key for it
