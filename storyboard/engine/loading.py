"""Puts the actions of a plan where they are carried out: the queue, the polls, the downloads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from storyboard.engine.downloads import Downloads
from storyboard.engine.fallbacks import Fallbacks
from storyboard.engine.job import Job
from storyboard.engine.run import Run
from storyboard.engine.task_ids import TaskIds
from storyboard.engine.tasks import Tasks
from storyboard.planning.graph import chain_lengths, has_frames
from storyboard.records import Action, ActionKind, SubmissionState


class Loader:
    """Loads the plans when a run starts, and each take that waited once its action is known."""

    def __init__(
        self,
        run: Run,
        tasks: Tasks,
        downloads: Downloads,
        *,
        task_ids: TaskIds,
        fallbacks: Fallbacks,
    ) -> None:
        self._run = run
        self._tasks = tasks
        self._downloads = downloads
        self._task_ids = task_ids
        self._fallbacks = fallbacks
        self._downloading: set[tuple[str, int]] = set()  # keys of flights

    def load_plans(self) -> None:
        """Loads every action of the plans, the takes with the longest chain behind them first."""
        run = self._run
        for job in run.jobs:
            for action in (*job.plan.actions, *job.plan.orphans):
                self._fallbacks.load(job, action)
                if action.same_as is None:
                    self._load(job, action)
        run.favour_chains(dict(_chain_lengths(run.jobs)))
        run.window.on_resumed(len(run.tasks))

    def load_follower(self, job: Job, action: Action) -> None:
        """Loads an action that was decided during the run.

        What is queued, in flight or being downloaded already is not loaded a second time.
        """
        if self._fallbacks.has_submitted(job, action.take):
            self._fallbacks.wait_for(job, action.take)
        else:
            self._fallbacks.load(job, action)
            self._load(job, action)

    def _load(self, job: Job, action: Action) -> None:
        run, now = self._run, self._run.clock.monotonic()
        if action.kind is ActionKind.SUBMIT:
            if run.ending.may_submit(job):
                run.enqueue(job, action.take)
        elif action.kind is ActionKind.RESUME and action.submission:
            flight = self._task_ids.loaded(job, action, action.submission)
            if flight.submission.state is SubmissionState.ACCEPTED:  # and not put in doubt since
                self._tasks.resume(flight, now)
        elif action.kind is ActionKind.DOWNLOAD and action.submission:
            flight = self._task_ids.loaded(job, action, action.submission)
            if flight.key not in self._downloading:
                self._downloading.add(flight.key)
                self._downloads.add(flight)


def _chain_lengths(jobs: Sequence[Job]) -> Iterator[tuple[tuple[str, str], int]]:
    """How many takes follow each in the longest chain, by job and take; only where any do."""
    for job in jobs:
        takes = [action.take for action in job.plan.actions]
        if has_frames(takes):
            for take, length in chain_lengths(takes).items():
                yield (job.name, take), length
