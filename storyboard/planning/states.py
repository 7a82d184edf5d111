"""Takes and the submissions that decide about them, and the status that follows. Pure.

Comes between the state file and everything that speaks of takes: the plan,
the manifest, `status`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from storyboard.records import (
    OPEN_STATES,
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
"""Task ids by take id: the task whose video the manifest shows for a take."""

_STATUS = {
    SubmissionState.SENDING: TakeStatus.UNKNOWN,
    SubmissionState.UNKNOWN: TakeStatus.UNKNOWN,
    SubmissionState.ACCEPTED: TakeStatus.RENDERING,
    SubmissionState.SUCCEEDED: TakeStatus.RENDERED,
    SubmissionState.FAILED: TakeStatus.FAILED,
    SubmissionState.CANCELED: TakeStatus.FAILED,
    SubmissionState.ABANDONED: TakeStatus.FAILED,
    SubmissionState.REJECTED: TakeStatus.REJECTED,
    SubmissionState.UNAVAILABLE: TakeStatus.PENDING,
    SubmissionState.RELEASED: TakeStatus.PENDING,
}


def read_states(
    takes: Sequence[Take],
    submissions: Sequence[Submission],
    *,
    has_file: HasFile,
    manifest_tasks: ManifestTasks | None = None,
) -> tuple[TakeState, ...]:
    """Each take with its status, in file order: what the manifest and `status` show."""
    return tuple(
        TakeState(take, status_of(submission, has_file=has_file), submission)
        for take, submission in pair_takes(takes, submissions, manifest_tasks=manifest_tasks)
    )


def status_of(submission: Submission | None, *, has_file: HasFile) -> TakeStatus:
    """The status of a take that this submission decides about; None is a take never sent."""
    if submission is None:
        return TakeStatus.PENDING
    if submission.state is SubmissionState.SUCCEEDED and has_video(submission, has_file):
        return TakeStatus.DONE
    return _STATUS[submission.state]


def has_video(submission: Submission, has_file: HasFile) -> bool:
    """Whether the submission's video was downloaded and its file is in place."""
    return submission.video is not None and has_file(submission.video)


def pair_takes(
    takes: Sequence[Take],
    submissions: Sequence[Submission],
    *,
    manifest_tasks: ManifestTasks | None = None,
) -> list[tuple[Take, Submission | None]]:
    """Each take with the submission that decides about it, by fingerprint.

    A locked take that has a video comes with that video's submission, and
    carries the request that made it: the video that `manifest_tasks` names,
    else that of its own request, else the newest made under its id.
    """
    deciding = deciding_submissions(submissions)
    pairs = [(take, deciding.get(take.fingerprint)) for take in takes]
    if not any(take.is_locked for take in takes):
        return pairs
    videos = _Videos(unique_submissions(submissions), manifest_tasks or {})
    return [videos.pair_locked(take, own) if take.is_locked else (take, own) for take, own in pairs]


def deciding_submissions(submissions: Sequence[Submission]) -> dict[str, Submission]:
    """The submission that decides about each fingerprint; of several equal ones the last."""
    deciding: dict[str, Submission] = {}
    for submission in unique_submissions(submissions):
        other = deciding.get(submission.fingerprint)
        if other is None or _rank(submission) >= _rank(other):
            deciding[submission.fingerprint] = submission
    return deciding


def unique_submissions(submissions: Sequence[Submission]) -> Sequence[Submission]:
    """Each submission once: where an id comes twice, the later one, completed from a manifest."""
    ids = {submission.id for submission in submissions}
    if len(ids) == len(submissions) and 0 not in ids:
        return submissions
    # Those that only the manifest has carry no id yet, and each counts.
    rows = {
        (submission.id, 0 if submission.id else number): submission
        for number, submission in enumerate(submissions)
    }
    return tuple(rows.values())


class _Videos:
    """The videos that were made, by task and by take, as locked takes look for theirs."""

    def __init__(self, submissions: Iterable[Submission], manifest_tasks: ManifestTasks) -> None:
        made = [one for one in submissions if one.state is SubmissionState.SUCCEEDED]
        self._newest = {one.take.casefold(): one for one in made}
        by_task = {one.task_id or "": one for one in made}
        self._in_manifest = {
            take.casefold(): by_task[task]
            for take, task in manifest_tasks.items()
            if task in by_task
        }

    def pair_locked(self, take: Take, own: Submission | None) -> tuple[Take, Submission | None]:
        """The locked take as its video was requested, or unchanged where it has none."""
        name = take.id.casefold()
        found = self._in_manifest.get(name)
        if found is None and (own is None or own.state is not SubmissionState.SUCCEEDED):
            found = self._newest.get(name)
        return (take, own) if found is None else (_as_sent(take, found), found)


def _as_sent(take: Take, sent: Submission) -> Take:
    if take.fingerprint == sent.fingerprint:
        return take
    return replace(take, model=sent.model, payload=sent.payload, fingerprint=sent.fingerprint)


def _rank(submission: Submission) -> int:
    """An open submission decides over a finished one, that over one that led to nothing."""
    if submission.state in OPEN_STATES:
        return 3
    if submission.state is SubmissionState.SUCCEEDED:
        return 2
    return 0 if submission.state is SubmissionState.UNAVAILABLE else 1
