"""Downloads on threads of their own, so that they never hold up a submission.

The links that expire first come first. Decides what a failed download means;
the loop does it.
"""

from __future__ import annotations

import heapq
import itertools
import queue
import random
from dataclasses import replace
from datetime import datetime, timezone
from enum import Enum

from storyboard.engine.events import Downloaded, Event, guarded
from storyboard.engine.job import Due, Flight, Job
from storyboard.engine.pacing import back_off_s
from storyboard.engine.workers import Workers
from storyboard.errors import StateError
from storyboard.names import video_path
from storyboard.records import Submission, Video
from storyboard.videos.files import part_path
from storyboard.videos.result import Fetch, Fetched, FetchFailed, FetchResult

_TRIES = 5
_NEVER = datetime.max.replace(tzinfo=timezone.utc)


class Verdict(Enum):
    """What the loop does about a finished download."""

    PLACE = "place"  # whole and checked: write its row and put it in place
    RETRY = "retry"  # queued again, for later
    REFRESH = "refresh"  # a signed link may have been renewed: ask the API for it once
    GONE = "gone"  # the link no longer works, and there is no other
    GIVEN_UP = "given up"  # not in this run


class Downloads:
    """The queue of videos to fetch. Used by the loop thread alone."""

    def __init__(
        self,
        fetch: Fetch,
        inbox: queue.SimpleQueue[Event],
        *,
        connections: int,
        jitter: random.Random,
    ) -> None:
        self._fetch = fetch
        self._jitter = jitter
        self._workers: Workers[Event] = Workers(connections, inbox, name="download")
        self._ready: list[tuple[datetime, Due]] = []
        self._later: list[Due] = []
        self._numbers = itertools.count()

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits and nothing is under way."""
        return not (self._ready or self._later or self._workers.busy)

    def add(self, flight: Flight) -> None:
        """Queues a submission whose result has a link."""
        urgency = flight.submission.url_expires_at or _NEVER
        heapq.heappush(self._ready, (urgency, Due(0.0, next(self._numbers), flight)))

    def next_at(self) -> float | None:
        """When a download is due to be tried again, None where none is."""
        return self._later[0].at if self._later else None

    def start(self, now: float) -> None:
        """Starts what is ready, as far as there are free threads."""
        while self._later and self._later[0].at <= now:
            self.add(heapq.heappop(self._later).flight)
        while self._ready and self._workers.free:
            flight = heapq.heappop(self._ready)[1].flight
            flight.downloads += 1
            self._start(flight)

    def judge(self, flight: Flight, result: FetchResult, now: float) -> Verdict:
        """What a finished download means; what is worth it is queued again.

        Raises StateError where the disk would not take the video.
        """
        self._workers.finished()
        if isinstance(result, Fetched):
            return Verdict.PLACE
        if result.disk_error is not None:
            raise _disk_error(flight, result.disk_error)
        if result.is_gone:
            if flight.was_refreshed or not flight.submission.task_id:
                return Verdict.GONE
            flight.was_refreshed = True
            return Verdict.REFRESH
        if not self._is_worth_retrying(flight, result):
            return Verdict.GIVEN_UP
        wait_s = back_off_s(flight.downloads, longest_s=30.0, jitter=self._jitter)
        heapq.heappush(self._later, Due(now + wait_s, next(self._numbers), flight))
        return Verdict.RETRY

    def stop(self, *, wait_s: float) -> None:
        """Lets the threads end."""
        self._workers.stop(wait_s=wait_s)

    def _is_worth_retrying(self, flight: Flight, result: FetchFailed) -> bool:
        return result.is_worth_retrying and flight.downloads < _TRIES

    def _start(self, flight: Flight) -> None:
        part = part_path(flight.job.folder, flight.submission)
        submission = flight.submission
        self._workers.start(guarded(lambda: Downloaded(flight, self._fetch(submission, part))))


def _disk_error(flight: Flight, error: OSError) -> StateError:
    return StateError(
        f"cannot write a video into {flight.job.folder}: {error.strerror or error}",
        next_step="free some space or mend the permissions, then run again; nothing is lost",
    )


def add_video(job: Job, submission: Submission, video: Video) -> Submission:
    """The submission with its downloaded video, whose row is written; no file is moved yet.

    A video that was here before, and is gone, gets its old name back. Any
    other gets the take's next version; no file that exists is ever named.
    """
    before = submission.video
    is_same = before is not None and before.sha256 == video.sha256
    if before is not None and is_same and not (job.folder / before.path).exists():
        return submission
    version = job.store.next_version(submission.take)
    while (job.folder / video_path(submission.take, version)).exists():
        version += 1
    placed = replace(video, path=video_path(submission.take, version))
    return job.store.add_video(submission, placed, version=version)
