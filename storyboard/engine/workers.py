"""A few threads that make blocking calls and put the results into the inbox."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from storyboard.threads import start_thread

T = TypeVar("T")


class Workers(Generic[T]):
    """`size` threads; the result of each call goes into `inbox`. Raises NoProcess without them.

    Calls must not raise; a failure is part of their result. The threads are
    daemons, unlike those of concurrent.futures, so that a second Ctrl-C ends
    the process even if a request hangs.
    """

    def __init__(self, size: int, inbox: queue.SimpleQueue[T], *, name: str) -> None:
        self.size = size
        self.busy = 0  # changed by the loop thread alone, in `start` and `finished`
        self._inbox = inbox
        self._calls: queue.SimpleQueue[Callable[[], T] | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True)
            for number in range(size)
        ]
        for thread in self._threads:
            start_thread(thread)

    @property
    def free(self) -> int:
        """How many calls could start at once."""
        return self.size - self.busy

    def start(self, call: Callable[[], T]) -> None:
        """Runs `call` on a free thread."""
        self.busy += 1
        self._calls.put(call)

    def finished(self) -> None:
        """Frees a thread. Call it for each result taken out of the inbox."""
        self.busy -= 1

    def stop(self, *, wait_s: float) -> None:
        """Lets the threads end; any still hanging after `wait_s` end with the process."""
        for _ in self._threads:
            self._calls.put(None)
        if self.busy == 0:
            for thread in self._threads:
                thread.join(wait_s)

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            self._inbox.put(call())
