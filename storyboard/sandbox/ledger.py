"""What the server accepted and how often it was asked, for tests and for the request log."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass

from storyboard.records import Json
from storyboard.sandbox.tasks import Task

_MAX_REQUESTS = 100_000


@dataclass(frozen=True, slots=True)
class Request:
    """One request that came in. `path` never holds a result's name; `status` 0 is no answer."""

    at: float
    method: str
    path: str
    status: int
    note: str = ""


class Ledger:
    """Written by the server's thread alone; read from any.

    `posts` counts submissions, accepted or not; `polls` and `downloads` count
    requests; `keys_on_downloads` those for a result that carried an
    Authorization header, which none should.
    """

    def __init__(self, on_request: Callable[[Request], None] | None = None) -> None:
        self.posts = self.polls = self.downloads = self.keys_on_downloads = 0
        self.most_in_flight = 0
        self.faults: Counter[str] = Counter()  # how often each struck, by name
        self._tasks: list[Task] = []
        self._requests: deque[Request] = deque(maxlen=_MAX_REQUESTS)
        self._on_request = on_request

    def accept(self, *tasks: Task, in_flight: int = 0) -> None:
        """Add tasks that were accepted, now or before a restart."""
        self._tasks.extend(tasks)
        self.most_in_flight = max(self.most_in_flight, in_flight)

    def log(self, request: Request) -> None:
        """Add a request that was answered."""
        self._requests.append(request)
        if self._on_request:
            self._on_request(request)

    @property
    def submissions(self) -> tuple[Task, ...]:
        """Every accepted submission in order, those before a restart included."""
        return tuple(self._tasks)

    @property
    def requests(self) -> tuple[Request, ...]:
        """The latest requests, oldest first."""
        return tuple(self._requests)

    @property
    def data(self) -> dict[str, Json]:
        """The counts as JSON; of those that may stay 0, only what happened."""
        counts: dict[str, int] = {
            "posts": self.posts,
            "polls": self.polls,
            "downloads": self.downloads,
            "keys_on_downloads": self.keys_on_downloads,
            **self.faults,
        }
        return {
            "accepted": len(self._tasks),
            "most_in_flight": self.most_in_flight,
            **{name: count for name, count in sorted(counts.items()) if count},
        }
