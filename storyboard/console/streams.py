"""The standard streams in every state: closed, on a full disk, with no reader left.

Nothing that happens to them stops a run. If stdout could not be printed, the last line and
the exit code say so.
"""

from __future__ import annotations

import codecs
import os
import sys
from contextlib import suppress
from typing import TextIO

JSON_ESCAPES = "storyboard.json"
"""The error handler of streams: characters that the encoding lacks become JSON escapes."""

_NAMES = ("stdin", "stdout", "stderr")
_not_printed: list[str] = []
"""Why results did not reach stdout; empty as long as they do."""
_given_up: set[int] = set()
"""The numbers of the streams that have been given up."""


def _escape(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    import json  # not needed to start the program

    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


codecs.register_error(JSON_ESCAPES, _escape)


def open_missing() -> None:
    """Opens the null device for each standard stream that the caller has closed.

    Otherwise the next file that is opened would get the stream's number, and what a
    library or a child process prints would end up in that file.
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
    """Redirects a stream that cannot be written to the null device."""
    # A reader that closes the pipe, as `| head` does, has seen enough.
    if stream is sys.stdout and not isinstance(error, BrokenPipeError):
        _not_printed.append(getattr(error, "strerror", None) or str(error))
    with suppress(OSError, ValueError):
        _given_up.add(stream.fileno())
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def is_read(stream: TextIO) -> bool:
    """Whether everything written to a stream has reached its destination."""
    try:
        return stream.fileno() not in _given_up
    except (OSError, ValueError):  # not a file, for example if another program calls this one
        return True


def flush() -> str | None:
    """Flushes both streams; why stdout could not be printed completely, None if it was."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError) as error:
            give_up(stream, error)
    return _not_printed.pop() if _not_printed else None
