"""Records what the server accepted and counts requests, for tests and for the request log."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass

from storyboard.records import Json
from storyboard.sandbox.tasks import Task

_MAX_REQUESTS = 100_000


@dataclass(frozen=True, slots=True)
class Request:
    """One request received. `path` never includes a result's name; `status` 0 means no answer."""

    at: float
    method: str
    path: str
    status: int
    note: str = ""


class Ledger:
    """Written only by the server's thread; may be read from any.

    `posts` counts submissions, accepted or not; `polls` and `downloads` count
    requests; `keys_on_downloads` counts requests for a result that carried an
    Authorization header, which none should. `uploads` has the sha256 of each file
    that was kept, in order.
    """

    def __init__(self, on_request: Callable[[Request], None] | None = None) -> None:
        self.posts = self.polls = self.downloads = self.keys_on_downloads = 0
        self.most_in_flight = 0
        self.uploads: list[str] = []
        self.faults: Counter[str] = Counter()  # how often each was injected, by name
        self._tasks: list[Task] = []
        self._requests: deque[Request] = deque(maxlen=_MAX_REQUESTS)
        self._on_request = on_request

    def accept(self, *tasks: Task, in_flight: int = 0) -> None:
        """Add accepted tasks, new ones or those from before a restart."""
        self._tasks.extend(tasks)
        self.most_in_flight = max(self.most_in_flight, in_flight)

    def log(self, request: Request) -> None:
        """Add an answered request."""
        self._requests.append(request)
        if self._on_request:
            self._on_request(request)

    @property
    def submissions(self) -> tuple[Task, ...]:
        """Every accepted submission in order, including those from before a restart."""
        return tuple(self._tasks)

    @property
    def requests(self) -> tuple[Request, ...]:
        """The latest requests, oldest first."""
        return tuple(self._requests)

    @property
    def data(self) -> dict[str, Json]:
        """The counts as JSON; leaves out optional counts that are 0."""
        counts: dict[str, int] = {
            "posts": self.posts,
            "polls": self.polls,
            "downloads": self.downloads,
            "uploads": len(self.uploads),
            "keys_on_downloads": self.keys_on_downloads,
            **self.faults,
        }
        return {
            "accepted": len(self._tasks),
            "most_in_flight": self.most_in_flight,
            **{name: count for name, count in sorted(counts.items()) if count},
        }
