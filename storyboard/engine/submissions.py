"""The paid requests: which takes may be submitted now, and what the reply to a POST means.

A submission takes two steps. `begin` writes the intention to send it, in the
turn's transaction. `send` sends it once the transaction is committed.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence

from storyboard.engine.breaker import MAX_UNUSABLE
from storyboard.engine.caps import SpendingCaps
from storyboard.engine.events import Answered, guarded
from storyboard.engine.fallbacks import Fallbacks
from storyboard.engine.flight import Flight
from storyboard.engine.inputs import Inputs
from storyboard.engine.job import Job, Step
from storyboard.engine.pacing import back_off_s
from storyboard.engine.run import Run
from storyboard.engine.task_ids import TaskIds
from storyboard.engine.tasks import Tasks
from storyboard.engine.transitions import after_submit
from storyboard.errors import Locked, StorageFailed
from storyboard.records import SubmissionState, Take
from storyboard.replies import Limit, Outcome, SubmitReply

_POLL_CONNECTIONS = 2  # that submissions leave free
_MAX_POLL_DELAY_S = 10.0  # a poll later than this goes out before another submission


class Submissions:
    """Submits waiting takes as window, budget, breaker and connections allow."""

    def __init__(
        self, run: Run, tasks: Tasks, task_ids: TaskIds, *, fallbacks: Fallbacks, inputs: Inputs
    ) -> None:
        self._run = run
        self._tasks = tasks
        self._task_ids = task_ids
        self._caps = SpendingCaps(run)
        self._fallbacks = fallbacks
        self._inputs = inputs
        self._user_numbers = itertools.count(1)
        self._not_before = run.clock.monotonic()  # later if the API could not be reached
        self._polls_before = -1  # polls sent before the last submission
        self._foreign_refusals = Counter[str]()  # by fingerprint; not in the API's own format

    def begin(self) -> list[Flight]:
        """Writes the intentions of what may be submitted now. Sends nothing: see `send`."""
        run, begun = self._run, list[Flight]()
        # The time is read for each: at a high rate the next is due before the turn is over.
        while run.waiting and self._may_begin(now := run.clock.monotonic(), len(begun)):
            entry = self._inputs.first_ready()
            if entry is None:
                break
            job, take = entry
            estimate = job.cost_of(take)
            if problem := self._inputs.problem_of(take):
                run.hold(job, take, problem)
            elif not job.store.is_in_place():
                run.ending.stop(_without_state(job))
            elif job.store.has_other_writer():
                run.ending.stop(_render_beside(job))
            elif error := self._caps.of_run(take, estimate):
                run.ending.stop(error)
            elif error := self._caps.of_film(job, take, estimate):
                run.ending.refuse(job, error)
            else:
                run.waiting.remove(entry)
                begun.append(self._write_intention(job, take, now, estimate))
        return begun

    def send(self, begun: Sequence[Flight]) -> None:
        """Sends what was begun. Effect: may be charged. Call it after the commit."""
        for flight in begun:
            self._send_post(flight)

    def due_times(self, now: float) -> Iterator[float]:
        """When the next submission may go out, if time alone allows one."""
        run = self._run
        if not run.waiting or not self._has_connection() or self._is_turn_of_a_poll(now):
            return
        if self._inputs.first_ready() is None:
            return
        if run.window.has_room(run.in_flight, now=now):
            yield self._next_at
        elif (change_at := run.window.next_change_at()) is not None:
            yield change_at

    def on_submitted(self, flight: Flight, reply: SubmitReply, now: float) -> None:
        """Writes the result of a POST."""
        run = self._run
        checked = self._task_ids.check(flight, reply)
        if checked is None:
            run.inbox.put(Answered(flight, reply))  # handled next turn; its POST stays open
            return
        run.requests.finished()
        run.open_posts -= 1
        self._write(flight, checked, now)

    def _write(self, flight: Flight, reply: SubmitReply, now: float) -> None:
        run = self._run
        submission = after_submit(flight.submission, reply, now=run.clock.now())
        run.save(flight, submission)
        run.on_reply(reply, now)
        following = self._fallbacks.on_failed(flight)
        if error := run.breaker.on_submit(reply, is_last=following is None):
            run.ending.stop(error)
        if following is not None:
            run.add_fallback(flight, following)
        elif submission.state is SubmissionState.ACCEPTED:
            self._on_accepted(flight, now)
        elif reply.outcome is Outcome.UNAVAILABLE:
            self._on_unavailable(flight, reply, now)
        else:
            is_rejected = reply.outcome is Outcome.REJECTED
            step = Step.REJECTED if is_rejected else Step.UNKNOWN
            run.add_progress(flight, step, submission.reason or "")

    @property
    def _next_at(self) -> float:
        return max(self._run.budget.next_at(), self._not_before)

    def _may_begin(self, now: float, begun: int) -> bool:
        run = self._run
        return (
            self._has_connection(begun)
            and now >= self._next_at
            and not self._is_turn_of_a_poll(now)
            and run.window.has_room(run.in_flight, now=now)
        )

    def _has_connection(self, begun: int = 0) -> bool:
        """Whether one more POST may be open, counting those begun but not yet sent."""
        has_free = self._run.requests.free - begun > _POLL_CONNECTIONS
        return has_free and self._run.open_posts < self._run.breaker.max_open_posts

    def _is_turn_of_a_poll(self, now: float) -> bool:
        """Whether a poll is late and none was sent since the last submission."""
        is_late = now - self._run.polls.next_at > _MAX_POLL_DELAY_S
        return is_late and self._run.polls_sent == self._polls_before

    def _write_intention(self, job: Job, take: Take, now: float, estimate: int | None) -> Flight:
        run, user_id = self._run, job.provenance.user_id
        submission = job.store.begin(
            take,
            endpoint=run.settings.endpoint_of(take.model),
            now=run.clock.now(),
            commit=job.provenance.commit,
            is_dirty=job.provenance.is_dirty,
            profile=job.provenance.profile,
            # The number distinguishes the rows of one render in the request log.
            user_id=None if user_id is None else f"{user_id}-{next(self._user_numbers)}",
            body=self._inputs.pop_body(job, take),
            estimate_micros=estimate,
        )
        run.budget.spend(now=now)
        run.open_posts += 1
        self._polls_before = run.polls_sent
        return Flight(job, take, submission)

    def _send_post(self, flight: Flight) -> None:
        api, sent = self._run.api, flight.submission
        body = sent.payload if sent.body is None else sent.body

        def call() -> Answered:
            return Answered(flight, api.submit(sent.endpoint, body, user_id=sent.user_id))

        self._run.requests.start(guarded(call, is_submission=True))

    def _on_accepted(self, flight: Flight, now: float) -> None:
        self._tasks.add(flight, now)
        self._run.window.on_accepted(self._run.in_flight)
        self._run.add_progress(flight, Step.ACCEPTED)

    def _on_unavailable(self, flight: Flight, reply: SubmitReply, now: float) -> None:
        """Puts the take back into the queue, because nothing was accepted."""
        run = self._run
        if run.ending.may_submit(flight.job):
            self._queue_again(flight, reply)
        if reply.limit is Limit.CONCURRENCY:
            run.window.on_limit(len(run.tasks), run.open_posts, now=now)
        elif reply.http_status is None:
            run.failed_connections += 1
            wait_s = back_off_s(run.failed_connections, max_wait_s=15.0, jitter=run.jitter)
            self._not_before = now + wait_s
        run.add_progress(flight, Step.POSTPONED, flight.submission.reason or "")

    def _queue_again(self, flight: Flight, reply: SubmitReply) -> None:
        """Queues the take first, or last if a firewall may object to it.

        After five such refusals the take is left for the next run.
        """
        entry = (flight.job, flight.take)
        if reply.is_from_api or reply.http_status is None:
            self._run.waiting.appendleft(entry)
            return
        self._foreign_refusals[flight.take.fingerprint] += 1
        if self._foreign_refusals[flight.take.fingerprint] < MAX_UNUSABLE:
            self._run.waiting.append(entry)


def _render_beside(job: Job) -> Locked:
    """The error for a lock that did not hold: its file was deleted, or the disk ignores locks."""
    return Locked(
        f"another storyboard process submits into {job.folder} at the same time, although this one "
        "holds the lock; nothing more is submitted",
        next_step="wait until both have finished, then run again; do not delete the file .lock, "
        "and keep the state on a local disk, with --state DIR",
    )


def _without_state(job: Job) -> StorageFailed:
    """The error for a state file that was deleted, moved or replaced while the render went on."""
    return StorageFailed(
        f"{job.store.path} was deleted, moved or replaced during the render; nothing more is "
        "submitted",
        next_step=f"keep the manifest that this render leaves in {job.folder}: it records what was "
        "accepted; then run again",
    )
