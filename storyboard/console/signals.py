"""Ctrl-C and SIGTERM while a run goes: once is a request, twice is at once."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from storyboard.errors import ExitCode

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interrupting(interrupt: Callable[[], None]) -> Iterator[None]:
    """Calls `interrupt` at the first signal and ends the process at the second."""
    count = 0

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal count
        count += 1
        if count > 1:
            # Every commit is already on the disk; threads may hang in requests.
            sys.stderr.write("\nstopped at once; what was being sent is unknown\n")
            sys.stderr.flush()
            os._exit(ExitCode.INTERRUPTED)
        sys.stderr.write("\nstopping: waiting for what is being sent (again to stop at once)\n")
        interrupt()

    before = [signal.signal(number, handle) for number in _SIGNALS]
    try:
        yield
    finally:
        for number, handler in zip(_SIGNALS, before, strict=True):
            signal.signal(number, handler)
