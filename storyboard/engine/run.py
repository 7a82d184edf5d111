"""What the parts of one run share: jobs, clock, limits, queues and progress to report.

`downloads`, `tasks`, `submissions` and the other parts import this module, and it imports
none of them.
"""

from __future__ import annotations

import queue
import random
from collections import deque
from collections.abc import Iterator, Mapping, Sequence

from storyboard.api.protocols import Api
from storyboard.engine.breaker import Breaker
from storyboard.engine.clock import Clock
from storyboard.engine.ending import Ending
from storyboard.engine.estimate import time_left_s
from storyboard.engine.events import Event
from storyboard.engine.flight import Flight, PollQueue
from storyboard.engine.job import EngineSettings, Job, Progress, RunResult, RunStatus, Step
from storyboard.engine.log_trust import LogTrust
from storyboard.engine.pacing import Budget, Window
from storyboard.engine.poll_schedule import PollSchedule
from storyboard.engine.workers import Workers
from storyboard.errors import StoryboardError
from storyboard.records import Submission, Take
from storyboard.replies import Limit, SubmitReply, TaskReply


class Run:
    """The state of one run. Only the loop thread uses it; worker threads fill `inbox`."""

    def __init__(
        self,
        jobs: Sequence[Job],
        api: Api,
        *,
        settings: EngineSettings,
        clock: Clock,
        jitter: random.Random,
    ) -> None:
        self.jobs = jobs
        self.api = api
        self.settings = settings
        self.clock = clock
        self.jitter = jitter

        self.window = Window(settings.concurrency)
        self.budget = Budget(settings.requests_per_minute, jitter=jitter)
        self.breaker = Breaker(origin=api.origin, now=clock.monotonic())

        self.inbox: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.requests: Workers[Event] = Workers(settings.connections, self.inbox, name="api")

        self.waiting: deque[tuple[Job, Take]] = deque()  # to be submitted
        self.ending = Ending(self.waiting, now=clock.monotonic(), timeout_s=settings.timeout_s)
        self.followed_by: Mapping[tuple[str, str], int] = {}  # by job and take: `chain_lengths`
        self.followers: set[tuple[str, str]] = set()  # by job and take: they wait for videos
        self.preparing = 0  # pictures being read or uploaded
        self.open_posts = 0
        self.tasks: dict[tuple[str, int], Flight] = {}  # accepted and not finished, by key
        self.polls = PollQueue()
        self.poll_schedule = PollSchedule()
        self.log_trust = LogTrust(now=clock.monotonic())
        self.polls_sent = 0
        self.failed_connections = 0  # POSTs in a row that could not be sent

        self.not_downloaded: dict[tuple[str, int], str] = {}
        self.held: dict[tuple[str, str], str] = {}
        self.changes: list[Progress] = []  # to be reported at the end of the turn

    @property
    def in_flight(self) -> int:
        """Tasks that hold a slot at the API, or will if their POST is accepted."""
        return len(self.tasks) + self.open_posts

    def status(self, now: float, *, downloading: int) -> RunStatus:
        """The current state of the run."""
        flights = sorted(self.tasks.values(), key=lambda flight: -flight.age_s(now))
        tasks = [(one.submission.take, one.age_s(now)) for one in flights]
        stopped = {job.name for job in self.jobs if not self.ending.may_submit(job)}
        followers = sum(job not in stopped for job, _ in self.followers)
        waiting = len(self.waiting) + followers + self.open_posts
        left_s_by_age = self.poll_schedule.left_s_by_age()
        if left_s_by_age is None:
            return RunStatus(waiting, tuple(tasks), None, downloading)
        left_s = time_left_s(
            left_s_by_age,
            [age_s for _, age_s in tasks],
            waiting=waiting,
            slots=self.window.size,
            request_s=self.budget.spacing_s,
            followed_by=[
                self.followed_by.get((one.job.name, one.submission.take), 0) for one in flights
            ],
            # The longest chain is the first in the queue.
            longest_chain=1 + self._length(self.waiting[0]) if self.waiting else 0,
        )
        return RunStatus(waiting, tuple(tasks), left_s, downloading)

    def enqueue(self, job: Job, take: Take) -> None:
        """Queues a take before those that have a shorter chain of others behind them."""
        length = self._length((job, take))
        before = len(self.waiting)
        if length:
            before = next(
                (n for n, entry in enumerate(self.waiting) if self._length(entry) < length), before
            )
        self.waiting.insert(before, (job, take))

    def is_queued(self, job: Job, take: Take) -> bool:
        """Whether a take's request is to be submitted, by this take or by another."""
        request = take.fingerprint
        return any(one is job and other.fingerprint == request for one, other in self.waiting)

    def favour_chains(self, followed_by: Mapping[tuple[str, str], int]) -> None:
        """Sorts the queue by how long a chain of others follows each take, the longest first."""
        self.followed_by = followed_by
        entries = sorted(self.waiting, key=lambda entry: -self._length(entry))
        self.waiting.clear()
        self.waiting.extend(entries)

    def _length(self, entry: tuple[Job, Take]) -> int:
        job, take = entry
        return self.followed_by.get((job.name, take.id), 0)

    def save(self, flight: Flight, submission: Submission) -> None:
        """Writes the submission's new state in the turn's transaction."""
        flight.submission = flight.job.store.update(submission)

    def add_progress(self, flight: Flight, step: Step, detail: str = "") -> None:
        """Notes a change for the listener, to be reported after the commit."""
        self.note(flight.job, flight.submission.take, flight.submission, step, detail)

    def note(
        self, job: Job, take: str, sent: Submission | None, step: Step, detail: str = ""
    ) -> None:
        """Notes what happened to a take, of which nothing may have been sent."""
        self.changes.append(Progress(job.name, take, sent, step, detail))

    def hold(self, job: Job, take: Take, reason: str) -> None:
        """Takes a take out of the queue: it is not submitted in this run."""
        self.waiting.remove((job, take))
        self.held[(job.name, take.id)] = reason
        self.note(job, take.id, None, Step.HELD, reason)

    def add_fallback(self, flight: Flight, following: Take) -> None:
        """Notes that a take continues with its next model."""
        sent = flight.submission
        why = f": {sent.reason}" if sent.reason else ""
        detail = f"{sent.model} {sent.state.value}{why}; {following.model} follows"
        self.add_progress(flight, Step.FALLBACK, detail)

    def pop_progress(self) -> list[Progress]:
        """The changes noted since the last call."""
        changes, self.changes = self.changes, []
        return changes

    def give_up_download(self, flight: Flight, reason: str) -> None:
        """Leaves the video to a later run; its state stays succeeded until the link expires.

        A refusal may come from a proxy or from a passing failure of the API.
        Treating the link as expired would cost the price of the video.
        """
        self.not_downloaded[flight.key] = reason
        self.add_progress(flight, Step.NOT_DOWNLOADED, reason)

    def unreachable(self, now: float) -> StoryboardError | None:
        """The error with which the run ends, if the API could not be reached for too long."""
        in_flight = len(self.tasks)
        return self.breaker.on_time(now=now, in_flight=in_flight) if self._needs_api else None

    def unreachable_times(self, now: float) -> Iterator[float]:
        """When time alone may change the answer of `unreachable`."""
        if self._needs_api:
            yield from self.breaker.next_checks(now=now)

    @property
    def _needs_api(self) -> bool:
        # A large picture may take longer to upload than an API may take to answer.
        is_first_upload = self.preparing > 0 and not self.breaker.has_heard
        return bool(self.waiting or self.polls) and not is_first_upload

    def result(self) -> RunResult:
        """How the run ended. Raises the error if it failed."""
        self.ending.raise_failure()
        return RunResult(
            self.ending.stopped_by,
            self.ending.was_interrupted,
            self.not_downloaded,
            self.held,
            tuple(self.ending.refusals.values()),
        )

    def on_reply(self, reply: SubmitReply | TaskReply, now: float) -> None:
        """Notes what any reply shows: that the API is reachable, and what rate it allows."""
        if reply.http_status is None:
            why = reply.message if isinstance(reply, SubmitReply) else reply.reason
            self.breaker.on_unreached(why, reply.remedy)
            return
        self.breaker.on_reached(now=now)
        self.failed_connections = 0
        if reply.limit is Limit.RATE:
            self.budget.on_rate_limit(reply.rate, now=now)
        elif reply.limit is None:
            self.budget.on_reply(reply.rate, now=now)
