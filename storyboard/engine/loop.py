"""The loop that carries out plans: one thread owns the clock, the queues and the state files.

Worker threads send requests and put the results into an inbox. Each turn reads
the inbox, records the results, and starts what is due. The other modules in
this package handle submissions, tasks, the request log, downloads and the end
of a run; `run` holds the state they share.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from storyboard.api.protocols import Api
from storyboard.engine.clock import Clock
from storyboard.engine.downloads import Downloads
from storyboard.engine.events import (
    Answered,
    Crashed,
    Event,
    Interrupted,
    LogChecked,
    LogCheckFailed,
    PictureRead,
    UploadAnswered,
    UploadDeleted,
    UploadsListed,
)
from storyboard.engine.fallbacks import Fallbacks
from storyboard.engine.followers import Followers
from storyboard.engine.inputs import Inputs
from storyboard.engine.job import EngineSettings, Job, Progress, RunResult, RunStatus
from storyboard.engine.loading import Loader
from storyboard.engine.request_log import RequestLog
from storyboard.engine.run import Run
from storyboard.engine.submissions import Submissions
from storyboard.engine.task_ids import TaskIds
from storyboard.engine.tasks import Tasks
from storyboard.errors import StateError
from storyboard.replies import Outcome, SubmitReply, TaskReply
from storyboard.videos.result import Fetch, Fetched, FetchFailed


class Engine:
    """Carries out the plans of one or more jobs through one API, with one window and one budget.

    The caller holds the locks of all the jobs' folders. `run` may be called once.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        api: Api,
        fetch: Fetch,
        *,
        settings: EngineSettings,
        clock: Clock,
        listener: Callable[[Progress], None] = lambda progress: None,
        on_turn: Callable[[RunStatus], None] | None = None,
        jitter: random.Random | None = None,
    ) -> None:
        jitter = jitter or random.Random()  # noqa: S311 (spreads waits, hides nothing)
        self._run = run = Run(jobs, api, settings=settings, clock=clock, jitter=jitter)
        self._listener = listener
        self._on_turn = on_turn
        self._downloads = Downloads(run, fetch)
        fallbacks = Fallbacks(run)
        self._tasks = Tasks(run, self._downloads, fallbacks)
        self._task_ids = task_ids = TaskIds(run)
        self._inputs = Inputs(run)
        self._submissions = Submissions(
            run, self._tasks, task_ids, fallbacks=fallbacks, inputs=self._inputs
        )
        self._loader = Loader(
            run, self._tasks, self._downloads, task_ids=task_ids, fallbacks=fallbacks
        )
        self._followers = Followers(run, self._loader, fallbacks)
        self._request_log = RequestLog(run)

    def interrupt(self) -> None:
        """Ends the run soon: submits nothing more and waits for open POSTs. For signal handlers."""
        self._run.inbox.put(Interrupted())

    def run(self) -> RunResult:
        """Works until every action is carried out, or something ends the run early.

        Raises StateError if the state file or a video cannot be written.
        """
        clock, inbox = self._run.clock, self._run.inbox
        try:
            self._load_plans()
            self._turn([])
            while not self._is_done():
                self._turn(clock.wait(inbox, self._wait_s()))
            return self._run.result()
        finally:
            self._run.requests.stop(wait_s=1.0)
            self._downloads.stop(wait_s=1.0)
            self._inputs.stop(wait_s=1.0)

    def _turn(self, events: Sequence[Event]) -> None:
        """Handles the events and starts what is due.

        Three rules keep the state files correct, wherever the process is killed:

        1. Write before sending: no POST is sent before its intention is committed.
        2. One transaction per turn: everything that a turn writes to a state file is
           committed together or not at all.
        3. Report after the commit: the listener only hears of what is on disk.
        """
        now = self._run.clock.monotonic()
        with self._transaction(events):  # rule 2
            for event in events:
                self._handle(event, now)
            self._run.ending.check(now, self._run.unreachable(now))
            self._inputs.prepare()
            begun = self._submissions.begin()  # rule 1: written here ...
        self._submissions.send(begun)  # ... and sent once it is committed
        self._inputs.start()
        moved = self._downloads.move_into_place(now)
        self._inputs.on_videos(moved)
        self._followers.on_videos(moved)
        self._followers.on_changes(self._run.changes)
        self._request_log.start_check(now)
        self._tasks.start_polls()
        self._downloads.start(now)
        self._report_progress(now)  # rule 3

    @contextmanager
    def _transaction(self, events: Sequence[Event]) -> Iterator[None]:
        """One transaction in the state file of each job.

        Raises StateError if one cannot be written. It names the tasks that `events`
        accepted, since their ids are recorded nowhere else.
        """
        try:
            with ExitStack() as transactions:
                for job in self._run.jobs:
                    transactions.enter_context(job.store.transaction())
                yield
        except StateError as error:
            raise _with_task_ids(error, events) from error

    def _handle(self, event: Event, now: float) -> None:
        match event:
            case Answered(flight, SubmitReply() as reply):
                self._submissions.on_submitted(flight, reply, now)
            case Answered(flight, TaskReply() as reply):
                self._tasks.on_polled(flight, reply, now)
            case Answered(flight, Fetched() | FetchFailed() as result):
                self._downloads.on_downloaded(flight, result, now)
            case LogChecked():
                self._request_log.on_checked(event)
            case LogCheckFailed():
                self._request_log.on_check_failed(event, now)
            case PictureRead() | UploadAnswered() | UploadsListed() | UploadDeleted():
                self._inputs.on_event(event, now)
            case Crashed(error, is_submission):
                self._run.open_posts -= is_submission
                self._run.ending.fail(error, now)
            case Interrupted():
                self._run.ending.interrupt(now)

    def _report_progress(self, now: float) -> None:
        try:
            if self._on_turn is not None:
                self._on_turn(self._run.status(now, downloading=self._downloads.unfinished))
            for progress in self._run.pop_progress():
                self._listener(progress)
        except Exception as error:  # a closed terminal must not lose the reply to an open POST
            self._run.ending.fail(error, now)

    def _load_plans(self) -> None:
        if contradicted := self._task_ids.find_contradicted():
            with self._transaction([]):
                self._task_ids.put_earlier_in_doubt(contradicted)
        self._loader.load_plans()
        self._followers.load_plans()

    def _is_done(self) -> bool:
        run = self._run
        if run.ending.is_leaving:
            return run.ending.has_left(run.clock.monotonic(), run.open_posts)
        has_requests = run.requests.busy > run.log_trust.is_being_checked
        is_idle = not self._downloads.unfinished and not has_requests
        return is_idle and not (run.waiting or run.open_posts or run.tasks or run.polls)

    def _wait_s(self) -> float | None:
        """Seconds until something is due; None if only an event can change anything."""
        now = self._run.clock.monotonic()
        waits = (max(0.0, due_at - now) for due_at in self._due_times(now))
        return min(waits, default=None)

    def _due_times(self, now: float) -> Iterator[float]:
        yield from self._run.ending.due_times()
        if not self._run.ending.is_leaving:
            yield from self._run.unreachable_times(now)
            yield from self._tasks.due_times()
            yield from self._request_log.due_times(now)
            yield from self._submissions.due_times(now)
            yield from self._inputs.due_times(now)
            yield from self._downloads.due_times()


def _with_task_ids(error: StateError, events: Sequence[Event]) -> StateError:
    """The error with the ids of the tasks that `events` accepted but that could not be written."""
    lost = [
        f"take {event.flight.submission.take} is task {event.reply.task_id}"
        for event in events
        if isinstance(event, Answered)
        and isinstance(event.reply, SubmitReply)
        and event.reply.outcome is Outcome.ACCEPTED
    ]
    if not lost:
        return error
    return StateError(
        f"{error}; accepted by the API but not recorded: {', '.join(lost)}",
        next_step=f"{error.next_step}; give each take its task with: "
        "storyboard resolve FILE TAKE --task-id ID",
    )
