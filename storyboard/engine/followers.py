"""The takes that wait for the videos of others, because they show frames of them.

Once the files of all these videos are in place, a take's payload and fingerprint are known. It is
then looked up again in the state file and planned as any other: an equal request that was sent
before is never sent a second time.

A take whose parent fails, or is held, is held, too. The next plan says more about why.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from storyboard.engine.fallbacks import Fallbacks
from storyboard.engine.flight import Flight
from storyboard.engine.job import Job, Progress, Step
from storyboard.engine.loading import Loader
from storyboard.engine.run import Run
from storyboard.planning.candidates import fingerprints_of, has_proven_to_fail
from storyboard.planning.graph import with_known_videos
from storyboard.planning.plan import PlanOptions, plan_follower
from storyboard.planning.states import HasFile, deciding_submissions, has_video
from storyboard.records import Action, ActionKind, Submission, SubmissionState, Take
from storyboard.videos.files import has_file, is_lfs_pointer

_FAILURES = frozenset(
    {Step.REJECTED, Step.FALLBACK, Step.POSTPONED, Step.UNKNOWN, Step.FAILED, Step.NOT_DOWNLOADED}
)
"""Changes after which a request may bring no video in this run."""

_MAY_BRING_VIDEO = frozenset(
    {SubmissionState.SENDING, SubmissionState.ACCEPTED, SubmissionState.SUCCEEDED}
)


@dataclass(slots=True, eq=False)  # compared by identity
class _Child:
    """A take that waits, with the takes it waits for and the videos that have come."""

    job: Job
    take: Take
    missing: set[str]
    videos: dict[str, str] = field(default_factory=dict)  # sha256 by take id

    @property
    def key(self) -> tuple[str, str]:
        """The job's name and the take's id: unique within a run."""
        return self.job.name, self.take.id


@dataclass(slots=True, eq=False)
class _Parent:
    """A take with the request that is to bring its video, and those that wait for it."""

    take: Take
    children: list[_Child] = field(default_factory=list)


class Followers:
    """The takes that wait, by the requests whose videos they wait for."""

    def __init__(self, run: Run, loader: Loader, fallbacks: Fallbacks) -> None:
        self._run = run
        self._loader = loader
        self._fallbacks = fallbacks
        # By job and fingerprint, then by take: equal requests share a video, but not a pause.
        self._parents: dict[tuple[str, str], dict[str, _Parent]] = {}
        self._children: dict[tuple[str, str], list[_Child]] = {}  # by job and parent's id

    def load_plans(self) -> None:
        """Notes every take that waits, whether or not it makes the same request as another."""
        for job in self._run.jobs:
            actions = [one for one in job.plan.actions if one.kind is ActionKind.WAIT]
            unplanned = {action.take.id for action in actions}
            for action in actions:
                child = _Child(job, action.take, {parent.id for parent in action.waits_for})
                self._run.followers.add(child.key)
                for parent in action.waits_for:
                    self._children.setdefault((job.name, parent.id), []).append(child)
                    if parent.id not in unplanned:
                        self._follow(parent, [child])

    def on_videos(self, flights: Iterable[Flight]) -> None:
        """Loads the takes that waited only for these videos, which are in place and committed."""
        arrived = deque((flight.job, flight.submission) for flight in flights)
        arrived.extend(self._videos_before())
        while arrived:
            job, sent = arrived.popleft()
            for child in self._note_video(job, sent):
                action = self._load(child)
                known = action.submission
                if action.kind is ActionKind.KEEP and known and has_video(known, _is_in(job)):
                    arrived.append((job, known))

    def on_changes(self, changes: Sequence[Progress]) -> None:
        """Holds the takes that wait for a video that this run will not bring."""
        for change in list(changes):  # each take that is held becomes one more
            for parent in self._without_video(change):
                self._hold_after(parent, change.job)

    def _hold_after(self, parent: str, job: str) -> None:
        """Holds the takes that wait for a take's video, and those that wait for theirs."""
        reason, left = f"{parent} has no video", [parent]
        while left:
            missing = left.pop(0)
            for child in self._children.get((job, missing), ()):
                if child.key in self._run.followers and missing in child.missing:
                    self._run.followers.remove(child.key)
                    self._run.note(child.job, child.take.id, None, Step.HELD, reason)
                    left.append(child.take.id)

    def _without_video(self, change: Progress) -> list[str]:
        """The ids of the takes that get no video in this run because of a change."""
        if change.step is Step.HELD:
            return [change.take]
        if change.step not in _FAILURES or change.submission is None:
            return []
        parents = self._parents.get((change.job, change.submission.fingerprint), {})
        return [name for name, one in parents.items() if not self._is_coming(one)]

    def _is_coming(self, parent: _Parent) -> bool:
        """Whether one of a take's requests is queued or under way, or its video is."""
        run, job = self._run, parent.children[0].job
        known = deciding_submissions(job.store.submissions_for(fingerprints_of([parent.take])))
        return any(run.is_queued(job, one) for one in parent.take.candidates) or any(
            sent.state in _MAY_BRING_VIDEO and (job.name, sent.id) not in run.not_downloaded
            for sent in known.values()
        )

    def _videos_before(self) -> Iterator[tuple[Job, Submission]]:
        """The videos that were here before a take went on to the model that made them."""
        for job, take in self._fallbacks.pop_joined():
            rows = job.store.submissions_for([take.fingerprint])
            known = deciding_submissions(rows).get(take.fingerprint)
            if known is not None and has_video(known, _is_in(job)):
                yield job, known

    def _follow(self, take: Take, children: Iterable[_Child]) -> None:
        """Notes that these wait for a take's video, whichever of its models makes it."""
        for child in children:
            for request in fingerprints_of([take]):
                parents = self._parents.setdefault((child.job.name, request), {})
                parents.setdefault(take.id, _Parent(take)).children.append(child)

    def _note_video(self, job: Job, sent: Submission) -> list[_Child]:
        """Notes a video for those that wait for it. Returns those that wait for nothing more."""
        video, parents = sent.video, self._parents.get((job.name, sent.fingerprint), {})
        ready: list[_Child] = []
        for parent in list(parents.values()):
            take = parent.take
            if video is None or not self._is_video_of(take, job, sent):
                continue
            del parents[take.id]
            if take.is_paused and (take.id, video.sha256) not in job.passed:
                command = job.command("render", "--past", take.id)
                why = f"look at {video.path}, then: {command}"
                self._run.note(job, take.id, sent, Step.PAUSED, why)
                continue
            for child in parent.children:
                if take.id in child.missing:
                    child.missing.remove(take.id)
                    child.videos[take.id] = video.sha256
                    if not child.missing:
                        ready.append(child)
        return ready

    def _is_video_of(self, take: Take, job: Job, sent: Submission) -> bool:
        """Whether a submission decides about a take, and no other that comes first may succeed."""
        deciding = deciding_submissions(job.store.submissions_for(fingerprints_of([take])))
        for candidate in take.candidates:
            if self._run.is_queued(job, candidate):
                return False  # `sent` is older: a new version is to be made
            known = deciding.get(candidate.fingerprint)
            if candidate.fingerprint == sent.fingerprint:
                return known is not None and known.id == sent.id
            if known is None or not has_proven_to_fail(known):
                return False
        return False

    def _load(self, child: _Child) -> Action:
        """Loads a take whose videos are all known; those that wait for it now know its request."""
        self._run.followers.discard(child.key)
        job, action = child.job, self._plan(child)
        is_under_way = self._is_under_way(job, action)
        self._follow(action.take, self._children.get((job.name, child.take.id), ()))
        if action.kind in (ActionKind.HOLD, ActionKind.ASK) and not is_under_way:
            self._run.note(job, action.take.id, action.submission, Step.HELD, action.reason)
        else:
            self._loader.load_follower(job, action)
        return action

    def _is_under_way(self, job: Job, action: Action) -> bool:
        """Whether this run is about to send the action's request, or waits for the reply."""
        sent = action.submission
        is_open = sent is not None and sent.state is SubmissionState.SENDING
        is_soon = is_open or self._run.is_queued(job, action.take)
        return is_soon and self._fallbacks.has_submitted(job, action.take)

    def _plan(self, child: _Child) -> Action:
        job, options = child.job, child.job.options
        take = with_known_videos(child.take, child.videos.get)
        if any(self._fallbacks.has_submitted(job, one) for one in take.candidates):
            # This run makes the request for another take, and nobody wants it twice.
            options = PlanOptions(download=options.download)
        return plan_follower(
            take,
            job.store.submissions_for(fingerprints_of([take])),
            now=self._run.clock.now(),
            has_file=_is_in(job),
            is_pointer=partial(is_lfs_pointer, job.folder),
            options=options,
        )


def _is_in(job: Job) -> HasFile:
    return partial(has_file, job.folder)
