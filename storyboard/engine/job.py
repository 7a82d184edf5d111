"""What the engine is given and what it tells: plain values, no behaviour."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from pathlib import Path

from storyboard.errors import StoryboardError
from storyboard.records import Plan, Submission, Take
from storyboard.state.store import Store


@dataclass(frozen=True, slots=True)
class Provenance:
    """What is frozen with each submission beside its payload."""

    commit: str | None = None
    is_dirty: bool | None = None
    profile: str | None = None
    user_id: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """One storyboard to render: its plan, and the folder and state file it goes into."""

    name: str
    plan: Plan
    store: Store
    folder: Path
    provenance: Provenance = Provenance()


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """How a run goes about it; times in seconds.

    `endpoint_of` gives the submission path of a model, `retention_s` how long
    its links live where the reply does not say.
    """

    endpoint_of: Callable[[str], str]
    retention_s: Callable[[str], float]
    concurrency: int | None = None
    requests_per_minute: int | None = None
    download: bool = True
    timeout_s: float | None = None
    connections: int = 16
    download_connections: int = 4


class Step(Enum):
    """What has just become of a take."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    POSTPONED = "postponed"
    UNKNOWN = "unknown"
    RENDERED = "rendered"
    FAILED = "failed"
    DOWNLOADED = "downloaded"
    NOT_DOWNLOADED = "not downloaded"


@dataclass(frozen=True, slots=True)
class Progress:
    """One change of one take, for whoever shows the run; `detail` in words."""

    job: str
    submission: Submission
    step: Step
    detail: str = ""


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended. What became of each take stands in the state file.

    `stopped_by` is what ended it early, None where it came to its end.
    `not_downloaded` tells, by submission id, why a finished video is not here.
    """

    stopped_by: StoryboardError | None = None
    was_interrupted: bool = False
    not_downloaded: dict[tuple[str, int], str] = field(default_factory=dict)


@dataclass(slots=True)
class Flight:
    """A submission on its way through the engine; the loop thread's own notes about it."""

    job: Job
    take: Take
    submission: Submission
    born_s: float = 0.0  # when it was accepted, by the monotonic clock
    working_s: float = 0.0  # its age when it was last seen at work
    due: int = 0  # the number of its entry among the polls that are due; 0 for none
    has_ended: bool = False  # says the request log
    missing_since: float | None = None
    refused_since: float | None = None
    unread: int = 0
    downloads: int = 0
    was_refreshed: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    """An entry of the heap of due times."""

    at: float
    number: int
    flight: Flight

    def __lt__(self, other: Due) -> bool:
        return (self.at, self.number) < (other.at, other.number)


def age_s(submission: Submission, now: datetime) -> float:
    """Seconds since the submission was accepted; never negative, should the clock have jumped."""
    since = submission.submitted_at or submission.sent_at
    return max(0.0, (now - since).total_seconds())
