"""The values that travel through the pipeline; read this module first.

    source -> expand -> payload -> validate -> plan -> engine -> outputs
     Node      Shot     Payload     Take       Plan   Submission  Manifest

Everything here is frozen: a stage takes values and returns new ones. Types instantiated by
the million are NamedTuples, made in a third of a frozen dataclass's time. So are, in
other modules, types defined at every start: defining one takes a quarter of the time. Dicts
appear only at the edges (YAML, JSON, rows of the state file).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import NamedTuple, TypeAlias, Union

from storyboard.media import Input
from storyboard.money import NO_CAPS, FilmCaps, Price

Json: TypeAlias = Union[bool, int, float, str, "list[Json]", "dict[str, Json]", None]
"""Any JSON value."""

Payload: TypeAlias = "Mapping[str, Json]"
"""The exact JSON body of one request, except that files and frames are named as in `media`."""


# What the user wrote, and what is wrong with it


class Position(NamedTuple):
    """A position in a file; line and column count from 1, width is in characters."""

    path: str
    line: int
    column: int
    width: int = 1

    def __str__(self) -> str:
        """The position as people and editors write it: `film.yaml:9:5`."""
        return f"{self.path}:{self.line}:{self.column}"


class RowSource(NamedTuple):
    """The table row that a value came from: where it begins, and the cells that were used.

    `number` counts the file's rows from 1; it is 0 if the line alone identifies the row.
    """

    position: Position
    cells: tuple[tuple[str, Json], ...] = ()
    number: int = 0

    def __str__(self) -> str:
        """The file and line, `p.csv:3`, with the row's number if it has one."""
        number = f" (row {self.number})" if self.number else ""
        return f"{self.position.path}:{self.position.line}{number}"


class Use(NamedTuple):
    """Where a value defined elsewhere is used, and how: `*slow`, `include`."""

    position: Position
    by: str


class Repair(NamedTuple):
    """The text to put in place of what `position` covers; both are on one line."""

    position: Position
    text: str


class Severity(Enum):
    """Problems stop a render; warnings do so only with --strict."""

    PROBLEM = "problem"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a user's file, as a value.

    `code` is the stable name of a code in `reporting/codes.md` ("unknown-key"). `message`
    starts with the path inside the file, if any ("shots[2].duration: 20 is more than 15, ...").
    If the mistake is in text made by a template, `rendered` is that text and `row` the row it
    was made from. `uses` are the aliases that repeat the value, or the include of its file.
    `repairs`, applied together, are the one right way to fix it, if there is exactly one.
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
        """Whether it stops only a `--strict` render."""
        return self.severity is Severity.WARNING


# What is to be rendered


@dataclass(frozen=True, slots=True)
class Take:
    """One concrete request: a shot with its final payload.

    `id` becomes a file name. `number` counts a shot's takes from 1. Equal requests have the same
    `fingerprint`; `repeat` is the number in it that makes a shot's equal takes differ. `inputs`
    say where the files and frames in the payload come from. Takes that show frames of one that
    `is_paused` wait until a person has approved its video. `fallbacks` are the take with other
    models, each tried when the last has failed.
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
    inputs: tuple[Input, ...] = ()
    repeat: int = 0
    is_paused: bool = False

    @property
    def candidates(self) -> tuple[Take, ...]:
        """The take with each of its models, in the order in which they are tried."""
        return (self, *self.fallbacks)


@dataclass(frozen=True, slots=True)
class Storyboard:
    """A fully read storyboard: its takes in file order, and everything that is wrong with it.

    `takes` is complete only if `problems` holds just warnings. `sources` maps each file that
    was read, by the name shown to the user, to its text, for quoting lines; `price_texts` maps
    those that the user named for their prices, which are part of no request, and `workbooks` a
    workbook's sheet to the file's name and content. `scene_titles` and `prices` are keyed by
    scene id and model; `skipped` holds the ids of skipped shots as written. `variant` is the
    variant that was read, with which `name` ends (`film/draft`); `variants` lists all of them.
    Besides its project, it may read files in `allowed_paths`, which the user named. `options`
    are those it was read with besides the variant, as they are typed.
    """

    path: Path
    name: str
    title: str | None
    takes: tuple[Take, ...]
    problems: tuple[Problem, ...]
    sources: Mapping[str, str]
    price_texts: Mapping[str, str] = field(default_factory=dict)
    workbooks: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)
    scene_titles: Mapping[str, str] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()
    variant: str | None = None
    variants: tuple[str, ...] = ()
    prices: Mapping[str, Price] = field(default_factory=dict)
    caps: FilmCaps = NO_CAPS
    allowed_paths: tuple[Path, ...] = ()
    options: tuple[str, ...] = ()

    @property
    def texts(self) -> Mapping[str, str]:
        """All texts that its problems may quote, by the names of their files."""
        return {**self.price_texts, **self.sources}

    @property
    def display_name(self) -> str:
        """The storyboard's file, and which of its variants was read: `film.yaml (draft)`."""
        return str(self.path) if self.variant is None else f"{self.path} ({self.variant})"

    @property
    def is_sound(self) -> bool:
        """Whether `problems` holds nothing but warnings."""
        return all(problem.is_warning for problem in self.problems)


# What was sent, and its result


class SubmissionState(Enum):
    """What is known about one POST. Rows of the state file only move forward."""

    SENDING = "sending"  # committed before the POST; if found later, it may have been charged
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

    `path` is relative to the output folder, with forward slashes. Width and height in pixels,
    duration in seconds, rate in frames per second; None if the file does not state them.
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
    """One POST and everything that followed, as recorded in the state file.

    Resuming reads the fields frozen when it was sent (model, endpoint, payload, commit,
    is_dirty, profile), never the current storyboard. `body` is what was sent: the payload with
    addresses in place of files and frames, None if it has none of them or that is not known
    here; once stored, pictures in it are cut short. All times are UTC; the estimate and the
    bill are in millionths of a US dollar.
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
    body: Payload | None = None
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

    def has_live_link(self, now: datetime) -> bool:
        """Whether its result can be downloaded; a link with no known expiry counts as valid."""
        has_link = self.state is SubmissionState.SUCCEEDED and bool(self.video_url)
        return has_link and (self.url_expires_at is None or now < self.url_expires_at)


# What a render would do


class ActionKind(Enum):
    """What the plan does about a take."""

    SUBMIT = "submit"
    RESUME = "resume"
    DOWNLOAD = "download"
    KEEP = "keep"
    WAIT = "wait"
    HOLD = "hold"
    ASK = "ask"


TO_SEND = (ActionKind.SUBMIT, ActionKind.WAIT)
"""What is sent and paid for: at once, or as soon as the videos that it waits for are in place."""

WORK = (*TO_SEND, ActionKind.RESUME, ActionKind.DOWNLOAD)
"""What a render has something to do for."""


@dataclass(frozen=True, slots=True)
class Action:
    """What a render would do about one take, and why, in words for the user.

    `submission` is the one that the decision rests on, None if nothing was sent yet. `same_as`
    names an earlier take of this plan that makes the same request; this take then adds no cost.
    Takes with the same `change` differ in the same way from what was sent for them before.
    `waits_for` are the takes whose videos must come first, each with its request; where it is
    held, they do not come. `to_approve` are the ids of paused takes whose videos a person must
    approve before it is sent.
    """

    take: Take
    kind: ActionKind
    reason: str
    submission: Submission | None = None
    same_as: str | None = None
    change: str | None = None
    waits_for: tuple[Take, ...] = ()
    to_approve: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What a render would do, as data. `plan` prints it, `render` carries it out.

    `actions` holds the selected takes in file order. `orphans` are paid tasks (and unknown
    outcomes) of takes that are not in the storyboard or not selected; they are finished too.
    """

    actions: tuple[Action, ...]
    orphans: tuple[Action, ...] = ()

    def of_kind(self, kind: ActionKind) -> tuple[Action, ...]:
        """The actions of one kind, without those that only repeat an earlier take's request."""
        both = (*self.actions, *self.orphans)
        return tuple(one for one in both if one.kind is kind and one.same_as is None)


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
    """A take and everything known about it: one block of the manifest.

    `take` carries the request that the state is about: its video's request if it is locked,
    or the current model's if it has several. `failed` are the submissions of its other models.
    """

    take: Take
    status: TakeStatus
    submission: Submission | None = None
    failed: tuple[Submission, ...] = ()
