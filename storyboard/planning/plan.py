"""Decides what a render would do about each take, and why. Pure; time and files are arguments.

Reads the storyboard's takes and the submissions of the state file, and returns a
`Plan`, which `plan` prints and `render` carries out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from storyboard.planning.candidates import (
    ACCOUNT_REJECTIONS,
    GIVEN_UP_BY_HAND,
    Turn,
    fingerprints_of,
)
from storyboard.planning.changes import describe_changes
from storyboard.planning.following import Parent, Passed, follow
from storyboard.planning.graph import has_frames, in_order, parents_of
from storyboard.planning.states import (
    HasFile,
    ManifestTasks,
    deciding_submissions,
    has_video,
    lacks_link,
    pair_takes,
    unique_submissions,
)
from storyboard.records import (
    OPEN_STATES,
    TO_SEND,
    Action,
    ActionKind,
    Plan,
    Position,
    Submission,
    SubmissionState,
    Take,
)
from storyboard.reporting.amounts import time_left

ObstacleTo = Callable[[Take], str | None]
"""Why a take's request cannot be sent, as far as can be seen before; None if it can."""

_NEW = "new"
POINTER = "its file is a Git LFS pointer; git lfs pull brings the video"


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What the user asked for beyond a plain run; one field per option of `render`."""

    retry_failed: bool = False
    rerender: bool = False
    force: bool = False
    download: bool = True

    @property
    def from_first(self) -> bool:
        """Whether a take with several models begins with its first again."""
        return self.retry_failed or self.force


class _Files(NamedTuple):
    """What is in a video's place: its file, or a Git LFS pointer."""

    has_file: HasFile
    is_pointer: HasFile


def make_plan(
    takes: Sequence[Take],
    submissions: Sequence[Submission],
    *,
    now: datetime,
    has_file: HasFile,
    is_pointer: HasFile = lambda video: False,
    selected: Collection[str] | None = None,
    options: PlanOptions = PlanOptions(),
    manifest_tasks: ManifestTasks | None = None,
    passed: Passed = frozenset(),
    obstacle_to: ObstacleTo | None = None,
) -> Plan:
    """The Plan for the selected takes (ids; None means all), and for any other open submissions.

    Takes with the same fingerprint share a submission: the later ones carry `same_as`.
    `passed` are the videos of paused takes that a person has approved. What `obstacle_to` has
    a reason against is held instead of being submitted.
    """
    planner = _Planner(submissions, _Files(has_file, is_pointer), now, obstacle_to=obstacle_to)
    pairs = pair_takes(
        takes, submissions, manifest_tasks=manifest_tasks, from_first=options.from_first
    )
    chosen = {take.id for take in takes} if selected is None else selected
    if has_frames(takes):
        planned = planner.plan_chains(pairs, chosen, options, passed)
    else:
        planned = [planner.plan_take(*pair, options) for pair in pairs if pair[0].id in chosen]
    actions = tuple(_with_repeats(planned))
    decided = {row for action in actions if (row := _row_of(action)) is not None}
    others = [one for one in unique_submissions(submissions) if id(one) not in decided]
    return Plan(actions, _plan_orphans(others, now=now, download=options.download))


def _with_repeats(planned: Iterable[Action]) -> Iterator[Action]:
    """The actions; those that repeat the request of an earlier take say so with `same_as`."""
    first_takes: dict[tuple[str, ActionKind, int | None], str] = {}
    for action in planned:
        # If two takes share a fingerprint, a locked one may be kept and the other submitted.
        take = action.take
        same = take.fingerprint, action.kind, _row_of(action)
        first = first_takes.setdefault(same, take.id)
        yield action if first == take.id else replace(action, same_as=first)


def _row_of(action: Action) -> int | None:
    """The `id` of the submission that an action goes on with; None if it submits another."""
    submission = action.submission
    return None if submission is None or action.kind in TO_SEND else id(submission)


class _Planner:
    """Decides about takes one by one, from the submissions of a state file."""

    def __init__(
        self,
        submissions: Sequence[Submission],
        files: _Files,
        now: datetime,
        *,
        obstacle_to: ObstacleTo | None = None,
    ) -> None:
        # The last request sent for each take id, leaving out those that were not accepted.
        self._previous = {
            one.take: one for one in submissions if one.state is not SubmissionState.UNAVAILABLE
        }
        self._files = files
        self._now = now
        self._obstacle_to = obstacle_to or (lambda take: None)

    def plan_take(self, written: Take, turn: Turn, options: PlanOptions) -> Action:
        """What to do about a take, whatever becomes of those whose frames it shows."""
        take, submission, failed = turn
        change = None
        if submission is None:
            last = self._previous.get(take.id)
            kind, reason = ActionKind.SUBMIT, _NEW
            if last and last.fingerprint not in fingerprints_of([written]):
                reason = _describe_difference(last, take)
                change = _describe_difference(last, take, is_exact=True)
        else:
            kind, reason = _decide(take, submission, self._files, now=self._now, options=options)
        if written.fallbacks:
            reason = _with_candidates(reason, kind, written, take, failed)
        if take.fingerprint not in fingerprints_of([written]):
            reason = f"{reason}; the storyboard differs: {_describe_difference(take, written)}"
        if kind is ActionKind.SUBMIT and (why := self._obstacle_to(take)):
            kind, reason = ActionKind.HOLD, f"it cannot be sent: {why}"
        return Action(take, kind, reason, submission, change=change)

    def plan_chains(
        self,
        pairs: Sequence[tuple[Take, Turn]],
        chosen: Collection[str],
        options: PlanOptions,
        passed: Passed,
    ) -> list[Action]:
        """The actions for the chosen takes, in file order, each after its parents'."""
        parents: dict[str, Parent] = {}
        turns = {written.id: (written, turn) for written, turn in pairs}
        for written in in_order([written for written, _ in pairs]):
            own = self.plan_take(*turns[written.id], options)
            if parents_of(own.take) and not self._is_obstructed(own):
                own = follow(own, parents, has_file=self._files.has_file, passed=passed)
            if own.kind is ActionKind.WAIT:
                own = replace(own, take=written)  # its models all get the new frame
            is_selected = written.id in chosen
            parents[written.id] = Parent(own, is_selected, options.download)
        return [parents[written.id].action for written, _ in pairs if written.id in chosen]

    def _is_obstructed(self, own: Action) -> bool:
        """Whether it is held for an obstacle, which no video of another take removes."""
        return own.kind is ActionKind.HOLD and self._obstacle_to(own.take) is not None


def plan_follower(
    take: Take,
    submissions: Sequence[Submission],
    *,
    now: datetime,
    has_file: HasFile,
    is_pointer: HasFile,
    options: PlanOptions,
) -> Action:
    """What to do about a take that waited, now that it names the videos whose frames it shows.

    `submissions` are those of its own requests.
    """
    planner = _Planner(submissions, _Files(has_file, is_pointer), now)
    [(written, turn)] = pair_takes([take], submissions, from_first=options.from_first)
    return planner.plan_take(written, turn, options)


def find_orphans(
    submissions: Sequence[Submission], covered: Collection[str], *, now: datetime
) -> tuple[Action, ...]:
    """Actions for open or paid submissions that decide about none of the `covered` fingerprints."""
    deciding = deciding_submissions(submissions)
    others = [
        one
        for one in unique_submissions(submissions)
        if one.fingerprint not in covered or deciding[one.fingerprint] is not one
    ]
    return _plan_orphans(others, now=now, download=True)


def _decide(
    take: Take, submission: Submission, files: _Files, *, now: datetime, options: PlanOptions
) -> tuple[ActionKind, str]:
    """What to do about a take that was sent before, and why: the first matching row applies."""
    match submission.state:
        case SubmissionState.SENDING | SubmissionState.UNKNOWN:
            return ActionKind.ASK, _reason_to_ask(submission)
        case SubmissionState.ACCEPTED:
            task = submission.task_id
            return ActionKind.RESUME, f"task {task} was accepted and is not finished"
        case SubmissionState.SUCCEEDED if take.is_locked or not options.force:
            kind, reason = _decide_succeeded(take, submission, files, now=now, options=options)
            return kind, f"{reason}; {submission.reason}" if submission.reason else reason
        case _ if options.force:
            return ActionKind.SUBMIT, "--force makes a new version"
        case SubmissionState.RELEASED:
            return ActionKind.SUBMIT, "released to be sent again"
        case SubmissionState.UNAVAILABLE:
            return ActionKind.SUBMIT, "was not accepted before; nothing was charged"
        case SubmissionState.REJECTED if submission.http_status in ACCOUNT_REJECTIONS:
            said = submission.reason or f"HTTP {submission.http_status}"
            return ActionKind.SUBMIT, f"was refused before: {said}; nothing was charged"
        case _ if options.retry_failed:  # rejected, failed, canceled or abandoned
            return ActionKind.SUBMIT, f"submitted again; {_describe_failure(submission)}"
        case state:
            edit = "edit it, or " if state is SubmissionState.REJECTED else ""
            why = _describe_failure(submission)
            return ActionKind.HOLD, f"{why}; {edit}--retry-failed sends it again"


def _decide_succeeded(
    take: Take, submission: Submission, files: _Files, *, now: datetime, options: PlanOptions
) -> tuple[ActionKind, str]:
    """What to do about a take that was paid for and rendered."""
    if has_video(submission, files.has_file):
        return ActionKind.KEEP, "locked" if take.is_locked else "unchanged"
    may_submit = options.rerender and not submission.has_live_link(now)
    if not options.download and not lacks_link(submission) and not may_submit:
        return ActionKind.KEEP, "rendered; not downloaded because of --no-download"
    if submission.video and files.is_pointer(submission.video):
        return ActionKind.HOLD, f"rendered; {POINTER}"
    if submission.has_live_link(now):
        expires_at = submission.url_expires_at
        left = "" if expires_at is None else f"; its link expires in {time_left(now, expires_at)}"
        return ActionKind.DOWNLOAD, f"rendered, and its file is not here{left}"
    lost = "its link never came" if lacks_link(submission) else "its file and link are gone"
    if take.is_locked:
        return ActionKind.ASK, (
            f"locked, was paid, and {lost}; unlock it, and --rerender "
            "submits it again, at its full price"
        )
    if options.rerender:
        return ActionKind.SUBMIT, f"was paid, {lost}; --rerender pays again"
    return ActionKind.ASK, (f"was paid, and {lost}; --rerender submits it again, at its full price")


def _plan_orphans(
    submissions: Iterable[Submission], *, now: datetime, download: bool
) -> tuple[Action, ...]:
    """What to do about submissions that belong to no take of this render."""
    orphans = []
    for submission in submissions:
        if submission.state is SubmissionState.ACCEPTED:
            kind = ActionKind.RESUME
            task = submission.task_id
            why = f"task {task} is not finished, and no take of this render waits for it"
        elif submission.state in OPEN_STATES:
            kind, why = ActionKind.ASK, _reason_to_ask(submission)
        elif download and submission.video is None and submission.has_live_link(now):
            kind = ActionKind.DOWNLOAD
            why = "paid for but never downloaded, and no take of this render uses it"
        else:
            continue
        orphans.append(Action(take_of(submission), kind, why, submission))
    return tuple(orphans)


def take_of(submission: Submission) -> Take:
    """The take that a submission was sent for, as far as the state file records it."""
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


def _reason_to_ask(submission: Submission) -> str:
    came = f"; {submission.reason}" if submission.reason else " and no reply came"
    return (
        f"sent at {submission.sent_at:%Y-%m-%d %H:%M:%S} UTC{came}; it may have been charged; "
        "storyboard resolve decides about it"
    )


def _with_candidates(
    reason: str, kind: ActionKind, written: Take, take: Take, failed: Sequence[Submission]
) -> str:
    """The reason, plus which model's turn it is, why not an earlier one's, and what may follow."""
    order = [one.fingerprint for one in written.candidates]
    if take.fingerprint not in order:
        return reason  # a locked take, as it was sent
    before = order[: order.index(take.fingerprint)]
    causes = ", ".join(
        f"{one.model} {one.state.value} ({one.reason or 'the API gave no reason'})"
        for one in failed
        if one.fingerprint in before
    )
    if before and kind is ActionKind.SUBMIT:
        turn = f"to {take.model}" + (f": {causes}" if causes else "")
        reason = turn if reason == _NEW else f"{turn}; {reason}"
    elif before:
        start = f", from {written.model} on" if kind is ActionKind.HOLD else ""
        reason = f"{reason}{start}; by {take.model}" + (f", since {causes}" if causes else "")
    if take.fallbacks and kind in (ActionKind.SUBMIT, ActionKind.RESUME):
        reason = f"{reason}; if it fails: {', then '.join(one.model for one in take.fallbacks)}"
    return reason


def _describe_failure(submission: Submission) -> str:
    is_by_hand = submission.state is SubmissionState.ABANDONED
    default = GIVEN_UP_BY_HAND if is_by_hand else "the API gave no reason"
    return f"{submission.state.value}: {submission.reason or default}"


def _describe_difference(old: Take | Submission, new: Take, *, is_exact: bool = False) -> str:
    changes = describe_changes(
        old.payload,
        new.payload,
        old_model=old.model,
        new_model=new.model,
        inputs=new.inputs,
        is_exact=is_exact,
    )
    return changes or "another take of the same request"
