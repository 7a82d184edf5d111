from __future__ import annotations

from tests.commands.conftest import film, program, server

__all__ = ["film", "program", "server"]
