"""Pairs each take with the submission that decides about it, and determines its status. Pure.

The plan, the manifest and `status` all get the state of a take here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from storyboard.media import find_contents
from storyboard.planning.candidates import Turn, find_turn, fingerprints_of
from storyboard.planning.graph import has_frames, in_order, with_known_videos
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
"""Whether a video's file is in place and has its size."""

ManifestTasks = Mapping[str, str]
"""Task ids by take id: the task whose video the manifest shows for the take."""

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
        TakeState(take, status_of(submission, has_file=has_file), submission, failed)
        for _, (take, submission, failed) in pair_takes(
            takes, submissions, manifest_tasks=manifest_tasks
        )
    )


def with_results(
    states: Sequence[TakeState], submissions: Sequence[Submission], *, has_file: HasFile
) -> Sequence[TakeState]:
    """The states as the outputs show them: a take that was rendered once stays rendered.

    If a further submission of its request is open, `plan` and `status` report it on the
    machine that waits for it.
    """
    is_open = [one.status in (TakeStatus.UNKNOWN, TakeStatus.RENDERING) for one in states]
    if not any(is_open):
        return states
    results = deciding_submissions([one for one in submissions if _has_succeeded(one)])

    def rendered(state: TakeState) -> TakeState:
        result = results.get(state.take.fingerprint)
        if result is None:
            return state
        return replace(state, status=status_of(result, has_file=has_file), submission=result)

    return [rendered(one) if waits else one for one, waits in zip(states, is_open, strict=True)]


def find_deleted(
    takes: Sequence[Take],
    submissions: Sequence[Submission],
    *,
    manifest_tasks: ManifestTasks | None = None,
) -> list[str]:
    """The ids, as first sent, of rendered takes that are no longer in the storyboard.

    If another take now makes the same request, the take was renamed, not deleted.
    """
    ids = {take.id.casefold() for take in takes}
    rendered = (one for one in unique_submissions(submissions) if _has_succeeded(one))
    gone = [one for one in rendered if one.take.casefold() not in ids]
    if not gone:
        return []
    resolved = resolve_takes(takes, submissions, manifest_tasks=manifest_tasks)
    fingerprints = fingerprints_of(resolved)
    return list(dict.fromkeys(one.take for one in gone if one.fingerprint not in fingerprints))


def status_of(submission: Submission | None, *, has_file: HasFile) -> TakeStatus:
    """The status of a take that this submission decides about; None is a take never sent."""
    if submission is None:
        return TakeStatus.PENDING
    if _has_succeeded(submission) and has_video(submission, has_file):
        return TakeStatus.DONE
    return _STATUS[submission.state]


def has_video(submission: Submission, has_file: HasFile) -> bool:
    """Whether the submission's video was downloaded and its file is in place."""
    return submission.video is not None and has_file(submission.video)


def lacks_link(submission: Submission) -> bool:
    """Whether the submission was rendered but the API never gave a link to its video."""
    is_rendered = submission.state is SubmissionState.SUCCEEDED
    return is_rendered and submission.video is None and not submission.video_url


def resolve_takes(
    takes: Sequence[Take],
    submissions: Sequence[Submission],
    *,
    manifest_tasks: ManifestTasks | None = None,
) -> Sequence[Take]:
    """The takes with the payloads and fingerprints that they have once frames are known.

    A frame is known once the take that it is taken from has a video, among `submissions`.
    """
    if not submissions or not has_frames(takes):
        return takes
    pairs = pair_takes(takes, submissions, manifest_tasks=manifest_tasks)
    return [take for take, _ in pairs]


def pair_takes(
    takes: Sequence[Take],
    submissions: Sequence[Submission],
    *,
    manifest_tasks: ManifestTasks | None = None,
    from_first: bool = False,
) -> list[tuple[Take, Turn]]:
    """Each take as in `resolve_takes`, with its request and the submission that decides about it.

    The request of a take with several models is the current one's: the first one's if nothing
    is open or rendered and `from_first` is set. A locked take that has a video comes with that
    video's submission and carries the request that made it: the video that `manifest_tasks`
    names, else that of its own request, else the newest made under its id.
    """
    pairing = _Pairing(takes, submissions, manifest_tasks=manifest_tasks, from_first=from_first)
    if not has_frames(takes):
        return [(take, pairing.turn_of(take)) for take in takes]
    pairs: dict[str, tuple[Take, Turn]] = {}

    def video_of(take: str) -> str | None:
        return pairing.video_of(pairs[take][1]) if take in pairs else None

    for take in in_order(takes):
        resolved = with_known_videos(take, video_of)
        pairs[take.id] = resolved, pairing.turn_of(resolved)
    return [pairs[take.id] for take in takes]


class _Pairing:
    """Finds the submission that decides about a take, and the video that its frames are of."""

    def __init__(
        self,
        takes: Sequence[Take],
        submissions: Sequence[Submission],
        *,
        manifest_tasks: ManifestTasks | None,
        from_first: bool,
    ) -> None:
        self._submissions = submissions
        self._from_first = from_first
        self._deciding = deciding_submissions(submissions)
        self._made: dict[str, Submission] | None = None
        self._rendered = _rendered_among(takes, submissions)
        self._newest: dict[str, Submission] = {}
        self._in_manifest: dict[str, Submission | None] = {}
        if any(take.is_locked for take in takes):
            made = [one for one in unique_submissions(submissions) if _has_succeeded(one)]
            by_task = {one.task_id: one for one in made}
            self._newest = {one.take.casefold(): one for one in made}
            self._in_manifest = {
                take.casefold(): by_task.get(task) for take, task in (manifest_tasks or {}).items()
            }

    def turn_of(self, take: Take) -> Turn:
        """The take's current request, with the submission that decides about it."""
        if take.fallbacks:
            turn = find_turn(take, self._deciding, self._rendered, from_first=self._from_first)
        else:
            turn = Turn(take, self._deciding.get(take.fingerprint))
        if not take.is_locked:
            return turn
        name = take.id.casefold()
        sent = self._in_manifest.get(name)
        if sent is None and not _has_succeeded(turn.submission):
            sent = self._newest.get(name)
        return turn if sent is None else Turn(as_sent(turn.take, sent), sent, turn.failed)

    def video_of(self, turn: Turn) -> str | None:
        """The sha256 of the video that a take shows now; None if it has none.

        If a further submission of its request is open, that is still the last success.
        """
        sent = turn.submission
        if sent is not None and not _has_succeeded(sent):
            if self._made is None:
                made = [one for one in self._submissions if _has_succeeded(one)]
                self._made = deciding_submissions(made)
            sent = self._made.get(turn.take.fingerprint)
        return sent.video.sha256 if sent is not None and sent.video is not None else None


def _rendered_among(takes: Sequence[Take], submissions: Sequence[Submission]) -> frozenset[str]:
    """The fingerprints with a success. Only looked up if a take has several models."""
    if not any(take.fallbacks for take in takes):
        return frozenset()
    return frozenset(one.fingerprint for one in submissions if _has_succeeded(one))


def _has_succeeded(submission: Submission | None) -> bool:
    return submission is not None and submission.state is SubmissionState.SUCCEEDED


def deciding_submissions(submissions: Sequence[Submission]) -> dict[str, Submission]:
    """The submission that decides about each fingerprint.

    Among several successes, the one submitted last, then the one with the greatest task
    id, so that all machines agree; among other equal ones, the last row.
    """
    deciding: dict[str, Submission] = {}
    for submission in unique_submissions(submissions):
        other = deciding.get(submission.fingerprint)
        if other is None or _decides_over(submission, other):
            deciding[submission.fingerprint] = submission
    return deciding


def unique_submissions(submissions: Sequence[Submission]) -> Sequence[Submission]:
    """Each submission once: if an id comes twice, the later one, completed from a manifest."""
    ids = {submission.id for submission in submissions}
    if len(ids) == len(submissions) and 0 not in ids:
        return submissions
    # Those known only from the manifest have no id yet, and each one counts.
    rows = {
        (submission.id, 0 if submission.id else number): submission
        for number, submission in enumerate(submissions)
    }
    return tuple(rows.values())


def as_sent(take: Take, sent: Submission) -> Take:
    """The take with the request that was sent as its only one.

    Of its files and frames, it has those that are in the same place in that request.
    """
    if take.fingerprint == sent.fingerprint:
        return take
    contents = dict(find_contents(sent.payload)) if take.inputs else {}
    return replace(
        take,
        model=sent.model,
        payload=sent.payload,
        fingerprint=sent.fingerprint,
        fallbacks=(),
        inputs=tuple(one for one in take.inputs if contents.get(one.at) == one.value),
    )


def _decides_over(later_row: Submission, other: Submission) -> bool:
    rank, other_rank = _rank(later_row), _rank(other)
    if rank != other_rank or not _has_succeeded(later_row):
        return rank >= other_rank
    times = [one.submitted_at or one.sent_at for one in (later_row, other)]
    if not all(time.microsecond for time in times):  # as in a manifest: in whole seconds
        times = [time.replace(microsecond=0) for time in times]
    tasks = [one.task_id or "" for one in (later_row, other)]
    return (times[0], tasks[0]) >= (times[1], tasks[1])


def _rank(submission: Submission) -> int:
    """Ranks open submissions above successes, and successes above the rest."""
    if submission.state in OPEN_STATES:
        return 3
    if submission.state is SubmissionState.SUCCEEDED:
        return 2
    return 0 if submission.state is SubmissionState.UNAVAILABLE else 1
