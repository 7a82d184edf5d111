"""Downloads, on their own worker threads so that they never delay a submission.

A finished download goes through three steps: its row is written in the turn's
transaction, the transaction is committed, and only then is the file moved to
the name in the row. If a run is killed after the commit and before the move,
the next run completes the move.
"""

from __future__ import annotations

import heapq
import itertools
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone

from storyboard.engine.events import Answered, Event, guarded
from storyboard.engine.flight import Flight
from storyboard.engine.job import Job, Step
from storyboard.engine.pacing import back_off_s
from storyboard.engine.run import Run
from storyboard.engine.workers import Workers
from storyboard.errors import StateError
from storyboard.names import video_path
from storyboard.records import Submission, Video
from storyboard.videos import files as video_files
from storyboard.videos.files import partial_path
from storyboard.videos.result import Fetch, Fetched, FetchFailed, FetchResult

_MAX_ATTEMPTS = 5  # in a row with next to no progress
_MIN_PROGRESS_BYTES = 1024
_MIN_PROGRESS_PART = 0.01  # of the bytes already received
_MAX_BUSY_S = 600.0  # how long to keep trying a host that asks us to come back later
_MAX_SETTLING_S = 30.0  # some hosts refuse a new link for a while
_MAX_WAIT_S = 30.0
_MIN_HOST_WAIT_S = 1.0
_NEVER = datetime.max.replace(tzinfo=timezone.utc)


class Downloads:
    """The videos to download. Those whose links expire first go first."""

    def __init__(self, run: Run, fetch: Fetch) -> None:
        self._run = run
        self._fetch = fetch
        self._workers: Workers[Event] = Workers(
            run.settings.download_connections, run.inbox, name="download"
        )
        self._ready: list[tuple[datetime, int, Flight]] = []  # a heap, by the link's expiry
        self._later: list[tuple[float, int, Flight]] = []  # a heap, by the time of the next attempt
        self._to_move: list[tuple[Flight, Fetched]] = []
        self._numbers = itertools.count()

    @property
    def unfinished(self) -> int:
        """How many videos are queued or being downloaded."""
        return len(self._ready) + len(self._later) + self._workers.busy

    def add(self, flight: Flight) -> None:
        """Queues a submission whose result has a link."""
        expires_at = flight.submission.url_expires_at or _NEVER
        heapq.heappush(self._ready, (expires_at, next(self._numbers), flight))

    def due_times(self) -> Iterator[float]:
        """When the next failed download is due for another attempt."""
        if self._later:
            yield self._later[0][0]

    def start(self, now: float) -> None:
        """Starts the downloads that are ready, up to the number of free threads."""
        if self._run.ending.is_leaving:
            return
        while self._later and self._later[0][0] <= now:
            self.add(heapq.heappop(self._later)[2])
        while self._ready and self._workers.free:
            self._start(heapq.heappop(self._ready)[2])

    def on_downloaded(self, flight: Flight, result: FetchResult, now: float) -> None:
        """Writes the row of a downloaded video, or retries a failed download if that may help."""
        self._workers.finished()
        if isinstance(result, Fetched):
            flight.submission = add_video(flight.job, flight.submission, result.video)
            self._to_move.append((flight, result))
        else:
            self._on_failed(flight, result, now)

    def move_into_place(self, now: float) -> list[Flight]:
        """Moves the downloaded files to the names in their rows. Call it after the commit.

        Returns the submissions whose videos are now in place.
        """
        moved: list[Flight] = []
        for flight, fetched in self._to_move:
            path = flight.submission.video.path if flight.submission.video else ""
            try:
                video_files.move_into_place(flight.job.folder, fetched.partial, path)
            except StateError as error:
                self._run.ending.fail(error, now)
            else:
                self._run.add_progress(flight, Step.DOWNLOADED, path)
                moved.append(flight)
        self._to_move.clear()
        return moved

    def stop(self, *, wait_s: float) -> None:
        """Lets the threads end."""
        self._workers.stop(wait_s=wait_s)

    def _start(self, flight: Flight) -> None:
        flight.download_attempts += 1
        submission = flight.submission
        partial = partial_path(flight.job.folder, submission)
        self._workers.start(guarded(lambda: Answered(flight, self._fetch(submission, partial))))

    def _on_failed(self, flight: Flight, failed: FetchFailed, now: float) -> None:
        if failed.received_bytes >= _next_mark(flight.most_received_bytes):
            flight.most_received_bytes, flight.download_attempts = failed.received_bytes, 1
        has_attempts_left = flight.download_attempts < _MAX_ATTEMPTS
        if failed.disk_error is not None:
            self._run.ending.fail(_disk_error(flight, failed.disk_error), now)
        elif (host_wait_s := _host_wait_s(flight, failed, now)) is not None:
            flight.download_attempts -= 1
            self._try_later(flight, now + host_wait_s)
        elif failed.is_gone and flight.submission.task_id and not flight.was_link_renewed:
            flight.was_link_renewed = True
            self._run.polls.push(now, flight)  # a poll may return a newly signed link
        elif failed.is_worth_retrying and not failed.is_gone and has_attempts_left:
            wait_s = back_off_s(
                flight.download_attempts, max_wait_s=_MAX_WAIT_S, jitter=self._run.jitter
            )
            self._try_later(flight, now + wait_s)
        else:
            self._run.give_up_download(flight, failed.reason)

    def _try_later(self, flight: Flight, at: float) -> None:
        heapq.heappush(self._later, (at, next(self._numbers), flight))


def _next_mark(received_bytes: int) -> float:
    """How many bytes must be there before the next attempts count as progress.

    Without this, a host that sends one more byte each time would be asked forever.
    """
    return received_bytes + max(_MIN_PROGRESS_BYTES, _MIN_PROGRESS_PART * received_bytes)


def _host_wait_s(flight: Flight, failed: FetchFailed, now: float) -> float | None:
    """How long to wait for a host that is busy or does not know a new link yet.

    As long as the host asks, within limits; otherwise longer each time. None for
    any other failure, and once the host has had enough time.
    """
    if not failed.is_busy:
        flight.busy_since = None
    elif flight.busy_since is None:
        flight.busy_since = now
    since, max_wait_s = flight.busy_since, _MAX_BUSY_S
    if failed.is_gone:
        since, max_wait_s = flight.rendered_at, _MAX_SETTLING_S
    if since is None or now - since >= max_wait_s:
        return None
    wait_s = failed.wait_s or min(now - since, _MAX_WAIT_S)
    return max(_MIN_HOST_WAIT_S, min(wait_s, since + max_wait_s - now))


def add_video(job: Job, submission: Submission, video: Video) -> Submission:
    """The submission with its downloaded video. Its row is written, but no file is moved yet.

    The same video keeps its name if its file was deleted. Any other video becomes
    the take's next version. The name of an existing file is never reused.
    """
    before = submission.video
    is_same = before is not None and before.sha256 == video.sha256
    if before is not None and is_same and not (job.folder / before.path).exists():
        return submission
    version = job.store.next_version(submission.take)
    while os.path.lexists(job.folder / video_path(submission.take, version)):
        version += 1
    named = replace(video, path=video_path(submission.take, version))
    return job.store.add_video(submission, named, version=version)


def _disk_error(flight: Flight, error: OSError) -> StateError:
    return StateError(
        f"cannot write a video into {flight.job.folder}: {error.strerror or error}",
        next_step="free some space or fix the permissions, then run again; nothing is lost",
    )
