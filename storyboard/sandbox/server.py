"""The sandbox as a context manager: a real server on loopback, in a thread of its own."""

from __future__ import annotations

import asyncio
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from aiohttp import web

from storyboard.atomic_files import write_atomically
from storyboard.errors import StateError, UsageError
from storyboard.models.catalog import Catalog, load_catalog
from storyboard.sandbox.app import make_app
from storyboard.sandbox.clips.clips import Clips
from storyboard.sandbox.context import Sandbox
from storyboard.sandbox.faults import Faults
from storyboard.sandbox.folder import make_folder, read_port
from storyboard.sandbox.journal import Journal
from storyboard.sandbox.ledger import Ledger, Request
from storyboard.sandbox.service import Service
from storyboard.sandbox.settings import SandboxSettings

HOST = "127.0.0.1"
"""The only address that is ever bound."""

DEFAULT_KEY = "sandbox"

_PORT_NOTE, _CLIPS = "port", "clips"


class SandboxServer:
    """A sandbox that serves between `with` and its end.

    With a `folder` the accepted tasks and their videos stay there, and a later
    server on the same folder goes on with them, at the same port where it is
    still free, so that links given out before still lead somewhere. Without
    one everything is gone at the end. `api_key` is the one key that is let in.
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
        self._folder = folder
        self._api_key = api_key
        self._settings = settings or SandboxSettings()
        self._catalog = catalog
        self._port = port
        self._clock = clock
        self._service: Service | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._base_url = ""

    @property
    def base_url(self) -> str:
        """Where it listens: http://127.0.0.1:PORT."""
        if not self._base_url:
            raise RuntimeError("the sandbox is not running; use it as a context manager")
        return self._base_url

    @property
    def settings(self) -> SandboxSettings:
        """How the server behaves now."""
        return self._service.settings if self._service else self._settings

    @settings.setter
    def settings(self, settings: SandboxSettings) -> None:
        # One assignment, so a request sees the old settings or the new ones, never a mixture.
        self._settings = settings
        if self._service:
            self._service.settings = settings

    @property
    def faults(self) -> Faults:
        """What goes wrong now."""
        return self.settings.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        """Set what goes wrong from now on; the next request of each stage counts as its first."""
        self.settings = replace(self.settings, faults=faults)
        if self._service:
            self._service.reset_counts()

    def __enter__(self) -> SandboxServer:
        if self._thread is not None:
            raise RuntimeError("this sandbox is running already")
        journal = Journal(self._folder) if self._folder else None
        listener = None
        try:
            tasks = journal.load() if journal else ()
            if self._folder:
                make_folder(self._folder / _CLIPS)
            listener = self._listen()
            catalog = self._catalog or load_catalog()
            catalog.cards()  # a broken card is told of now, not at the first request
        except BaseException:
            if journal:
                journal.close()
            if listener:
                listener.close()
            raise
        self.ledger.accept(*tasks)
        self._service = Service(
            catalog, self._settings, self.ledger, self._clock, api_key=self._api_key, tasks=tasks
        )
        self._base_url = f"http://{HOST}:{listener.getsockname()[1]}"
        is_ready = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(listener, journal, is_ready), name="sandbox", daemon=True
        )
        self._thread.start()
        is_ready.wait()
        if self._stop is None:
            raise StateError("the sandbox could not start; is there room for temporary files?")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the server: nothing is answered any more. Doing so twice does no harm."""
        if self._loop and self._stop and self._thread:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()
        self._thread = None
        self._base_url = ""

    def _listen(self) -> socket.socket:
        """A socket on loopback: at the port asked for, else the one of last time, else any."""
        note = self._folder / _PORT_NOTE if self._folder else None
        last = read_port(note) if note and not self._port else 0
        listener = _bind(last) if last else None
        if listener is None:
            listener = _bind(self._port)
        if listener is None:
            raise UsageError(f"port {self._port} is taken", next_step="choose another with --port")
        if note:
            write_atomically(note, f"{listener.getsockname()[1]}\n")
        return listener

    def _run(
        self, listener: socket.socket, journal: Journal | None, is_ready: threading.Event
    ) -> None:
        try:
            asyncio.run(self._serve(listener, journal, is_ready))
        finally:
            is_ready.set()
            listener.close()
            if journal:
                journal.close()

    async def _serve(
        self, listener: socket.socket, journal: Journal | None, is_ready: threading.Event
    ) -> None:
        assert self._service is not None  # noqa: S101 - made in __enter__, before the thread
        scratch = None if self._folder else Path(tempfile.mkdtemp(prefix="storyboard-sandbox-"))
        clips = Clips((self._folder or scratch or Path()) / _CLIPS)
        # One thread, so that lines come whole and in order.
        writer = ThreadPoolExecutor(1, thread_name_prefix="sandbox-journal")
        port = listener.getsockname()[1]
        sandbox = Sandbox(self._service, self.ledger, clips, journal, writer, self._base_url, port)
        runner = web.AppRunner(
            make_app(sandbox), access_log=None, shutdown_timeout=0.1, auto_decompress=False
        )
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        try:
            await runner.setup()
            await web.SockSite(runner, listener).start()
            is_ready.set()
            await self._stop.wait()
        finally:
            clips.stop()
            await runner.cleanup()
            clips.close()
            writer.shutdown(wait=True)
            if scratch:
                shutil.rmtree(scratch, ignore_errors=True)


def _bind(port: int) -> socket.socket | None:
    """A bound socket on loopback, or None where the port is taken."""
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
