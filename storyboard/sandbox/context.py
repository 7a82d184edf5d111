"""What the HTTP handlers share: the running sandbox, and the exception that cuts a connection."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass

from aiohttp import web

from storyboard.sandbox.clips.clips import Clips
from storyboard.sandbox.journal import Journal
from storyboard.sandbox.ledger import Ledger
from storyboard.sandbox.service import Service


class ConnectionCut(Exception):
    """Raised by a handler to close the connection, before the reply or in the middle of it."""


@dataclass(frozen=True)
class Sandbox:
    """All that the handlers work with. `writer` is the one thread that adds to the journal."""

    service: Service
    ledger: Ledger
    clips: Clips
    journal: Journal | None
    writer: Executor
    base_url: str


SANDBOX = web.AppKey("sandbox", Sandbox)
