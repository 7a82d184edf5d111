"""The standard streams as they may be: closed, on a full disk, their reader gone.

Nothing that happens to them stops a run. What could not be printed on stdout is
said at the end, and by the exit code.
"""

from __future__ import annotations

import codecs
import os
import sys
from contextlib import suppress
from typing import TextIO

JSON_ESCAPES = "storyboard.json"
"""The error handler of streams: what their encoding lacks is written as JSON escapes it."""

_NAMES = ("stdin", "stdout", "stderr")
_not_printed: list[str] = []
"""Why results did not reach stdout; empty while they do."""
_given_up: set[int] = set()
"""The numbers of the streams that lead to nowhere from now on."""


def _escape(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    import json  # starting the program does not need it

    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


codecs.register_error(JSON_ESCAPES, _escape)


def open_missing() -> None:
    """Lets each standard stream that the caller has closed lead to nowhere.

    The next file that is opened would take its number otherwise, and what a
    library or a child process prints would land in that file.
    """
    for number, name in enumerate(_NAMES):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 (a number, open to the end)


def give_up(stream: TextIO, error: Exception) -> None:
    """Lets a stream that cannot be written lead to nowhere from now on."""
    # Who closes a pipe, as `| head` does, has seen enough.
    if stream is sys.stdout and not isinstance(error, BrokenPipeError):
        _not_printed.append(getattr(error, "strerror", None) or str(error))
    with suppress(OSError, ValueError):
        _given_up.add(stream.fileno())
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def is_read(stream: TextIO) -> bool:
    """Whether what was written to a stream has gone where it was to go."""
    try:
        return stream.fileno() not in _given_up
    except (OSError, ValueError):  # no file at all, as where a program calls this one
        return True


def flush() -> str | None:
    """Flushes both streams; why not all of stdout could be printed, None where it was."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError) as error:
            give_up(stream, error)
    return _not_printed.pop() if _not_printed else None
