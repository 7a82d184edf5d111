"""Prepares the requests that contain pictures: each is read, uploaded, and named by its address.

Only the first few takes in the queue are prepared, since the account keeps few files. A take
that is not ready never keeps another waiting. One whose pictures cannot be sent is held.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from math import inf, isfinite

from storyboard.engine.account_files import AccountFiles
from storyboard.engine.events import (
    Event,
    PictureEvent,
    PictureRead,
    UploadAnswered,
    UploadDeleted,
    UploadsListed,
)
from storyboard.engine.flight import Flight
from storyboard.engine.job import Job
from storyboard.engine.picture_reads import PictureReads
from storyboard.engine.pictures import MAX_DATA_BYTES, NoPicture
from storyboard.engine.run import Run
from storyboard.engine.uploader import Uploader
from storyboard.engine.workers import Workers
from storyboard.errors import NoProcess
from storyboard.media import At, Input, find_contents, with_values
from storyboard.records import Payload, Take

_THREADS = 2  # as many uploads as an account may make at once
_NOT_KNOWN = "it contains a picture, and it is not known where from"
_AHEAD = 2  # takes prepared beyond those that may be submitted at once


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A request with an address in place of each picture; `uploads` are those of uploads."""

    job: Job
    body: Payload
    uploads: frozenset[str]


class Inputs:
    """The pictures of the takes in the run's queue."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._calls: deque[Callable[[], Event]] = deque()
        self._workers: Workers[Event] | None = None  # most runs need none
        self._reads = PictureReads(run, self._calls)
        self._files = AccountFiles(run, self._calls, is_used=self._is_used)
        self._uploader = Uploader(run, self._calls, self._files)
        self._prepared: dict[tuple[str, str], _Prepared] = {}  # by job and fingerprint
        self._needed: set[str] = set()  # addresses of the takes that a pass has come to
        self._open_bodies: list[str] | None = None  # read at most once at a time
        self._seen: set[tuple[str, str]] = set()  # requests of the last pass

    def prepare(self) -> None:
        """Takes the next takes a step further. Call it in the turn's transaction."""
        front = self._front()
        self._seen = {_request(job, take) for job, take in front}
        self._uploader.due_at = inf
        self._needed.clear()
        self._open_bodies = None
        for key in self._withdrawn():
            del self._prepared[key]
        for job, take in front:
            if take.inputs and not self._is_ready(job, take):
                self._prepare(job, take)
        self._reads.keep_wanted()
        self._open_bodies = None

    def start(self) -> None:
        """Starts the calls that are due, as far as threads are free. Call it after the commit."""
        if self._run.ending.is_leaving or not self._calls:
            return
        if self._workers is None:
            try:
                self._workers = Workers(_THREADS, self._run.inbox, name="upload")
            except NoProcess as error:  # must not lose the reply to an open POST
                self._run.ending.fail(error, self._run.clock.monotonic())
                return
        while self._calls and self._workers.free:
            self._workers.start(self._calls.popleft())
        self._run.preparing = self._workers.busy

    def first_ready(self) -> tuple[Job, Take] | None:
        """The first take in the queue that may be submitted; None if none may yet."""
        for job, take in self._run.waiting:  # most wait unprepared, and each turn looks at all
            if not take.inputs or (self._prepared and self._is_ready(job, take)):
                return job, take
        return None

    def problem_of(self, take: Take) -> str | None:
        """Why a take cannot be sent that is ready: nothing says what is in a picture's place."""
        is_unknown = not take.inputs and any(find_contents(take.payload))
        return _NOT_KNOWN if is_unknown else None

    def pop_body(self, job: Job, take: Take) -> Payload | None:
        """What to send for a take that is ready; None if that is its payload."""
        return self._prepared.pop(_request(job, take)).body if take.inputs else None

    def due_times(self, now: float) -> Iterator[float]:
        """When time alone brings a take further."""
        if isfinite(self._uploader.due_at):
            yield self._uploader.due_at
        if self._withdrawn():
            yield now
        unseen = (take for job, take in self._front() if _request(job, take) not in self._seen)
        if self._reads.is_due or any(take.inputs for take in unseen):
            yield now

    def on_event(self, event: PictureEvent, now: float) -> None:
        """Writes what a worker thread has done."""
        if self._workers is not None:
            self._workers.finished()
            self._run.preparing = self._workers.busy
        match event:
            case PictureRead():
                self._reads.on_read(event)
            case UploadAnswered():
                self._uploader.on_answered(event, now)
            case UploadsListed():
                self._uploader.on_listed(event, now)
            case UploadDeleted():
                self._files.on_deleted(event)

    def on_videos(self, flights: Iterable[Flight]) -> None:
        """Notes videos that are now in place: frames may be taken from them."""
        for flight in flights:
            if flight.submission.video is not None:
                self._reads.add_video(flight.job, flight.submission.video)

    def stop(self, *, wait_s: float) -> None:
        """Lets the threads end."""
        if self._workers is not None:
            self._workers.stop(wait_s=wait_s)

    def _front(self) -> list[tuple[Job, Take]]:
        run = self._run
        room = max(0, run.window.size - run.in_flight)
        return list(islice(run.waiting, room + _AHEAD))

    def _is_ready(self, job: Job, take: Take) -> bool:
        found = self._prepared.get(_request(job, take))
        if found is None:
            return False
        until = self._needed_until(take)
        return all(self._files.has(address, until=until) for address in found.uploads)

    def _needed_until(self, take: Take) -> datetime:
        """How long addresses must be valid: the API may fetch them until the task ends."""
        slowest_s = self._run.settings.slowest_s(take.model)
        return self._run.clock.now() + timedelta(seconds=slowest_s)

    def _withdrawn(self) -> list[tuple[str, str]]:
        """The requests of films that may submit no more: their files may go."""
        prepared = self._prepared.items()
        return [key for key, one in prepared if not self._run.ending.may_submit(one.job)]

    def _prepare(self, job: Job, take: Take) -> None:
        self._prepared.pop(_request(job, take), None)  # its addresses are no longer valid
        until = self._needed_until(take)
        found: dict[At, str] = {}
        for one in take.inputs:
            digest = self._reads.digest(job, take, one)
            if digest and (address := self._files.address(digest, until=until)):
                found[one.at] = address
        self._needed.update(found.values())
        uploads = frozenset(found.values())
        for one in take.inputs:
            if one.at not in found:
                result = self._find_address(job, take, one, until)
                if isinstance(result, NoPicture):
                    self._run.hold(job, take, result.reason)
                    return
                if result is not None:
                    found[one.at] = result
        if len(found) == len(take.inputs):
            self._finish(job, take, found, uploads)

    def _find_address(
        self, job: Job, take: Take, one: Input, until: datetime
    ) -> str | NoPicture | None:
        """The address of a picture; None while it is read or uploaded."""
        picture = self._reads.get(job, take, one)
        if picture is None or isinstance(picture, NoPicture):
            return picture
        takes_data = self._run.settings.takes_data(take.model, one.at)
        if takes_data and len(picture.content) <= MAX_DATA_BYTES:
            return picture.data
        may_wait = bool(self._run.tasks or self._run.open_posts or self._prepared)
        problem = self._uploader.send(job, picture, until=until, may_wait=may_wait)
        return NoPicture(problem) if problem else None

    def _finish(
        self, job: Job, take: Take, addresses: dict[At, str], uploads: frozenset[str]
    ) -> None:
        body = with_values(take.payload, addresses)
        problem = self._run.settings.check_body(take.model, body)
        if problem is None and any(find_contents(body)):
            problem = _NOT_KNOWN
        if problem is not None:
            self._run.hold(job, take, f"its request cannot be sent: {problem}")
            return
        self._prepared[_request(job, take)] = _Prepared(job, body, uploads)

    def _is_used(self, address: str) -> bool:
        """Whether an open submission, or a take that comes first, needs an uploaded file."""
        prepared = (each.uploads for each in self._prepared.values())
        if address in self._needed or any(address in uploads for uploads in prepared):
            return True
        if self._open_bodies is None:
            stores = (job.store for job in self._run.jobs)
            self._open_bodies = [body for store in stores for body in store.uploads.open_bodies()]
        text = json.dumps(address, ensure_ascii=False)
        return any(text in body for body in self._open_bodies)


def _request(job: Job, take: Take) -> tuple[str, str]:
    return job.name, take.fingerprint
