"""Ctrl-C, SIGTERM and a closed terminal during a run: once asks it to stop, twice stops at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from storyboard.errors import ExitCode

_HANGUP = getattr(signal, "SIGHUP", None)  # Windows has none
_SIGNALS = tuple(filter(None, (signal.SIGINT, signal.SIGTERM, _HANGUP)))


@contextmanager
def handling(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Calls `handler` at each signal that asks the program to end.

    A signal that is ignored, as SIGHUP is under nohup, stays ignored.
    """
    wanted = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = [signal.signal(number, handler) for number in wanted]
    try:
        yield
    finally:
        for number, earlier in zip(wanted, before, strict=True):
            signal.signal(number, earlier)


@contextmanager
def interrupting(interrupt: Callable[[], None]) -> Iterator[None]:
    """Calls `interrupt` at the first signal and ends the process at the second."""
    count = 0

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal count
        # The system and the shell both report a closed terminal: that counts as one request.
        count += number != _HANGUP or not count
        if count > 1:
            # Every commit is already on disk; threads may hang in requests.
            _say("stopped at once; what was being sent is unknown")
            os._exit(ExitCode.INTERRUPTED)
        _say("stopping: waiting for what is being sent (again to stop at once)")
        interrupt()

    with handling(handle):
        yield


def _say(words: str) -> None:
    """Writes to stderr, bypassing its buffer, which the interrupted code may be using."""
    with suppress(OSError):
        os.write(2, f"\n{words}\n".encode())
