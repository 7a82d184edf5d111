"""The program as users start it, with a clock that runs fifty times faster.

Every wait of the engine takes a fiftieth of its time: between polls, before retries, in an
outage. Videos and pictures are measured in the program itself, since none of them is hostile, and
a frame is a picture made of its video's sha256. Nothing else of the program is changed. It is a
process of its own, forked from one that has imported everything: importing takes longer than most
runs live, and no kill meanwhile could do harm.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, TextIO, TypeVar

from storyboard.cli import main
from storyboard.engine.clock import SystemClock
from storyboard.project import run
from storyboard.videos import measure
from storyboard.videos.measure_child import read_tracks
from tests.chaos.pictures import read_pictures_here

SPEED = 50.0

_IMPORTED = (
    *(__name__, "importlib.metadata", "pymediainfo", "PIL.PngImagePlugin"),
    "storyboard.commands.render",
)
"""What all that a render needs comes with."""

T = TypeVar("T")


class QuickClock(SystemClock):
    """The system's clock, running fifty times faster."""

    def monotonic(self) -> float:
        return super().monotonic() * SPEED

    def wait(self, inbox: queue.SimpleQueue[T], wait_s: float | None) -> list[T]:
        return super().wait(inbox, None if wait_s is None else wait_s / SPEED)


def start(arguments: Sequence[str], folder: Path) -> tuple[BaseProcess, TextIO]:
    """The program, started in a folder with the environment of now, and what it says on stderr."""
    context: Any = multiprocessing.get_context("spawn" if os.name == "nt" else "forkserver")
    if os.name != "nt":
        context.set_forkserver_preload(list(_IMPORTED))
    listening, speaking = context.Pipe(duplex=False)
    process = context.Process(
        target=_run, args=(list(arguments), str(folder), dict(os.environ), speaking)
    )
    process.start()
    speaking.close()
    with listening:
        return process, os.fdopen(os.dup(listening.fileno()), encoding="utf-8")


def _run(
    arguments: Sequence[str], folder: str, environment: Mapping[str, str], speaking: Connection
) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    run.SystemClock = QuickClock  # type: ignore[attr-defined]
    measure.ask_child = _measure_here  # type: ignore[attr-defined]
    read_pictures_here()
    with (
        Path(os.devnull).open("w", encoding="utf-8") as nothing,
        open(speaking.fileno(), "w", encoding="utf-8", buffering=1, closefd=False) as words,
        redirect_stdout(nothing),
        redirect_stderr(words),
    ):
        main(arguments)


def _measure_here(program: Path, content: Any) -> Any:
    return read_tracks(content)
