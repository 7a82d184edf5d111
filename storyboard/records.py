"""The values that travel through the pipeline; read this module first.

    source -> expand -> payload -> validate -> plan -> engine -> outputs
     Node      Shot     Payload     Take       Plan   Submission  Manifest

Everything here is frozen: a stage takes values and returns new ones. What is made by the
million is a NamedTuple, which takes a third of a frozen dataclass's time; so is, elsewhere,
what every start defines, which takes a quarter. Dicts stand only at the edges (YAML, JSON,
rows of the state file).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import NamedTuple, TypeAlias, Union

from storyboard.money import NO_CAPS, FilmCaps, Price

Json: TypeAlias = Union[bool, int, float, str, "list[Json]", "dict[str, Json]", None]
"""What JSON can hold."""

Payload: TypeAlias = "Mapping[str, Json]"
"""The exact JSON body of one request."""


# What the user wrote, and what is wrong with it


class Position(NamedTuple):
    """Where something stands in a file; line and column count from 1, width in characters."""

    path: str
    line: int
    column: int
    width: int = 1


class RowSource(NamedTuple):
    """The row of a table that a value came from: where it begins, and the cells that were used.

    `number` counts the rows of its file from 1; it is 0 where the line tells them apart.
    """

    position: Position
    cells: tuple[tuple[str, Json], ...] = ()
    number: int = 0

    @property
    def place(self) -> str:
        """The file and the line, `p.csv:3`, and the number of the row where it is known."""
        number = f" (row {self.number})" if self.number else ""
        return f"{self.position.path}:{self.position.line}{number}"


class Use(NamedTuple):
    """Where what stands elsewhere is used, and how that is written: `*slow`, `include`."""

    position: Position
    by: str


class Repair(NamedTuple):
    """What to write in place of what a position covers, its width in characters; on one line."""

    position: Position
    text: str


class Severity(Enum):
    """Problems stop a render; warnings stop it with --strict only."""

    PROBLEM = "problem"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a user's file, as a value.

    `code` is the stable name of a code in `reporting/codes.md` ("unknown-key"). `message`
    starts with the path inside the file ("shots[2].duration: 20 is more than 15, ..."), where
    there is one. `rendered` is the text, where the mistake is in what a template made, and
    `row` the row that it was made from. `uses` are the aliases that repeat the value, or the
    include of its file. `repairs` together are the one way to mend it, where only one is right.
    """

    position: Position
    code: str
    message: str
    hint: str | None = None
    rendered: str | None = None
    severity: Severity = Severity.PROBLEM
    row: RowSource | None = None
    uses: tuple[Use, ...] = ()
    repairs: tuple[Repair, ...] = ()

    @property
    def is_warning(self) -> bool:
        """Whether it stops nothing but a `--strict` render."""
        return self.severity is Severity.WARNING


# What shall be rendered


@dataclass(frozen=True, slots=True)
class Take:
    """One concrete request: a shot with its final payload.

    `id` becomes a file name. `number` counts a shot's takes from 1. `fingerprint` is what makes two
    requests the same. `fallbacks` are it with other models, for when those before have failed.
    """

    id: str
    shot: str
    scene: str | None
    number: int
    model: str
    payload: Payload
    fingerprint: str
    position: Position
    tags: tuple[str, ...] = ()
    is_locked: bool = False
    notes: str | None = None
    meta: Mapping[str, Json] = field(default_factory=dict)
    fallbacks: tuple[Take, ...] = ()


@dataclass(frozen=True, slots=True)
class Storyboard:
    """A storyboard read whole: its takes in file order, and all that is wrong with it.

    Takes are complete only while `problems` holds nothing but warnings. `sources` maps each
    file that was read, by the name shown to the user, to its text, for quoting lines; of a
    sheet of a workbook, `workbooks` has the file's name and content. `scene_titles` are by the
    scenes' ids, `skipped` the ids of skipped shots as written. `variant` is the one that was
    read, which `name` ends in (`film/draft`), `variants` are all, and `prices` are the models'.
    """

    path: Path
    name: str
    title: str | None
    takes: tuple[Take, ...]
    problems: tuple[Problem, ...]
    sources: Mapping[str, str]
    workbooks: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)
    scene_titles: Mapping[str, str] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()
    variant: str | None = None
    variants: tuple[str, ...] = ()
    prices: Mapping[str, Price] = field(default_factory=dict)
    caps: FilmCaps = NO_CAPS

    @property
    def is_sound(self) -> bool:
        """Whether nothing but warnings stands against it."""
        return all(problem.is_warning for problem in self.problems)


# What was sent, and what came of it


class SubmissionState(Enum):
    """What is known of one POST. Rows of the state file move forward only."""

    SENDING = "sending"  # committed before the POST; found later, it may have been charged
    UNKNOWN = "unknown"  # sent, no usable reply, or the task cannot be found
    ACCEPTED = "accepted"  # has a task id; not finished
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    REJECTED = "rejected"  # refused; not charged
    UNAVAILABLE = "unavailable"  # nothing was accepted; safe to send again
    ABANDONED = "abandoned"  # given up by hand
    RELEASED = "released"  # given up by hand, to be sent again


OPEN_STATES = frozenset(
    {SubmissionState.SENDING, SubmissionState.UNKNOWN, SubmissionState.ACCEPTED}
)
"""States in which a second POST of the same fingerprint could be paid twice."""


@dataclass(frozen=True, slots=True)
class Video:
    """A downloaded result, as measured from the file itself.

    `path` is relative to the output folder, with forward slashes. Width and height in
    pixels, length in seconds, rate in frames a second; None where the file does not say.
    """

    path: str
    sha256: str
    size_bytes: int
    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    fps: float | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """One POST and all that followed, as the state file has it.

    What was frozen when it was sent (model, endpoint, payload, commit, is_dirty, profile)
    is what resuming reads, never the current storyboard. All times are UTC; what it was to
    cost, and what was billed, is in millionths of a US dollar.
    """

    id: int
    take: str
    shot: str
    scene: str | None
    fingerprint: str
    state: SubmissionState
    model: str
    endpoint: str
    payload: Payload
    sent_at: datetime
    commit: str | None = None
    is_dirty: bool | None = None
    profile: str | None = None
    user_id: str | None = None
    task_id: str | None = None
    submitted_at: datetime | None = None
    finished_at: datetime | None = None
    http_status: int | None = None
    reason: str | None = None
    reply: str | None = None
    video_url: str | None = None
    url_expires_at: datetime | None = None
    estimate_micros: int | None = None
    billed_micros: int | None = None
    video: Video | None = None


# What a render would do


class ActionKind(Enum):
    """What the plan does about a take."""

    SUBMIT = "submit"
    RESUME = "resume"
    DOWNLOAD = "download"
    KEEP = "keep"
    HOLD = "hold"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Action:
    """What a render would do about one take, and why, in words for the user.

    `submission` is the one that decided, None where nothing was sent yet. `same_as` names the
    earlier take of this plan that makes the same request; this one then costs nothing of its
    own. Takes with the same `change` differ alike from what was sent for them before.
    """

    take: Take
    kind: ActionKind
    reason: str
    submission: Submission | None = None
    same_as: str | None = None
    change: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a render would do, as data. `plan` prints it, `render` carries it out.

    `actions` holds the selected takes in file order. `orphans` are paid tasks (and unknown
    outcomes) of takes that are not in the storyboard or not selected: they are finished too.
    """

    actions: tuple[Action, ...]
    orphans: tuple[Action, ...] = ()

    def of_kind(self, kind: ActionKind) -> tuple[Action, ...]:
        """The actions of one kind that cost or do something themselves."""
        both = (*self.actions, *self.orphans)
        return tuple(one for one in both if one.kind is kind and one.same_as is None)


# What the API answered


class Outcome(Enum):
    """What a submission's answer says about the money."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"  # not charged, and sending it again is of no use
    UNAVAILABLE = "unavailable"  # not charged, safe to send again
    UNKNOWN = "unknown"  # may have been charged


class Limit(Enum):
    """Which of the account's limits a 429 speaks of."""

    RATE = "rate"
    CONCURRENCY = "concurrency"


@dataclass(frozen=True, slots=True)
class RateHint:
    """What a reply's headers say about the request rate; None where they are silent.

    `limit` is requests a minute, `remaining` how many are left of them,
    `reset_in_s` when they are renewed, `retry_after_s` how long to wait.
    """

    limit: int | None = None
    remaining: int | None = None
    reset_in_s: float | None = None
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class SubmitReply:
    """The answer to one POST, or what became of it.

    `task_id` is given only for what is accepted, `body` only for the rest, bounded for the state
    file. `remedy` is what to set in the environment if no reply came because of that.
    `is_from_api` is False for an error that is not in the API's own form: a firewall or a
    proxy refuses one request, and knows nothing of the account.
    """

    outcome: Outcome
    task_id: str | None = None
    http_status: int | None = None
    message: str | None = None
    body: str | None = None
    remedy: str | None = None
    is_from_api: bool = True
    limit: Limit | None = None
    rate: RateHint = RateHint()


class TaskStatus(Enum):
    """What a poll says of a task."""

    WAITING = "waiting"
    WORKING = "working"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    MISSING = "missing"  # 404, 410: expired, unknown, or another account's
    REFUSED = "refused"  # 401, 402, 403: the account, not the task
    UNREADABLE = "unreadable"  # no answer, or none that makes sense; poll again
    UNFAMILIAR = "unfamiliar"  # an answer about the task, whose status is no word that is known
    MISMATCHED = "mismatched"  # an answer about another task, or about none


@dataclass(frozen=True, slots=True)
class TaskReply:
    """The answer to one poll; `body` is bounded, and None where the task goes on as expected."""

    status: TaskStatus
    video_url: str | None = None
    url_expires_at: datetime | None = None
    reason: str | None = None
    http_status: int | None = None
    body: str | None = None
    remedy: str | None = None
    limit: Limit | None = None
    rate: RateHint = RateHint()
    billed_micros: int | None = None


# What a take is in the outputs


class TakeStatus(Enum):
    """One word for a take in the manifest, the gallery and `status`."""

    PENDING = "pending"
    UNKNOWN = "unknown"
    RENDERING = "rendering"
    RENDERED = "rendered"  # succeeded; no file in place
    DONE = "done"  # succeeded; the file is in place
    FAILED = "failed"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class TakeState:
    """A take with what is known of it: one block of the manifest.

    `take` carries the request that this is of: that of its video where it is locked, of
    several models that of the one whose turn it is. `failed` are those of its other models.
    """

    take: Take
    status: TakeStatus
    submission: Submission | None = None
    failed: tuple[Submission, ...] = ()
