from __future__ import annotations

from tests.commands.conftest import done_once, film, program, server

__all__ = ["done_once", "film", "program", "server"]
