"""A few threads that do what may block and put what came of it into the inbox."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Workers(Generic[T]):
    """`size` threads; each call's result goes into `inbox`.

    The threads are daemons: a second Ctrl-C must end the process while a
    request hangs, which concurrent.futures would wait for. Calls must not
    raise; what goes wrong is part of their result.
    """

    def __init__(self, size: int, inbox: queue.SimpleQueue[T], *, name: str) -> None:
        self.size = size
        self.busy = 0  # counted by the loop thread alone: up in `start`, down in `finished`
        self._inbox = inbox
        self._calls: queue.SimpleQueue[Callable[[], T] | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True)
            for number in range(size)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def free(self) -> int:
        """How many calls could start at once."""
        return self.size - self.busy

    def start(self, call: Callable[[], T]) -> None:
        """Runs `call` on a free thread."""
        self.busy += 1
        self._calls.put(call)

    def finished(self) -> None:
        """Notes that a result has been taken out of the inbox."""
        self.busy -= 1

    def stop(self, *, wait_s: float) -> None:
        """Lets the threads end; those that still hang after `wait_s` end with the process."""
        for _ in self._threads:
            self._calls.put(None)
        if self.busy == 0:
            for thread in self._threads:
                thread.join(wait_s)

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            self._inbox.put(call())
