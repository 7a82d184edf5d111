"""The accepted tasks: when each is polled, and what the reply to a poll means."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from math import isfinite

from storyboard.engine.breaker import account_error
from storyboard.engine.downloads import Downloads
from storyboard.engine.events import Answered, guarded
from storyboard.engine.fallbacks import Fallbacks
from storyboard.engine.flight import Flight
from storyboard.engine.job import Step
from storyboard.engine.pacing import back_off_s
from storyboard.engine.run import Run
from storyboard.engine.transitions import (
    after_disappearance,
    after_poll,
    after_success_without_link,
    after_unfamiliar,
)
from storyboard.records import Submission, SubmissionState
from storyboard.replies import TaskReply, TaskStatus
from storyboard.reporting.amounts import usd_text

_MAX_MISSING_S = 600.0  # how long to repeat polls answered 404 or 410; then the outcome is unknown
_MAX_REFUSED_S = 60.0  # the same for 401, 402 or 403; then the task waits for the next run
_RETRY_WAIT_S = 30.0  # between such polls
_MAX_WITHOUT_LINK_S = 600.0  # how long to poll a success that has no link yet
_MIN_UNREADABLE = 10  # polls in a row; with fewer it may be bad luck
_OTHER_MATTERS = frozenset({TaskStatus.WAITING, TaskStatus.WORKING, TaskStatus.REFUSED})
"""Replies that say nothing about a missing link."""


class Tasks:
    """Polls the tasks in flight. Their queue is the run's `polls`."""

    def __init__(self, run: Run, downloads: Downloads, fallbacks: Fallbacks) -> None:
        self._run = run
        self._downloads = downloads
        self._fallbacks = fallbacks
        self._reported: set[str] = set()  # unusable replies, each reported once

    def add(self, flight: Flight, now: float) -> None:
        """Adds a task that has just been accepted."""
        self._run.tasks[flight.key] = flight
        flight.accepted_at = now
        self._run.polls.push(now, flight)

    def resume(self, flight: Flight, now: float) -> None:
        """Adds a task that an earlier run submitted, to be polled at once.

        Its age is taken from the time of day, and is 0 if the clock was set back.
        """
        self._run.tasks[flight.key] = flight
        since = flight.submission.submitted_at or flight.submission.sent_at
        age_s = (self._run.clock.now() - since).total_seconds()
        flight.accepted_at = now - max(0.0, age_s)
        self._run.polls.push(now, flight)

    def due_times(self) -> Iterator[float]:
        """When the next poll may go out."""
        if self._run.requests.free and isfinite(next_at := self._next_poll_at):
            yield next_at

    def start_polls(self) -> None:
        """Sends the polls that are due, as far as connections and budget allow."""
        run = self._run
        while (
            not run.ending.is_leaving
            and run.requests.free
            and self._next_poll_at <= (now := run.clock.monotonic())
        ):
            self._send_poll(run.polls.pop(now, partial(self._idle_s, now=now)), now)

    def on_polled(self, flight: Flight, reply: TaskReply, now: float) -> None:
        """Writes the result of a poll, and queues the next one if the task continues."""
        self._run.requests.finished()
        self._run.on_reply(reply, now)
        before = flight.submission
        if before.state is SubmissionState.UNKNOWN:
            return  # put in doubt while the poll was under way
        retention_s = self._run.settings.retention_s(before.model)
        after = after_poll(before, reply, now=self._run.clock.now(), retention_s=retention_s)
        if after is not before:
            self._run.save(flight, after)
            self._on_ended(flight, now, was_in_flight=before.state is SubmissionState.ACCEPTED)
        elif self._is_link_overdue(flight, reply, now):
            self._give_up_link(flight, reply)
        elif reply.status is TaskStatus.MISSING:
            self._on_missing(flight, reply, now)
        elif reply.status is TaskStatus.REFUSED:
            self._on_refused(flight, reply, now)
        elif reply.status is TaskStatus.UNREADABLE:
            self._on_unreadable(flight, reply, now)
        elif reply.status is TaskStatus.SUCCEEDED:
            self._on_success_without_link(flight, now)
        elif before.state is SubmissionState.SUCCEEDED:
            self._run.give_up_download(flight, "its link is gone, and the API gives no new one")
        elif reply.status in (TaskStatus.UNFAMILIAR, TaskStatus.MISMATCHED):
            self._on_unfamiliar(flight, reply, now)
        else:
            self._on_working(flight)

    @property
    def _next_poll_at(self) -> float:
        polls, budget, requests = self._run.polls, self._run.budget, self._run.requests
        urgent_at = max(polls.next_urgent_at, budget.next_at())
        if requests.free <= requests.size // 2:  # the rest is for more urgent requests
            return urgent_at
        return min(urgent_at, max(polls.next_at, budget.next_spare_at()))

    def _idle_s(self, flight: Flight, now: float) -> float:
        return self._run.poll_schedule.idle_s(flight.last_working_age_s, flight.age_s(now))

    def _send_poll(self, flight: Flight, now: float) -> None:
        run, task_id = self._run, flight.submission.task_id or ""
        run.budget.spend(now=now)
        run.polls_sent += 1
        flight.polled_at = now
        run.requests.start(guarded(lambda: Answered(flight, run.api.poll(task_id))))

    def _poll_later(self, flight: Flight) -> None:
        """Polls the task again as soon as the budget has a request for it."""
        wait_s = self._run.poll_schedule.min_wait_s(flight.age_s(flight.polled_at))
        self._run.polls.push(flight.polled_at + wait_s, flight)

    def _on_working(self, flight: Flight) -> None:
        flight.unreadable_polls = 0
        flight.statuses_since.clear()
        age_s = flight.age_s(flight.polled_at)
        self._run.poll_schedule.on_working(flight.last_working_age_s, age_s)
        flight.last_working_age_s = age_s
        if flight.log_says_ended:
            flight.log_says_ended = False
            self._run.log_trust.on_false_alarm()
        self._poll_later(flight)

    def _on_unreadable(self, flight: Flight, reply: TaskReply, now: float) -> None:
        """Keeps polling, more and more slowly, for as long as an unknown status is polled.

        An API that does not answer at all is unreachable, which says nothing about the task.
        """
        flight.unreadable_polls += 1
        is_answer = reply.http_status is not None
        is_over = is_answer and self._is_unusable_for_long(flight, now)
        if not is_over or flight.unreadable_polls < _MIN_UNREADABLE:
            wait_s = back_off_s(flight.unreadable_polls, max_wait_s=30.0, jitter=self._run.jitter)
            self._run.polls.push(now + wait_s, flight)
        elif flight.submission.state is SubmissionState.SUCCEEDED:
            self._give_up_link(flight, reply)
        else:
            self._give_up_task(flight, after_unfamiliar(flight.submission, reply))

    def _on_ended(self, flight: Flight, now: float, *, was_in_flight: bool) -> None:
        """Handles a final reply. A poll that only renewed a link ends nothing in flight."""
        submission = flight.submission
        self._free_slot(flight, now)
        self._compare_bill(flight)
        if submission.state is not SubmissionState.SUCCEEDED:
            if following := self._fallbacks.on_failed(flight):
                self._run.add_fallback(flight, following)
            else:
                detail = submission.reason or submission.state.value
                self._run.add_progress(flight, Step.FAILED, detail)
            return
        if was_in_flight:
            flight.rendered_at = now
            self._run.add_progress(flight, Step.RENDERED)
        if self._run.settings.download:
            self._downloads.add(flight)

    def _compare_bill(self, flight: Flight) -> None:
        """Reports a bill that differs from the request log, in the log's own unit."""
        billed, logged = flight.submission.billed_micros, flight.log_cost_micros
        if billed is not None and logged is not None and billed != logged:
            detail = (
                f"the task was billed {usd_text(billed)}, and the request log says "
                f"{usd_text(logged)}; caps count the bill"
            )
            self._run.add_progress(flight, Step.ODD, detail)

    def _free_slot(self, flight: Flight, now: float) -> None:
        """Frees the slot of a task that has ended at the API, unless it is already free."""
        if self._run.tasks.pop(flight.key, None) is not None:
            self._run.window.on_finished()
            self._run.poll_schedule.on_finished(flight.last_working_age_s, flight.age_s(now))
            self._run.log_trust.on_finished(was_reported=flight.log_says_ended)

    def _on_success_without_link(self, flight: Flight, now: float) -> None:
        """Keeps polling, after one second and then more and more slowly: the task was paid for."""
        self._free_slot(flight, now)
        since_s = flight.lasts_s(TaskStatus.SUCCEEDED, now)
        if since_s >= _RETRY_WAIT_S and not flight.was_late_link_reported:
            flight.was_late_link_reported = True
            self._run.add_progress(flight, Step.POSTPONED, "it is rendered, but has no link yet")
        self._run.polls.push(now + min(max(1.0, since_s), _RETRY_WAIT_S), flight)

    def _is_link_overdue(self, flight: Flight, reply: TaskReply, now: float) -> bool:
        """Whether a success was seen so long ago that no link will come, whatever the replies."""
        if reply.http_status is None or reply.status in _OTHER_MATTERS:
            return False
        has_succeeded = TaskStatus.SUCCEEDED in flight.statuses_since
        return has_succeeded and flight.lasts_s(TaskStatus.SUCCEEDED, now) >= _MAX_WITHOUT_LINK_S

    def _give_up_link(self, flight: Flight, reply: TaskReply) -> None:
        if flight.submission.state is SubmissionState.SUCCEEDED:
            self._run.give_up_download(flight, "its link is gone, and the API gives no new one")
            return
        now_utc = self._run.clock.now()
        self._run.save(flight, after_success_without_link(flight.submission, reply, now=now_utc))
        self._run.add_progress(flight, Step.RENDERED)
        self._run.give_up_download(flight, "the API gave no link to it")

    def _on_unfamiliar(self, flight: Flight, reply: TaskReply, now: float) -> None:
        """Keeps polling for as long as a task may take. Reports a reply once, never guesses."""
        reason = reply.reason or ""
        if reason not in self._reported:
            self._reported.add(reason)
            minutes = self._max_unusable_s(flight) / 60
            detail = f"{reason}; polling continues, for {minutes:.0f} minutes at most"
            self._run.add_progress(flight, Step.ODD, detail)
        if self._is_unusable_for_long(flight, now):
            self._give_up_task(flight, after_unfamiliar(flight.submission, reply))
            return
        flight.unreadable_polls = 0
        self._poll_later(flight)

    def _is_unusable_for_long(self, flight: Flight, now: float) -> bool:
        """Whether all polls for a long time, including this one, were unusable."""
        return flight.lasts_s(TaskStatus.UNREADABLE, now) >= self._max_unusable_s(flight)

    def _max_unusable_s(self, flight: Flight) -> float:
        if flight.submission.state is SubmissionState.SUCCEEDED:
            return _MAX_WITHOUT_LINK_S
        return self._run.settings.slowest_s(flight.submission.model)

    def _give_up_task(self, flight: Flight, after: Submission) -> None:
        self._run.tasks.pop(flight.key, None)
        self._run.save(flight, after)
        self._run.add_progress(flight, Step.UNKNOWN, flight.submission.reason or "")

    def _on_missing(self, flight: Flight, reply: TaskReply, now: float) -> None:
        if flight.submission.state is SubmissionState.SUCCEEDED:
            reason = "its link is gone, and the API no longer finds its task"
            self._run.give_up_download(flight, reason)
            return
        if flight.lasts_s(TaskStatus.MISSING, now) < _MAX_MISSING_S:
            self._run.polls.push(now + _RETRY_WAIT_S, flight)
        else:
            self._give_up_task(flight, after_disappearance(flight.submission, reply))

    def _on_refused(self, flight: Flight, reply: TaskReply, now: float) -> None:
        """Handles a refused key. The task stays accepted, for a run with a valid key."""
        self._run.ending.stop(account_error(reply.http_status, reply.reason))
        if flight.lasts_s(TaskStatus.REFUSED, now) < _MAX_REFUSED_S:
            self._run.polls.push(now + _RETRY_WAIT_S, flight)
            return
        self._run.tasks.pop(flight.key, None)
        if flight.submission.state is SubmissionState.SUCCEEDED:
            reason = "its link is gone, and the API refuses the key"
            self._run.give_up_download(flight, reason)
