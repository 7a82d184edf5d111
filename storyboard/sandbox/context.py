"""What the handlers share: the running sandbox, and the wish to cut a connection."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass

from aiohttp import web

from storyboard.sandbox.clips.clips import Clips
from storyboard.sandbox.journal import Journal
from storyboard.sandbox.ledger import Ledger
from storyboard.sandbox.service import Desk


class Cut(Exception):
    """The connection shall end here, without an answer or in the middle of one."""


@dataclass(frozen=True)
class Sandbox:
    """All that the handlers work with. `writer` is the one thread that adds to the journal."""

    desk: Desk
    ledger: Ledger
    clips: Clips
    journal: Journal | None
    writer: Executor
    base_url: str


SANDBOX = web.AppKey("sandbox", Sandbox)
