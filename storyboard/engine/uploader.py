"""The uploads of a run: each content goes up once, and is remembered until it expires.

Each run reads the API's list of files before its first upload (see `account_files`). If the
account has no room, a file that nothing needs any more is deleted.

Source of the limits: the service's documentation of media files, as quoted by its blog.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from math import inf

from storyboard.engine.account_files import AccountFiles, File
from storyboard.engine.breaker import REMEDIES, account_error
from storyboard.engine.events import Event, UploadAnswered, UploadsListed, guarded
from storyboard.engine.job import Job
from storyboard.engine.pacing import Budget, back_off_s
from storyboard.engine.pictures import Picture
from storyboard.engine.run import Run
from storyboard.engine.upload_failures import MAX_WAIT_S, UploadFailures
from storyboard.replies import RateHint, Unreached, Uploaded, UploadRefused

_MAX_FILES = 10  # that an account keeps
_MAX_LISTINGS = 3  # in a row that bring nothing; then our rows are trusted

_FULL = (
    f"the account keeps {_MAX_FILES} uploaded files, and none of them may be deleted: they are "
    "of other films, or a request that is open needs them; delete some in the account's console, "
    "or wait until they expire, then run again"
)


class Uploader:
    """Uploads contents into the account's `files`. Calls for the worker threads go to `calls`.

    `due_at` is when one of the `send`s since it was set may get further by time alone.
    """

    def __init__(self, run: Run, calls: deque[Callable[[], Event]], files: AccountFiles) -> None:
        self._run = run
        self._calls = calls
        self._files = files
        self._budget = Budget(run.settings.uploads_per_minute, jitter=run.jitter)
        self._failures = UploadFailures(run.jitter)
        self._under_way: dict[str, File] = {}  # by sha256
        self._list_at: float | None = 0.0  # when to ask for the list; None while it is current
        self._is_listing = False
        self._listings = 0  # in a row that brought nothing
        self.due_at = inf

    def send(self, job: Job, picture: Picture, *, until: datetime, may_wait: bool) -> str | None:
        """Uploads a content that has no address valid until then, as soon as possible.

        Returns why that is impossible, if it is. `may_wait` says whether a file that is used
        may become free in this run.
        """
        sha256, now = picture.sha256, self._run.clock.monotonic()
        if reason := self._failures.reason(sha256):
            return reason
        if self._files.is_kept_for_less(sha256, until - self._run.clock.now()):
            return "the API keeps an upload for less time than a task may take"
        if self._list_at is not None:
            self._list(now, self._list_at)
        elif sha256 not in self._under_way:
            if self._files.count + len(self._under_way) >= _MAX_FILES:
                return self._make_room(may_wait=may_wait)
            due_at = max(self._budget.next_at(), self._failures.not_before(sha256))
            if now >= due_at:
                self._upload(job, picture, now)
            else:
                self.due_at = min(self.due_at, due_at)
        return None

    def on_answered(self, event: UploadAnswered, now: float) -> None:
        """Writes the result of an upload."""
        file = self._under_way.pop(event.sha256)
        match event.reply:
            case Uploaded() as uploaded:
                self._run.breaker.on_reached(now=now)
                self._files.add(file, self._by_our_clock(uploaded))
                self._failures.on_uploaded()
                self._failures.on_found([event.sha256])
            case UploadRefused() as refused:
                self._run.breaker.on_reached(now=now)
                self._files.add_unsent(file)
                self._on_refused(event.sha256, refused, now)
            case Unreached(reason, may_be_there=may_be_there) as unreached:
                self._run.breaker.on_unreached(reason, unreached.remedy)
                self._files.add_unsent(file)
                self._failures.on_unreached(event.sha256, reason, now, may_be_there=may_be_there)
                if may_be_there:
                    self._list_at = 0.0

    def on_listed(self, event: UploadsListed, now: float) -> None:
        """Compares our rows with the API's list; if there is none after some tries, trusts them."""
        self._is_listing = False
        if event.files is None:
            self._listings += 1
            if self._listings < _MAX_LISTINGS:
                wait_s = back_off_s(self._listings, max_wait_s=MAX_WAIT_S, jitter=self._run.jitter)
                self._list_at = now + wait_s
                return
        else:
            self._run.breaker.on_reached(now=now)
        self._list_at, self._listings = None, 0
        self._files.compare(event.files)
        self._failures.on_found(self._files.contents - self._files.unsent)

    def _list(self, now: float, list_at: float) -> None:
        """Asks for the list, once no file is on its way that it might not show yet."""
        if self._is_listing or self._under_way:
            return
        if now < list_at:
            self.due_at = min(self.due_at, list_at)
            return
        api, self._is_listing = self._run.api, True
        self._calls.append(guarded(lambda: UploadsListed(api.uploads())))

    def _upload(self, job: Job, picture: Picture, now: float) -> None:
        """Writes the row of an upload, which starts after the commit."""
        sha256, content, api = picture.sha256, picture.content, self._run.api
        self._under_way[sha256] = file = self._files.begin(job, picture)
        self._budget.spend(now=now)
        name = file.upload.name
        self._calls.append(guarded(lambda: UploadAnswered(sha256, api.upload(name, content))))

    def _by_our_clock(self, uploaded: Uploaded) -> Uploaded:
        """A new file with the times of this computer's clock, by which the run waits.

        If the two clocks differ by days, a file could seem to have expired as soon as it arrives.
        """
        lifetime, now = uploaded.expires_at - uploaded.created_at, self._run.clock.now()
        return replace(uploaded, created_at=now, expires_at=now + lifetime)

    def _on_refused(self, sha256: str, refused: UploadRefused, now: float) -> None:
        if refused.is_full:
            self._files.note_full(_MAX_FILES - len(self._under_way))
        elif refused.http_status in REMEDIES:
            self._run.ending.stop(account_error(refused.http_status, refused.reason))
        elif refused.wait_s is not None:
            self._budget.on_rate_limit(RateHint(retry_after_s=refused.wait_s), now=now)
        else:
            why = f"the API does not take its upload: {refused.reason}"
            is_about_it = refused.http_status is not None
            self._failures.give_up(sha256, why, now, is_about_it=is_about_it)

    def _make_room(self, *, may_wait: bool) -> str | None:
        """Deletes a file; returns why that is impossible, if it is."""
        if self._files.is_deleting or self._under_way:
            return None  # their answers change the count
        if self._files.delete_oldest() or (may_wait and self._files.contents):
            return None
        return _FULL
