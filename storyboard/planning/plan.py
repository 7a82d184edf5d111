"""Takes and what the state says: a Plan. Pure; time and files are arguments.

Takes the storyboard's takes and the state file's submissions, and decides
for each take what a render would do and why. `plan` prints the Plan,
`render` carries out the same one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from storyboard.bulk import maker_of
from storyboard.planning.changes import describe_changes
from storyboard.records import (
    OPEN_STATES,
    Action,
    ActionKind,
    Plan,
    Position,
    Submission,
    SubmissionState,
    Take,
    TakeState,
    TakeStatus,
    Video,
)

HasFile = Callable[[Video], bool]
"""Whether a video's file is in place with its size."""

ManifestTasks = Mapping[str, str]
"""Take ids to the tasks whose videos they show, as the manifest has it; for locked takes."""

# Refused for the account, not for what was sent: the same request may pass later.
ACCOUNT_REJECTIONS = frozenset({401, 402, 403, 404, 405})

_make_action = maker_of(Action)
_make_state = maker_of(TakeState)


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What the user asked for beyond the plain run; one field an option of `render`."""

    retry_failed: bool = False
    rerender: bool = False
    force: bool = False
    download: bool = True


def make_plan(
    takes: Sequence[Take],
    submissions: Sequence[Submission],
    *,
    now: datetime,
    has_file: HasFile,
    selected: Collection[str] | None = None,
    options: PlanOptions = PlanOptions(),
    manifest_tasks: ManifestTasks | None = None,
) -> Plan:
    """The Plan for the selected takes (ids; None is all), with everything open beside them.

    Equal fingerprints share one submission: the later takes carry `same_as`.
    """
    rows = _told_last(submissions)
    before = _latest_by_take(submissions)
    first_of: dict[tuple[str, int, int | None], str] = {}
    decided: set[int] = set()
    actions = []
    for wanted, (take, submission) in zip(takes, _pair(takes, rows, manifest_tasks), strict=True):
        if selected is not None and take.id not in selected:
            continue
        kind, reason = _decide(
            take, submission, before, now=now, has_file=has_file, options=options
        )
        if take.fingerprint != wanted.fingerprint:
            reason = f"{reason}; the storyboard differs: {_difference(take, wanted)}"
        about = None
        if submission is not None and kind is not ActionKind.SUBMIT:
            about = id(submission)
            decided.add(about)
        # A locked take and its twin may want different things of one fingerprint.
        # By the kind's id(), since an enum computes its hash anew each time.
        first = first_of.setdefault((take.fingerprint, id(kind), about), take.id)
        same_as = first if first != take.id else None
        actions.append(_make_action(take, kind, reason, submission, same_as))
    orphans = _collect_orphans(rows, decided, now=now, download=options.download)
    return Plan(tuple(actions), orphans)


def read_states(
    takes: Sequence[Take],
    submissions: Sequence[Submission],
    *,
    has_file: HasFile,
    manifest_tasks: ManifestTasks | None = None,
) -> tuple[TakeState, ...]:
    """Each take with its status, in file order: what the manifest and `status` show."""
    return tuple(
        _make_state(take, status_of(submission, has_file=has_file), submission)
        for take, submission in pair_takes(takes, submissions, manifest_tasks=manifest_tasks)
    )


def status_of(submission: Submission | None, *, has_file: HasFile) -> TakeStatus:
    """The one word for a take whose deciding submission this is."""
    if submission is None:
        return TakeStatus.PENDING
    if submission.state is SubmissionState.SUCCEEDED:
        in_place = submission.video is not None and has_file(submission.video)
        return TakeStatus.DONE if in_place else TakeStatus.RENDERED
    return _STATUS[submission.state]


_STATUS = {
    SubmissionState.SENDING: TakeStatus.UNKNOWN,
    SubmissionState.UNKNOWN: TakeStatus.UNKNOWN,
    SubmissionState.ACCEPTED: TakeStatus.RENDERING,
    SubmissionState.FAILED: TakeStatus.FAILED,
    SubmissionState.CANCELED: TakeStatus.FAILED,
    SubmissionState.ABANDONED: TakeStatus.FAILED,
    SubmissionState.REJECTED: TakeStatus.REJECTED,
    SubmissionState.UNAVAILABLE: TakeStatus.PENDING,
    SubmissionState.RELEASED: TakeStatus.PENDING,
}


def pair_takes(
    takes: Sequence[Take],
    submissions: Sequence[Submission],
    *,
    manifest_tasks: ManifestTasks | None = None,
) -> list[tuple[Take, Submission | None]]:
    """Each take with the submission that decides about it, by fingerprint.

    A locked take that has a video comes back with the request that made it:
    the video that `manifest_tasks` names, else the one of its own request, else the
    newest that was made under its id.
    """
    return _pair(takes, _told_last(submissions), manifest_tasks)


def _pair(
    takes: Sequence[Take], rows: Sequence[Submission], manifest_tasks: ManifestTasks | None
) -> list[tuple[Take, Submission | None]]:
    deciding = _deciding(rows)
    pairs = [(take, deciding.get(take.fingerprint)) for take in takes]
    if not any(take.is_locked for take in takes):
        return pairs
    made: dict[str, Submission] = {}
    by_task: dict[str, Submission] = {}
    for submission in rows:
        if submission.state is SubmissionState.SUCCEEDED:
            made[submission.take.casefold()] = submission
            by_task[submission.task_id or ""] = submission
    tasks = {take.casefold(): task for take, task in (manifest_tasks or {}).items()}
    for index, (take, own) in enumerate(pairs):
        if not take.is_locked:
            continue
        name = take.id.casefold()
        kept = by_task.get(tasks[name]) if name in tasks else None
        if kept is None and (own is None or own.state is not SubmissionState.SUCCEEDED):
            kept = made.get(name)
        if kept is not None:
            pairs[index] = _as_sent(take, kept), kept
    return pairs


def _deciding(rows: Iterable[Submission]) -> dict[str, Submission]:
    """The submission that decides about each fingerprint; among equals the last."""
    deciding: dict[str, Submission] = {}
    for submission in rows:
        rival = deciding.get(submission.fingerprint)
        if rival is None or _weight(submission) >= _weight(rival):
            deciding[submission.fingerprint] = submission
    return deciding


def _told_last(submissions: Sequence[Submission]) -> Sequence[Submission]:
    """Each submission once: a row that a manifest completes comes twice, and the later counts."""
    ids = {submission.id for submission in submissions}
    if len(ids) == len(submissions) and 0 not in ids:
        return submissions
    rows: dict[tuple[int, int], Submission] = {}
    for number, submission in enumerate(submissions):
        # Those of the manifest that the state file lacks have no id yet.
        rows[submission.id, 0 if submission.id else number] = submission
    return tuple(rows.values())


def _as_sent(take: Take, sent: Submission) -> Take:
    """The locked take with the request that its video was made from."""
    if take.fingerprint == sent.fingerprint:
        return take
    return replace(take, model=sent.model, payload=sent.payload, fingerprint=sent.fingerprint)


def _weight(submission: Submission) -> int:
    """An open submission decides over a finished one, that over one that led to nothing."""
    if submission.state in OPEN_STATES:
        return 3
    if submission.state is SubmissionState.SUCCEEDED:
        return 2
    return 0 if submission.state is SubmissionState.UNAVAILABLE else 1


def _latest_by_take(submissions: Iterable[Submission]) -> dict[str, Submission]:
    return {
        submission.take: submission
        for submission in submissions
        if submission.state is not SubmissionState.UNAVAILABLE
    }


def _decide(
    take: Take,
    submission: Submission | None,
    before: dict[str, Submission],
    *,
    now: datetime,
    has_file: HasFile,
    options: PlanOptions,
) -> tuple[ActionKind, str]:
    """The table of the design, row by row."""
    if submission is None:
        return ActionKind.SUBMIT, _why_new(take, before.get(take.id))
    state = submission.state
    if state is SubmissionState.SUCCEEDED and (take.is_locked or not options.force):
        return _decide_succeeded(take, submission, now=now, has_file=has_file, options=options)
    if state in (SubmissionState.SENDING, SubmissionState.UNKNOWN):
        came = f"; {submission.reason}" if submission.reason else " and no answer came"
        return ActionKind.ASK, (
            f"sent at {submission.sent_at:%Y-%m-%d %H:%M:%S} UTC{came}; it may have been charged; "
            "storyboard resolve settles it"
        )
    if state is SubmissionState.ACCEPTED:
        return ActionKind.RESUME, f"task {submission.task_id} was accepted and is not finished"
    if options.force:
        return ActionKind.SUBMIT, "a new version was asked for with --force"
    if state is SubmissionState.RELEASED:
        return ActionKind.SUBMIT, "released to be sent again"
    if state is SubmissionState.UNAVAILABLE:
        return ActionKind.SUBMIT, "was not accepted before; nothing was charged"
    if state is SubmissionState.REJECTED and submission.http_status in ACCOUNT_REJECTIONS:
        said = submission.reason or f"HTTP {submission.http_status}"
        return ActionKind.SUBMIT, f"was refused before: {said}; nothing was charged"
    is_ours = state is SubmissionState.ABANDONED
    silence = "given up by hand" if is_ours else "the API gave no reason"
    reason = f"{state.value}: {submission.reason or silence}"
    if options.retry_failed:
        return ActionKind.SUBMIT, f"tried again; {reason}"
    remedy = "edit it, or " if state is SubmissionState.REJECTED else ""
    return ActionKind.HOLD, f"{reason}; {remedy}--retry-failed sends it again"


def _decide_succeeded(
    take: Take,
    submission: Submission,
    *,
    now: datetime,
    has_file: HasFile,
    options: PlanOptions,
) -> tuple[ActionKind, str]:
    if submission.video is not None and has_file(submission.video):
        return ActionKind.KEEP, "locked" if take.is_locked else "unchanged"
    if not options.download:
        return ActionKind.KEEP, "rendered; not downloaded, as --no-download asks"
    expires_at = submission.url_expires_at
    if submission.video_url and (expires_at is None or now < expires_at):
        left = "" if expires_at is None else f"; its link expires in {time_left(now, expires_at)}"
        return ActionKind.DOWNLOAD, f"rendered, and its file is not here{left}"
    if take.is_locked:
        return ActionKind.ASK, (
            "locked, was paid, and its file and link are gone; unlock it, and --rerender "
            "submits it again, at its full price"
        )
    if options.rerender:
        return ActionKind.SUBMIT, "was paid, its file and link are gone; --rerender pays again"
    return ActionKind.ASK, (
        "was paid, and its file and link are gone; --rerender submits it again, at its full price"
    )


def find_orphans(
    submissions: Sequence[Submission],
    covered: Collection[str],
    *,
    now: datetime,
    download: bool = True,
) -> tuple[Action, ...]:
    """What is open or paid for and does not decide about any of the `covered` fingerprints."""
    rows = _told_last(submissions)
    decided = {id(one) for key, one in _deciding(rows).items() if key in covered}
    return _collect_orphans(rows, decided, now=now, download=download)


def _collect_orphans(
    rows: Iterable[Submission], decided: Collection[int], *, now: datetime, download: bool
) -> tuple[Action, ...]:
    """What is open or paid for, except the objects whose `id()` is among the `decided`."""
    orphans = []
    for submission in rows:
        if id(submission) in decided:
            continue
        take = take_of(submission)
        if submission.state is SubmissionState.ACCEPTED:
            why = f"task {submission.task_id} is not finished, and no take of this render awaits it"
            orphans.append(Action(take, ActionKind.RESUME, why, submission))
        elif submission.state in OPEN_STATES:
            kind, why = _decide(
                take, submission, {}, now=now, has_file=lambda _: False, options=PlanOptions()
            )
            orphans.append(Action(take, kind, why, submission))
        elif _is_fetchable(submission, now=now) and download:
            why = "paid for and never downloaded, and no take of this render shows it"
            orphans.append(Action(take, ActionKind.DOWNLOAD, why, submission))
    return tuple(orphans)


def _is_fetchable(submission: Submission, *, now: datetime) -> bool:
    return (
        submission.state is SubmissionState.SUCCEEDED
        and submission.video is None
        and submission.video_url is not None
        and (submission.url_expires_at is None or now < submission.url_expires_at)
    )


def take_of(submission: Submission) -> Take:
    """The take a submission was sent for, as far as the state file remembers it."""
    return Take(
        id=submission.take,
        shot=submission.shot,
        scene=submission.scene,
        number=1,
        model=submission.model,
        payload=submission.payload,
        fingerprint=submission.fingerprint,
        position=Position("", 0, 0),
    )


def _why_new(take: Take, previous: Submission | None) -> str:
    return "new" if previous is None else _difference(previous, take)


def _difference(old: Take | Submission, new: Take) -> str:
    changes = describe_changes(old.payload, new.payload, old_model=old.model, new_model=new.model)
    return changes or "a further take of the same request"


def time_left(now: datetime, then: datetime) -> str:
    """The time from `now` to `then`, for people: 12 min, 5 h 3 min, 6 days."""
    minutes = int((then - now).total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 48 else f"{hours // 24} days"
