"""The sandbox as a context manager: a real server on loopback, in its own thread."""

from __future__ import annotations

import asyncio
import logging
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.http import HttpProcessingError

from storyboard.atomic_files import write_atomically
from storyboard.errors import StateError, UsageError
from storyboard.models.catalog import Catalog, load_catalog
from storyboard.sandbox.app import make_app
from storyboard.sandbox.clips.clips import Clips
from storyboard.sandbox.context import Sandbox
from storyboard.sandbox.faults import Faults
from storyboard.sandbox.folder import read_port
from storyboard.sandbox.journal import Journal
from storyboard.sandbox.ledger import Ledger, Request
from storyboard.sandbox.service import Service
from storyboard.sandbox.settings import DEFAULT_KEY, SandboxSettings
from storyboard.sandbox.uploads import Uploads
from storyboard.threads import start_thread

HOST = "127.0.0.1"
"""The only address the server ever binds to."""

MAX_CONNECTIONS = 500
"""Open at once; more are closed unread, so no client can exhaust the process's file handles."""

_PORT_NOTE, _CLIPS, _UPLOADS = "port", "clips", "uploads"


def _is_worth_logging(record: logging.LogRecord) -> bool:
    """Whether aiohttp reports more than a malformed request, which it answers with a 400."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


_log = logging.getLogger(__name__)
_log.addFilter(_is_worth_logging)


class SandboxServer:
    """A sandbox that serves inside a `with` block.

    With a `folder` the accepted tasks and their videos are kept there, and a later
    server on the same folder continues with them, on the same port if it is still
    free, so that old links still work. Without one everything is deleted at the end.
    `api_key` is the only key that is accepted.
    """

    def __init__(
        self,
        folder: Path | None = None,
        settings: SandboxSettings | None = None,
        *,
        api_key: str = DEFAULT_KEY,
        catalog: Catalog | None = None,
        port: int = 0,
        clock: Callable[[], float] = time.time,
        on_request: Callable[[Request], None] | None = None,
    ) -> None:
        self.ledger = Ledger(on_request)
        catalog = catalog or load_catalog()
        catalog.cards()  # a broken card is reported now, not at the first request
        self._service = Service(
            catalog, settings or SandboxSettings(), self.ledger, clock, api_key=api_key
        )
        self._folder = folder
        self._port = port
        self._resources: ExitStack | None = None  # set while it runs; closed in reverse order
        self._base_url = ""

    @property
    def base_url(self) -> str:
        """The address it listens on: http://127.0.0.1:PORT."""
        if not self._base_url:
            raise RuntimeError("the sandbox is not running; use it as a context manager")
        return self._base_url

    @property
    def settings(self) -> SandboxSettings:
        """The server's current settings."""
        return self._service.settings

    @settings.setter
    def settings(self, settings: SandboxSettings) -> None:
        # A single assignment, so a request sees either the old settings or the new, never a mix.
        self._service.settings = settings

    @property
    def faults(self) -> Faults:
        """The faults injected now."""
        return self._service.settings.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        """Set the faults from now on; the next request of each stage counts as its first."""
        self._service.set_faults(faults)

    def __enter__(self) -> SandboxServer:
        if self._resources is not None:
            raise RuntimeError("this sandbox is already running")
        with ExitStack() as resources:
            self._start(resources)
            self._resources = resources.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop the server; it answers no more requests. Closing it twice is harmless."""
        resources, self._resources, self._base_url = self._resources, None, ""
        if resources:
            resources.close()

    def _start(self, resources: ExitStack) -> None:
        journal = resources.enter_context(closing(Journal(self._folder))) if self._folder else None
        tasks = journal.load() if journal else ()
        self._service.restore(tasks)
        self.ledger.accept(*tasks)
        folder = self._folder or _make_temporary_folder(resources)
        clips = Clips(folder / _CLIPS)
        resources.callback(clips.close)
        now = self._service.now()
        clips.remove_other_pictures(task for task in tasks if not task.is_expired(now))
        uploads = Uploads(folder / _UPLOADS, self._service.now)
        listener = resources.enter_context(self._listen())
        port = listener.getsockname()[1]
        base_url = f"http://{HOST}:{port}"
        app = make_app(Sandbox(self._service, self.ledger, clips, uploads, journal, base_url, port))
        run = _start_loop(resources)
        runner = web.AppRunner(
            app, access_log=None, logger=_log, shutdown_timeout=0.1, auto_decompress=False
        )
        resources.callback(lambda: run(runner.cleanup()))
        resources.callback(clips.stop)
        resources.callback(run(_serve(runner, listener)))
        self._base_url = base_url

    def _listen(self) -> socket.socket:
        """A socket on loopback: on the requested port, else the last one used, else any."""
        note = self._folder / _PORT_NOTE if self._folder else None
        last = read_port(note) if note and not self._port else 0
        listener = (_bind(last) if last else None) or _bind(self._port)
        if listener is None:
            raise UsageError(f"port {self._port} is taken", next_step="choose another with --port")
        if note:
            write_atomically(note, f"{listener.getsockname()[1]}\n")
        return listener


def _make_temporary_folder(resources: ExitStack) -> Path:
    try:
        folder = tempfile.TemporaryDirectory("-storyboard-sandbox", ignore_cleanup_errors=True)
    except OSError:
        raise StateError(
            "the sandbox could not start; is there room for temporary files?"
        ) from None
    return Path(resources.enter_context(folder))


def _start_loop(resources: ExitStack) -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Start an event loop in its own thread; returns the function that runs a coroutine in it."""
    loop = asyncio.new_event_loop()
    resources.callback(loop.close)
    thread = threading.Thread(target=loop.run_forever, name="sandbox", daemon=True)
    start_thread(thread)
    resources.callback(thread.join)
    resources.callback(loop.call_soon_threadsafe, loop.stop)

    def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result()

    resources.callback(lambda: run(_end_tasks()))
    return run


async def _end_tasks() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_default_executor()


async def _serve(runner: web.AppRunner, listener: socket.socket) -> Callable[[], object]:
    """Start listening; returns a function, callable from any thread, that stops it."""
    await runner.setup()
    server = runner.server
    assert server is not None  # noqa: S101 - setup made it

    def new_connection() -> asyncio.BaseProtocol:
        is_full = len(server.connections) >= MAX_CONNECTIONS
        return _ClosedAtOnce() if is_full else server()

    loop = asyncio.get_running_loop()
    listening = await loop.create_server(new_connection, sock=listener)
    return partial(loop.call_soon_threadsafe, listening.close)


class _ClosedAtOnce(asyncio.Protocol):
    """A connection beyond the limit."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()


def _bind(port: int) -> socket.socket | None:
    """A bound socket on loopback, or None if the port is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows lets two servers share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(128)
    except (OSError, OverflowError):
        listener.close()
        return None
    return listener
