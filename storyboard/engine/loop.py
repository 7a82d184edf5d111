"""The loop that carries out plans: one thread owns the clock, the queues and the state files.

Each turn takes what the worker threads brought, writes what it means and the
next intentions in one transaction, and only then lets requests go out. So
whatever the disk holds is never behind what was sent.
"""

from __future__ import annotations

import heapq
import itertools
import queue
import random
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

from storyboard.api.account import Account
from storyboard.api.protocols import Api
from storyboard.engine import breaker
from storyboard.engine.clock import Clock
from storyboard.engine.downloads import Downloads, Verdict, add_video
from storyboard.engine.events import (
    Crashed,
    Downloaded,
    Event,
    Glanced,
    Interrupted,
    NotGlanced,
    Polled,
    Submitted,
    guarded,
)
from storyboard.engine.job import Due, EngineSettings, Flight, Job, Progress, RunResult, Step, age_s
from storyboard.engine.log_trust import Glances, read_log
from storyboard.engine.pacing import Budget, Window, back_off_s
from storyboard.engine.poll_schedule import Polls
from storyboard.engine.transitions import after_disappearance, after_poll, after_submit
from storyboard.engine.workers import Workers
from storyboard.errors import StateError, StoryboardError, TimeIsUp
from storyboard.records import (
    ActionKind,
    Limit,
    Outcome,
    Submission,
    SubmissionState,
    SubmitReply,
    Take,
    TaskReply,
    TaskStatus,
)
from storyboard.videos import files as video_files
from storyboard.videos.result import Fetch, Fetched, FetchResult

_MISSING_S = 600.0  # a 404 on a poll is repeated this long before anyone is asked
_REFUSED_S = 60.0  # a refused key may be a hiccup; the tasks stay accepted for the next run
_MISSING_WAIT_S = 30.0
_LAST_POSTS_S = 60.0  # how long open POSTs are waited for once the run shall end
_POLL_THREADS = 2  # connections that submissions leave to the polls
_A_MOMENT_S = 0.001
_LATE_POLL_S = 10.0  # a look that waits longer than this takes turns with the submissions


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
        jitter: random.Random | None = None,
    ) -> None:
        now = clock.monotonic()
        self._jobs = jobs
        self._api = api
        self._settings = settings
        self._clock = clock
        self._tell = listener
        self._jitter = jitter or random.Random()  # noqa: S311 (spreads waits, hides nothing)
        self._window = Window(settings.concurrency)
        self._budget = Budget(settings.requests_per_minute, jitter=self._jitter)
        self._polls = Polls()
        self._log = api if isinstance(api, Account) else None
        self._glances = Glances(now=now)
        self._breaker = breaker.Breaker(origin=api.origin, now=now)
        self._ends_at = None if settings.timeout_s is None else now + settings.timeout_s

        self._inbox: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._requests: Workers[Event] = Workers(settings.connections, self._inbox, name="api")
        self._downloads = Downloads(
            fetch, self._inbox, connections=settings.download_connections, jitter=self._jitter
        )

        self._waiting: deque[tuple[Job, Take]] = deque()
        self._tasks: dict[tuple[str, int], Flight] = {}  # accepted, not finished
        self._open_posts = 0
        self._is_polls_turn = False
        self._has_polled = True  # since the last glance
        self._poll_heap: list[Due] = []
        self._numbers = itertools.count(1)
        self._user_numbers = itertools.count(1)
        self._hold_until = now  # no submission before, after the API could not be reached
        self._strikes = 0

        self._moves: list[tuple[Flight, Fetched]] = []  # committed, to be put in place
        self._news: list[Progress] = []  # told once what they tell of is committed

        self._failure: BaseException | None = None
        self._stopped_by: StoryboardError | None = None
        self._was_interrupted = False
        self._leave_at: float | None = None
        self._not_downloaded: dict[tuple[str, int], str] = {}

    def interrupt(self) -> None:
        """Ends the run soon: no new submission, open POSTs are waited for. For signal handlers."""
        self._inbox.put(Interrupted())

    def run(self) -> RunResult:
        """Works until every action is carried out, or something ends the run early.

        Raises StateError where the state file or a video cannot be written.
        """
        try:
            self._begin_plans()
            self._turn([])
            while not self._is_done():
                self._turn(self._clock.wait(self._inbox, self._wait_s()))
            if self._failure is not None:
                raise self._failure
            return RunResult(self._stopped_by, self._was_interrupted, self._not_downloaded)
        finally:
            self._requests.stop(wait_s=1.0)
            self._downloads.stop(wait_s=1.0)

    # The turn

    def _turn(self, events: Sequence[Event]) -> None:
        now = self._clock.monotonic()
        try:
            with ExitStack() as commits:
                for job in self._jobs:
                    commits.enter_context(job.store.transaction())
                for event in events:
                    self._handle(event, now)
                self._check_time(now)
                sends = list(self._begin_submissions())
        except StateError as error:
            raise _with_task_ids(error, events) from error
        for flight in sends:
            self._requests.start(self._submit_call(flight))
        self._put_in_place(now)
        self._start_glance(now)
        self._start_polls()
        if self._leave_at is None:
            self._downloads.start(now)
        self._tell_news(now)

    def _handle(self, event: Event, now: float) -> None:
        match event:
            case Submitted(flight, reply):
                self._requests.finished()
                self._open_posts -= 1
                self._on_submitted(flight, reply, now)
            case Polled(flight, reply):
                self._requests.finished()
                self._on_polled(flight, reply, now)
            case Glanced(ended, pages):
                self._requests.finished()
                self._on_glanced(ended, pages, now)
            case NotGlanced(wait_s):
                self._requests.finished()
                self._glances.on_failure(now=now, wait_s=wait_s)
            case Downloaded(flight, result):
                self._on_downloaded(flight, result, now)
            case Crashed(error, is_submission):
                self._open_posts -= is_submission
                self._fail(error, now)
            case Interrupted():
                self._was_interrupted = True
                self._leave(now)

    def _begin_plans(self) -> None:
        now = self._clock.monotonic()
        for job in self._jobs:
            for action in (*job.plan.actions, *job.plan.orphans):
                if action.same_as is not None:
                    continue
                if action.kind is ActionKind.SUBMIT:
                    self._waiting.append((job, action.take))
                elif action.kind is ActionKind.RESUME and action.submission:
                    flight = Flight(job, action.take, action.submission)
                    self._tasks[_key(flight)] = flight
                    flight.born_s = now - age_s(action.submission, self._clock.now())
                    self._poll_at(now, flight)
                elif action.kind is ActionKind.DOWNLOAD and action.submission:
                    self._downloads.add(Flight(job, action.take, action.submission))
        self._window.on_resumed(len(self._tasks))

    def _is_done(self) -> bool:
        if self._leave_at is not None:
            is_late = self._clock.monotonic() >= self._leave_at
            return self._open_posts == 0 or is_late
        return not (
            self._waiting
            or self._open_posts
            or self._tasks
            or self._poll_heap
            or self._requests.busy > self._glances.is_open
            or not self._downloads.is_idle
        )

    def _wait_s(self) -> float | None:
        """Seconds until something is due by itself; None where only an event can change things."""
        now = self._clock.monotonic()
        if self._leave_at is not None:
            return max(0.0, self._leave_at - now)
        times = [] if self._ends_at is None else [self._ends_at]
        if self._requests.free:
            if self._poll_heap:
                times.append(max(self._poll_heap[0].at, self._budget.next_at()))
            if self._log is not None and self._may_glance():
                times.append(max(self._glances.next_at, self._budget.next_at()))
            if self._waiting and self._may_post():
                times.extend(self._submission_times(now))
        if self._waiting or self._poll_heap:
            times.extend(self._breaker.next_checks(now=now))
        if (retry_at := self._downloads.next_at()) is not None:
            times.append(retry_at)
        future = [max(0.0, time - now) for time in times]
        return min(future, default=None)

    def _submission_times(self, now: float) -> Iterator[float]:
        if self._window.has_room(self._in_flight, now=now):
            yield max(self._budget.next_at(), self._hold_until)
        elif (probe_at := self._window.next_change_at()) is not None:
            yield probe_at

    @property
    def _in_flight(self) -> int:
        return len(self._tasks) + self._open_posts

    def _may_post(self, *, begun: int = 0) -> bool:
        """Whether one more POST may be open, besides the `begun` ones that no thread has yet."""
        has_thread = self._requests.free - begun > _POLL_THREADS
        return has_thread and self._open_posts < self._breaker.most_open_posts

    # Ending early

    def _check_time(self, now: float) -> None:
        if self._leave_at is not None:
            return
        if self._ends_at is not None and now >= self._ends_at:
            self._stop(
                TimeIsUp(
                    "the time given ran out; work goes on at the API",
                    next_step="run again to go on from here",
                )
            )
            self._leave(now)
        elif (self._waiting or self._poll_heap) and (
            error := self._breaker.on_time(now=now, in_flight=len(self._tasks))
        ):
            self._stop(error)
            self._leave(now)

    def _stop(self, error: StoryboardError) -> None:
        """No new submissions; what is in flight is finished."""
        self._stopped_by = self._stopped_by or error
        self._waiting.clear()

    def _leave(self, now: float) -> None:
        self._waiting.clear()
        if self._leave_at is None:
            self._leave_at = now + _LAST_POSTS_S

    def _fail(self, error: BaseException, now: float) -> None:
        """Ends the run with `error`, but not before the open POSTs have been answered."""
        self._failure = self._failure or error
        self._leave(now)

    # Submissions

    def _begin_submissions(self) -> Iterator[Flight]:
        """Writes the intentions that may go out now; they do, once the transaction is committed."""
        started = 0
        while (
            self._waiting
            and self._may_post(begun=started)
            # Read anew: at a high rate the next request is due before the turn is over.
            and (now := self._clock.monotonic()) >= max(self._budget.next_at(), self._hold_until)
            and not (self._is_polls_turn and self._has_late_poll(now))
            and self._window.has_room(self._in_flight, now=now)
        ):
            job, take = self._waiting.popleft()
            submission = job.store.begin(
                take,
                endpoint=self._settings.endpoint_of(take.model),
                now=self._clock.now(),
                commit=job.provenance.commit,
                is_dirty=job.provenance.is_dirty,
                profile=job.provenance.profile,
                user_id=self._next_user_id(job),
            )
            self._budget.spend(now=now)
            self._is_polls_turn = True
            self._open_posts += 1
            started += 1
            yield Flight(job, take, submission)

    def _next_user_id(self, job: Job) -> str | None:
        """The render's id with a number: by it a row of the request log names its submission."""
        user_id = job.provenance.user_id
        return None if user_id is None else f"{user_id}-{next(self._user_numbers)}"

    def _submit_call(self, flight: Flight) -> Callable[[], Event]:
        submission = flight.submission

        def call() -> Event:
            reply = self._api.submit(
                submission.endpoint, submission.payload, user_id=submission.user_id
            )
            return Submitted(flight, reply)

        return guarded(call, is_submission=True)

    def _on_submitted(self, flight: Flight, reply: SubmitReply, now: float) -> None:
        submission = after_submit(flight.submission, reply, now=self._clock.now())
        self._save(flight, submission)
        self._note_reply(reply, now)
        if error := self._breaker.on_submit(reply):
            self._stop(error)
        if submission.state is SubmissionState.ACCEPTED:
            self._tasks[_key(flight)] = flight
            self._window.on_accepted(self._in_flight)
            flight.born_s = now
            self._poll_at(now + self._next_look_s(flight, now), flight)
            self._report(flight, Step.ACCEPTED)
        elif reply.outcome is Outcome.UNAVAILABLE:
            self._postpone(flight, reply, now)
        else:
            is_rejected = reply.outcome is Outcome.REJECTED
            step = Step.REJECTED if is_rejected else Step.UNKNOWN
            self._report(flight, step, submission.reason or "")

    def _postpone(self, flight: Flight, reply: SubmitReply, now: float) -> None:
        """Nothing was accepted: the take goes back to the head of the queue."""
        if self._leave_at is None and self._stopped_by is None:
            self._waiting.appendleft((flight.job, flight.take))
        if reply.limit is Limit.CONCURRENCY:
            self._window.on_limit(self._in_flight, now=now)
        elif reply.http_status is None:
            self._strikes += 1
            wait_s = back_off_s(self._strikes, longest_s=15.0, jitter=self._jitter)
            self._hold_until = now + wait_s
        self._report(flight, Step.POSTPONED, flight.submission.reason or "")

    def _note_reply(self, reply: SubmitReply | TaskReply, now: float) -> None:
        """What any answer tells about reach and rate."""
        if reply.http_status is None:
            return
        self._breaker.on_reached(now=now)
        self._strikes = 0
        if reply.limit is Limit.RATE:
            self._budget.on_rate_limit(reply.rate, now=now)
        elif reply.limit is None:
            self._budget.on_reply(reply.rate, now=now)

    # Polls

    def _poll_at(self, time: float, flight: Flight) -> None:
        flight.due = next(self._numbers)
        heapq.heappush(self._poll_heap, Due(time, flight.due, flight))

    def _start_polls(self) -> None:
        self._drop_old_dues()
        while (
            self._poll_heap
            and self._leave_at is None
            and self._requests.free
            and max(self._poll_heap[0].at, self._budget.next_at())
            <= (now := self._clock.monotonic())
        ):
            flight = heapq.heappop(self._poll_heap).flight
            flight.due = 0
            self._drop_old_dues()
            self._budget.spend(now=now)
            self._is_polls_turn, self._has_polled = False, True
            self._requests.start(self._poll_call(flight))

    def _drop_old_dues(self) -> None:
        """Takes away what is first among the polls and has been brought forward since."""
        while self._poll_heap and self._poll_heap[0].number != self._poll_heap[0].flight.due:
            heapq.heappop(self._poll_heap)

    def _has_late_poll(self, now: float) -> bool:
        return bool(self._poll_heap) and now - self._poll_heap[0].at > _LATE_POLL_S

    def _poll_call(self, flight: Flight) -> Callable[[], Event]:
        task_id = flight.submission.task_id or ""
        return guarded(lambda: Polled(flight, self._api.poll(task_id)))

    def _on_polled(self, flight: Flight, reply: TaskReply, now: float) -> None:
        self._note_reply(reply, now)
        before = flight.submission
        after = after_poll(
            before,
            reply,
            now=self._clock.now(),
            retention_s=self._settings.retention_s(before.model),
        )
        if after is not before:
            self._save(flight, after)
            self._on_finished(flight, now, was_running=before.state is SubmissionState.ACCEPTED)
        elif reply.status is TaskStatus.MISSING:
            self._on_missing(flight, reply, now)
        elif reply.status is TaskStatus.REFUSED:
            self._on_refused(flight, reply, now)
        elif (
            before.state is SubmissionState.SUCCEEDED and reply.status is not TaskStatus.UNREADABLE
        ):
            self._not_here(flight, "its link is gone, and the API gives no other")
        else:
            if reply.status is TaskStatus.UNREADABLE:
                flight.unread += 1  # says nothing of the task, so a clock that runs runs on
            else:
                flight.unread, flight.missing_since, flight.refused_since = 0, None, None
                self._polls.on_working(flight.working_s, now - flight.born_s)
                flight.working_s = now - flight.born_s
                if flight.has_ended:
                    flight.has_ended = False
                    self._glances.on_false_alarm()
            self._poll_at(now + self._next_look_s(flight, now), flight)

    def _next_look_s(self, flight: Flight, now: float) -> float:
        if flight.unread:
            return back_off_s(flight.unread, longest_s=30.0, jitter=self._jitter)
        return self._polls.next_wait_s(
            now - flight.born_s,
            in_flight=len(self._tasks),
            rate=self._budget.rate,
            has_log=self._glances.is_trusted,
        )

    def _on_finished(self, flight: Flight, now: float, *, was_running: bool) -> None:
        submission = flight.submission
        self._tasks.pop(_key(flight), None)
        if was_running:
            self._window.on_finished()
            self._polls.on_finished(flight.working_s, now - flight.born_s)
            self._glances.on_finished(was_told=flight.has_ended)
        if submission.state is not SubmissionState.SUCCEEDED:
            self._report(flight, Step.FAILED, submission.reason or submission.state.value)
            return
        if was_running:
            self._report(flight, Step.RENDERED)
        if self._settings.download:
            self._downloads.add(flight)

    def _on_missing(self, flight: Flight, reply: TaskReply, now: float) -> None:
        if flight.submission.state is SubmissionState.SUCCEEDED:
            self._not_here(flight, "its link is gone, and the API no longer finds its task")
            return
        flight.missing_since = now if flight.missing_since is None else flight.missing_since
        if now - flight.missing_since < _MISSING_S:
            self._poll_at(now + _MISSING_WAIT_S, flight)
            return
        self._tasks.pop(_key(flight), None)
        self._save(flight, after_disappearance(flight.submission, reply))
        self._report(flight, Step.UNKNOWN, flight.submission.reason or "")

    def _on_refused(self, flight: Flight, reply: TaskReply, now: float) -> None:
        """It is the key that is refused: the submission stays as it is, for a better key."""
        self._stop(breaker.account_error(reply.http_status, reply.reason))
        flight.refused_since = now if flight.refused_since is None else flight.refused_since
        if now - flight.refused_since < _REFUSED_S:
            self._poll_at(now + _MISSING_WAIT_S, flight)
            return
        self._tasks.pop(_key(flight), None)
        if flight.submission.state is SubmissionState.SUCCEEDED:
            self._not_here(flight, "its link is gone, and the API refuses the key")

    # Glances at the request log

    def _may_glance(self) -> bool:
        return (
            len(self._tasks) > 1
            and self._leave_at is None
            and self._requests.free > 0
            and not self._glances.is_open
            and not self._glances.is_worthless
        )

    def _start_glance(self, now: float) -> None:
        self._drop_old_dues()
        is_time = now >= max(self._glances.next_at, self._budget.next_at())
        has_due_poll = bool(self._poll_heap) and self._poll_heap[0].at <= now
        is_polls_turn = has_due_poll and not self._has_polled
        if self._log is None or not is_time or is_polls_turn or not self._may_glance():
            return
        self._has_polled = False
        log, end = self._log, self._clock.now()
        # One task that never ends must not make the log longer and longer.
        usual_s = self._polls.usual_s
        flights = [each for each in self._tasks.values() if now - each.born_s <= usual_s]
        start = min((each.submission.submitted_at or end for each in flights), default=end)
        page = self._glances.begin()
        self._budget.spend(now=now)
        self._requests.start(guarded(lambda: read_log(log, start, end, page)))

    def _on_glanced(self, ended: frozenset[str], pages: int, now: float) -> None:
        wait_s = self._polls.glance_wait_s(in_flight=len(self._tasks), rate=self._budget.rate)
        self._glances.on_answer(pages=pages, next_at=now + wait_s)
        for flight in self._tasks.values():
            if flight.submission.task_id in ended and flight.due and not flight.has_ended:
                flight.has_ended = True
                # Before all that are late: they are most likely at work.
                first_at = self._poll_heap[0].at if self._poll_heap else now
                self._poll_at(min(now, first_at - _A_MOMENT_S), flight)

    # Downloads

    def _on_downloaded(self, flight: Flight, result: FetchResult, now: float) -> None:
        try:
            verdict = self._downloads.judge(flight, result, now)
        except StateError as error:
            self._fail(error, now)
            return
        if isinstance(result, Fetched):
            flight.submission = add_video(flight.job, flight.submission, result.video)
            self._moves.append((flight, result))
        elif verdict is Verdict.REFRESH:
            self._poll_at(now, flight)
        elif verdict in (Verdict.GONE, Verdict.GIVEN_UP):
            self._not_here(flight, result.reason)

    def _not_here(self, flight: Flight, reason: str) -> None:
        """Not in this run. The link's own expiry decides when it counts as gone.

        What refuses it now may be a proxy, or an API that is out of sorts, and
        a link that is held for gone costs the price of the video.
        """
        self._not_downloaded[_key(flight)] = reason
        self._report(flight, Step.NOT_DOWNLOADED, reason)

    def _put_in_place(self, now: float) -> None:
        """Moves the videos whose rows are committed to the names that their rows give."""
        for flight, fetched in self._moves:
            path = video_files.path_of(flight.submission)
            try:
                video_files.move_into_place(flight.job.folder, fetched.part, path)
            except StateError as error:
                self._fail(error, now)
            else:
                self._report(flight, Step.DOWNLOADED, path)
        self._moves.clear()

    def _save(self, flight: Flight, submission: Submission) -> None:
        flight.submission = flight.job.store.update(submission)

    def _report(self, flight: Flight, step: Step, detail: str = "") -> None:
        self._news.append(Progress(flight.job.name, flight.submission, step, detail))

    def _tell_news(self, now: float) -> None:
        news, self._news = self._news, []
        try:
            for progress in news:
                self._tell(progress)
        except Exception as error:  # a terminal that is gone must not cost an open POST
            self._fail(error, now)


def _with_task_ids(error: StateError, events: Sequence[Event]) -> StateError:
    """The error with the task ids that it kept from being written: they are nowhere else."""
    lost = [
        f"take {event.flight.submission.take} is task {event.reply.task_id}"
        for event in events
        if isinstance(event, Submitted) and event.reply.outcome is Outcome.ACCEPTED
    ]
    if not lost:
        return error
    return StateError(
        f"{error}; accepted by the API and not written down: {', '.join(lost)}",
        next_step=f"{error.next_step}; give each take its task with: "
        "storyboard resolve FILE TAKE --task-id ID",
    )


def _key(flight: Flight) -> tuple[str, int]:
    return flight.job.name, flight.submission.id
