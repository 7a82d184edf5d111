"""The engine's inputs, reports and results: plain values, no behaviour."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from storyboard.engine.pictures import ExtractFrame, ReadFile
from storyboard.errors import Refused, StoryboardError
from storyboard.media import At
from storyboard.money import NO_CAPS, FilmCaps
from storyboard.planning.cost import CostOf
from storyboard.planning.following import Passed
from storyboard.planning.plan import PlanOptions
from storyboard.records import Payload, Plan, Submission
from storyboard.state.store import Store
from storyboard.videos.frame import extract_frame


@dataclass(frozen=True, slots=True)
class Provenance:
    """What is stored with each submission besides its payload.

    `commit` and `is_dirty` describe the storyboard's git repository, `profile`
    names the key, and `user_id` is the render's id in the request log.
    """

    commit: str | None = None
    is_dirty: bool | None = None
    profile: str | None = None
    user_id: str | None = None


def _read_nothing(path: str) -> bytes:
    raise FileNotFoundError(f"nothing reads {path}")


@dataclass(frozen=True, slots=True)
class Job:
    """One storyboard to render: its plan, its output folder and its state file.

    `cost_of` estimates the cost of a take in micros; `caps` are the film's caps. What waits in
    the plan is decided about with `options`, and with `passed`: the approved videos of takes
    that others follow. `read_file` reads the pictures that requests contain. `command` is the
    command line, for the user, of a verb and its words on this storyboard.
    """

    name: str
    plan: Plan
    store: Store
    folder: Path
    provenance: Provenance = Provenance()
    cost_of: CostOf = lambda take: None
    caps: FilmCaps = NO_CAPS
    options: PlanOptions = field(default_factory=PlanOptions)
    passed: Passed = frozenset()
    read_file: ReadFile = _read_nothing
    command: Callable[..., str] = lambda *words: " ".join(("storyboard", *words))


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """The limits of a run; times are in seconds.

    `endpoint_of` returns a model's submission path. `retention_s` is how long a
    video link is valid if the reply does not say. `slowest_s` is the longest time
    that tasks take. `max_cost_micros` is the most that the run may spend.
    `concurrency` and `requests_per_minute` are None to use the API's own limits.
    `connections` are shared by submissions, polls and log checks.

    `takes_data` says whether a model's field at a path takes a picture within the request,
    `check_picture` and `check_body` why it takes a picture, or a whole request, not: as a
    clause. `account_of` replaces the API's own digest of the account.
    """

    endpoint_of: Callable[[str], str]
    retention_s: Callable[[str], float]
    slowest_s: Callable[[str], float] = lambda model: 3600.0
    concurrency: int | None = None
    requests_per_minute: int | None = None
    download: bool = True
    timeout_s: float | None = None
    max_cost_micros: int | None = None
    connections: int = 16
    download_connections: int = 4
    uploads_per_minute: int = 30
    takes_data: Callable[[str, At], bool] = lambda model, at: False
    check_picture: Callable[[str, At, bytes], str | None] = lambda model, at, content: None
    check_body: Callable[[str, Payload], str | None] = lambda model, body: None
    extract_frame: ExtractFrame = extract_frame
    account_of: Callable[[str], str] | None = None


class Step(Enum):
    """What has just happened to a take."""

    ACCEPTED = "accepted"
    ODD = "odd"
    REJECTED = "rejected"
    FALLBACK = "fallback"
    POSTPONED = "postponed"
    UNKNOWN = "unknown"
    DOUBTFUL = "doubtful"
    RENDERED = "rendered"
    FAILED = "failed"
    DOWNLOADED = "downloaded"
    PAUSED = "paused"
    HELD = "held"
    NOT_DOWNLOADED = "not downloaded"


@dataclass(frozen=True, slots=True)
class Progress:
    """One committed change of one take, for the listener; `detail` is text for the user.

    `submission` is what was sent for the take. It is None only if a take is held that was never
    sent.
    """

    job: str
    take: str
    submission: Submission | None
    step: Step
    detail: str = ""


@dataclass(frozen=True, slots=True)
class RunStatus:
    """The state of a run after a turn.

    `waiting` is the number of takes still to be submitted; some wait for others' videos. `tasks`
    are those in flight, each with its take and its age in seconds, oldest first. `left_s` is
    how long the run will still take, without the downloads, or None before any task has ended.
    `downloading` is the number of videos still to be downloaded.
    """

    waiting: int
    tasks: tuple[tuple[str, float], ...]
    left_s: float | None
    downloading: int = 0


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended. The outcome of each take is in the state file.

    `stopped_by` is why submissions stopped, or None if every action was carried
    out. `refusals` say why a film stopped submitting at its own caps.
    `not_downloaded` says why a finished video was not downloaded, by job name and
    submission id, `held` why a take was not submitted whose pictures could not be sent, by
    job name and take id.
    """

    stopped_by: StoryboardError | None = None
    was_interrupted: bool = False
    not_downloaded: dict[tuple[str, int], str] = field(default_factory=dict)
    held: dict[tuple[str, str], str] = field(default_factory=dict)
    refusals: tuple[Refused, ...] = ()

    @property
    def errors(self) -> tuple[StoryboardError, ...]:
        """All errors that kept the run from submitting."""
        return (*((self.stopped_by,) if self.stopped_by else ()), *self.refusals)
