"""What a render costs where all, or half, is done: against `validate`, which reads the same."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks.inputs import one_template
from benchmarks.measure import PYTHON, STORYBOARD, quickest, run
from benchmarks.rows import Cost, Row, at_most

_LONG, _BATCH = 100_000, 10_000
_KEY = {"MODELLIX_API_KEY": "key-of-a-benchmark", "MODELLIX_BASE_URL": ""}


def rows(folder: Path) -> Iterator[Row]:
    """The figures of a long storyboard that is done, and of a batch that was killed."""
    yield from _of_a_finished_render(folder / "long")
    yield from _of_a_killed_render(folder / "batch")


def _of_a_finished_render(folder: Path) -> Iterator[Row]:
    film = one_template(folder, _LONG)
    run([PYTHON, "-m", "benchmarks.renders", film.name, "done"], folder=folder)
    command = [film.name, "--output", "done"]
    measured = partial(run, folder=folder, environment=_KEY)
    validate, render, status, plan = quickest(
        [
            partial(measured, [*STORYBOARD, "validate", film.name]),
            partial(measured, [*STORYBOARD, "render", *command, "--yes"]),
            partial(measured, [*STORYBOARD, "status", *command]),
            partial(measured, [*STORYBOARD, "plan", *command, "--json"]),
        ],
        rounds=1,  # a minute each
    )
    yield Row(
        f"`render`, {_LONG:,} takes, all done",
        f"`validate`, {validate.wall_s:.2f} s",
        *at_most(render.wall_s / validate.wall_s, 1.5, "times"),
        render,
    )
    for name, cost in (("status", status), ("plan --json", plan)):
        yield Row(
            f"`{name}`, {_LONG:,} takes",
            f"`validate`, {validate.wall_s:.2f} s",
            *at_most(cost.wall_s / validate.wall_s, 1.3, "times"),
            cost,
        )


def _of_a_killed_render(folder: Path) -> Iterator[Row]:
    film = one_template(folder, _BATCH)
    with _Doorbell() as api:
        made = [film.name, "killed", api.origin, str(_BATCH // 2)]
        run([PYTHON, "-m", "benchmarks.renders", *made], folder=folder)
        validate, resume = quickest(
            [
                partial(run, [*STORYBOARD, "validate", film.name], folder=folder),
                partial(_resume, folder, film.name, api),
            ]
        )
    yield Row(
        f"resume, {_BATCH:,} takes, half of them done: the first request",
        f"`validate`, {validate.wall_s:.2f} s",
        *at_most(resume.wall_s / validate.wall_s, 1.5, "times"),
        resume,
    )


def _resume(folder: Path, film: str, api: _Doorbell) -> Cost:
    """What a render of the killed batch takes until its first request comes; then it is killed."""
    again = folder / "again"
    shutil.rmtree(again, ignore_errors=True)
    shutil.copytree(folder / "killed", again)
    api.reset()
    started = time.perf_counter()
    process = subprocess.Popen(
        [*STORYBOARD, "render", film, "--output", again.name, "--base-url", api.origin, "--yes"],
        cwd=folder,
        env={**os.environ, **_KEY, "PYTHONPATH": str(Path(__file__).parent.parent)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        rung_at = api.wait(timeout_s=600)
    finally:
        process.kill()
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = -9
    cpu_s = usage.ru_utime + usage.ru_stime
    return Cost(rung_at - started, cpu_s, usage.ru_maxrss * 1024)


class _Doorbell(ThreadingHTTPServer):
    """An API that answers nothing of use, and tells when the first request came."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Porter)
        self.origin = f"http://127.0.0.1:{self.server_port}"
        self.rung_at = 0.0
        self.has_rung = threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def reset(self) -> None:
        self.has_rung.clear()

    def wait(self, *, timeout_s: float) -> float:
        """When the first request came. Raises TimeoutError where none does."""
        if not self.has_rung.wait(timeout_s):
            raise TimeoutError(f"no request came within {timeout_s:g} s")
        return self.rung_at


class _Porter(BaseHTTPRequestHandler):
    server: _Doorbell

    def do_GET(self) -> None:
        if not self.server.has_rung.is_set():
            self.server.rung_at = time.perf_counter()
            self.server.has_rung.set()
        self.send_error(503)

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        """Nothing: the table is for figures."""
