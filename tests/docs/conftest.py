from __future__ import annotations

from tests.commands.conftest import done_once, server

__all__ = ["done_once", "server"]  # an API on loopback, with a key for it
