"""What happens in a render, one JSON object per line, for other programs that follow it.

A problem with the file stops nothing: a warning says so once, and the render continues.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path

from storyboard.console.printing import SCHEMA_VERSION, say
from storyboard.engine.job import Progress, Step
from storyboard.errors import ExitCode, StoryboardError, UsageError
from storyboard.names import spelled_path
from storyboard.outputs.manifest.times import time_text
from storyboard.private import mask
from storyboard.records import Json
from storyboard.reporting.quoting import json_text

EVENTS = {step: step.name.lower() for step in Step}
"""The name of each change of a take in the file."""

_FIRST = b'{"schema_version":'
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)  # Windows has none


class EventFile:
    """Is called with each change of each take and writes it at once, if there is a file."""

    def __init__(self, file: io.FileIO | None = None, path: Path | None = None) -> None:
        self._file = file
        self._path = path

    def __call__(self, change: Progress) -> None:
        """Writes one change, without the link, which may be signed."""
        sent = change.submission
        self._write(
            EVENTS[change.step],
            file=change.job,
            take=change.take,
            task_id=sent.task_id if sent else None,
            detail=change.detail or None,
        )

    def note_started(self, takes: int) -> None:
        """Notes how many takes will be worked on."""
        self._write("started", takes=takes)

    def note_ended(self, code: ExitCode) -> None:
        """Notes that the render has ended with this exit code."""
        self._write("ended", exit_code=code.value)

    def _write(self, event: str, **facts: Json) -> None:
        if self._file is None:
            return
        now = time_text(datetime.now(timezone.utc))
        masked = {name: mask(one) if isinstance(one, str) else one for name, one in facts.items()}
        document = {"schema_version": SCHEMA_VERSION, "time": now, "event": event, **masked}
        line = f"{json_text(document, indent=None)}\n".encode()
        try:
            # None: a pipe that nobody reads, which must not keep the render waiting.
            if self._file.write(line) != len(line):
                self._give_up("its reader does not keep up, or its disk is full")
        except OSError as error:
            self._give_up(error.strerror or str(error))

    def _give_up(self, reason: str) -> None:
        self._file = None
        say(f"warning: {self._path} gets no more events: {reason}; the render continues")


@contextmanager
def writing_events(path: Path | None) -> Iterator[EventFile]:
    """The file of events, which also gets the exit code of an error that ends the render.

    Events are appended. Raises UsageError if that is impossible, or the file is something else.
    """
    if path is None:
        yield EventFile()
        return
    path = spelled_path(path)
    with _open(path) as file:
        events = EventFile(file, path)
        try:
            yield events
        except StoryboardError as error:
            events.note_ended(error.exit_code)
            raise


def _open(path: Path) -> io.FileIO:
    if str(path) == "-":
        raise UsageError(
            "--events needs a file, because standard output is for the results",
            next_step="name a file or a pipe, and read the events from there",
        )
    try:
        _check_kind(path)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | _NO_WAIT
        return io.FileIO(os.open(path, flags, 0o666), "w")
    except OSError as error:
        raise UsageError(
            f"the events cannot be written to {path}: {error.strerror or error}",
            next_step="name a writable file, or omit --events",
        ) from error


def _check_kind(path: Path) -> None:
    """Raises UsageError for a file that contains something other than events."""
    with suppress(FileNotFoundError):
        about = path.stat()
        if stat.S_ISREG(about.st_mode) and about.st_size:
            with path.open("rb") as file:
                if file.read(len(_FIRST)) != _FIRST:
                    raise UsageError(
                        f"{path} exists and does not contain events; it was left unchanged",
                        next_step="name another file with --events",
                    )
