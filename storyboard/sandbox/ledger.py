"""What the server did, for tests and for the log: what it accepted, and how often it was asked."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass

from storyboard.records import Json
from storyboard.sandbox.tasks import Task

_KEPT_REQUESTS = 100_000


@dataclass(frozen=True, slots=True)
class Request:
    """One request that came in. `path` never holds a result's name; `status` 0 is no answer."""

    at: float
    method: str
    path: str
    status: int
    note: str = ""


class Ledger:
    """Counts from the server's thread, read from any other."""

    def __init__(self, on_request: Callable[[Request], None] | None = None) -> None:
        self._lock = threading.Lock()
        self._tasks: list[Task] = []
        self._counts: Counter[str] = Counter()
        self._most_in_flight = 0
        self._requests: deque[Request] = deque(maxlen=_KEPT_REQUESTS)
        self._on_request = on_request

    def count(self, what: str) -> None:
        """One more of `what`: posts, polls, downloads, keys_on_downloads, or a fault's name."""
        with self._lock:
            self._counts[what] += 1

    def accept(self, *tasks: Task, in_flight: int = 0) -> None:
        """Tasks that were accepted, now or before a restart."""
        with self._lock:
            self._tasks.extend(tasks)
            self._most_in_flight = max(self._most_in_flight, in_flight)

    def log(self, request: Request) -> None:
        """A request that was dealt with."""
        with self._lock:
            self._requests.append(request)
        if self._on_request:
            self._on_request(request)

    @property
    def submissions(self) -> tuple[Task, ...]:
        """Every accepted submission in order, those before a restart included."""
        with self._lock:
            return tuple(self._tasks)

    @property
    def posts(self) -> int:
        """How many submissions arrived, accepted or not."""
        return self._count_of("posts")

    @property
    def polls(self) -> int:
        """How often a task was asked for."""
        return self._count_of("polls")

    @property
    def downloads(self) -> int:
        """How often a result was asked for, parts of it included."""
        return self._count_of("downloads")

    @property
    def keys_on_downloads(self) -> int:
        """How many requests for a result carried an Authorization header. None should."""
        return self._count_of("keys_on_downloads")

    @property
    def most_in_flight(self) -> int:
        """The most unfinished tasks there were at once."""
        with self._lock:
            return self._most_in_flight

    @property
    def requests(self) -> tuple[Request, ...]:
        """The latest requests, oldest first."""
        with self._lock:
            return tuple(self._requests)

    def fault_count(self, name: str) -> int:
        """How often the fault `name` struck."""
        return self._count_of(name)

    @property
    def data(self) -> dict[str, Json]:
        """The counts as JSON."""
        with self._lock:
            return {
                "accepted": len(self._tasks),
                "most_in_flight": self._most_in_flight,
                **{name: self._counts[name] for name in sorted(self._counts)},
            }

    def _count_of(self, what: str) -> int:
        with self._lock:
            return self._counts[what]
