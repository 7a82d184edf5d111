"""The uploads of a run: each content goes up once, and is remembered until it expires.

The account keeps ten files. If it has no room, the oldest of ours goes that nothing needs
any more, and never another's. A file's row is committed before the file is sent, with a name
that nobody can guess. The API's list, which each run reads before its first upload, shows
which of them have arrived: after a kill, nothing goes up twice.

Source of the limits: the service's documentation of media files, as quoted by its blog.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import inf

from storyboard.engine.breaker import MAX_UNUSABLE, REMEDIES, account_error
from storyboard.engine.ending import Ending
from storyboard.engine.events import Event, UploadAnswered, UploadDeleted, UploadsListed, guarded
from storyboard.engine.job import Job
from storyboard.engine.pacing import Budget, back_off_s
from storyboard.engine.pictures import Picture
from storyboard.engine.run import Run
from storyboard.replies import RateHint, Unreached, Uploaded, UploadRefused
from storyboard.state.uploads import Upload

_MAX_FILES = 10  # that an account keeps
_MAX_TRIES = 5  # of an upload whose answers are unusable
_MAX_LISTINGS = 3
_MAX_WAIT_S = 15.0
_MAX_FAILING_S = 600.0  # how long contents are tried one by one while each of them fails

_FULL = (
    f"the account keeps {_MAX_FILES} uploaded files, and none of them may be deleted: they are "
    "of other films, or a request that is open needs them; delete some in the account's console, "
    "or wait until they expire, then run again"
)


@dataclass(frozen=True, slots=True)
class _File:
    """A row of an upload, and the job whose state file has it."""

    job: Job
    upload: Upload


class Uploader:
    """The account's files, and those on their way. Calls for the worker threads go to `calls`.

    A file whose address `is_used` stays.
    """

    def __init__(
        self,
        run: Run,
        ending: Ending,
        calls: deque[Callable[[], Event]],
        *,
        is_used: Callable[[str], bool],
    ) -> None:
        self._run = run
        self._ending = ending
        self._calls = calls
        self._is_used = is_used
        self._budget = Budget(run.settings.uploads_per_minute, jitter=run.jitter)
        self._files: dict[str, _File] = {}  # ours that the API keeps, by name
        self._unsent: dict[str, _File] = {}  # rows whose file has not arrived, by sha256
        self._under_way: dict[str, _File] = {}  # by sha256
        self._deleting: set[str] = set()  # names
        self._others = 0  # files of the account that we may not use
        self._failed: dict[str, str] = {}  # why a content cannot be uploaded, by sha256
        self._failures = 0  # contents in a row that could not be uploaded
        self._failing_since: float | None = None
        self._given_up: str | None = None  # why nothing more is uploaded
        self._tries = Counter[str]()
        self._not_before: dict[str, float] = {}
        self._is_listed = self._is_listing = False
        self._listings = 0  # in a row that brought nothing
        self._list_at = 0.0
        self._due_at = inf

    def begin_pass(self) -> None:
        """Call it before the `send`s of a turn: only what they wait for is due."""
        self._due_at = inf

    @property
    def due_at(self) -> float:
        """When one of the last `send`s may get further by time alone; infinity if none."""
        return self._due_at

    def address(self, sha256: str, *, until: datetime) -> str | None:
        """The address of an uploaded content, if it is valid until then."""
        for file in self._files.values():
            if file.upload.sha256 == sha256 and _lasts(file.upload, until):
                return file.upload.url
        return None

    def has(self, address: str, *, until: datetime) -> bool:
        """Whether this address of a file is valid until then."""
        return any(
            file.upload.url == address and _lasts(file.upload, until)
            for file in self._files.values()
        )

    def send(self, job: Job, picture: Picture, *, until: datetime, may_wait: bool) -> str | None:
        """Uploads a content that has no address valid until then, as soon as possible.

        Returns why that is impossible, if it is. `may_wait` says whether a file that is used
        may become free in this run.
        """
        sha256, now = picture.sha256, self._run.clock.monotonic()
        if reason := self._failed.get(sha256) or self._given_up or self._too_brief(sha256, until):
            return reason
        if not self._is_listed:
            self._list(now)
        elif sha256 not in self._under_way:
            if len(self._files) + len(self._under_way) + self._held_elsewhere >= _MAX_FILES:
                return self._make_room(may_wait=may_wait)
            due_at = max(self._budget.next_at(), self._not_before.get(sha256, 0.0))
            if now >= due_at:
                self._upload(job, picture, now)
            else:
                self._due_at = min(self._due_at, due_at)
        return None

    def on_answered(self, event: UploadAnswered, now: float) -> None:
        """Writes the result of an upload."""
        file = self._under_way.pop(event.sha256)
        match event.reply:
            case Uploaded() as uploaded:
                self._run.breaker.on_reached(now=now)
                self._failures, self._failing_since = 0, None
                self._keep(file, self._by_our_clock(uploaded))
            case UploadRefused() as refused:
                self._run.breaker.on_reached(now=now)
                self._unsent[event.sha256] = file
                self._on_refused(event.sha256, refused, now)
            case Unreached() as unreached:
                self._run.breaker.on_unreached(unreached.reason, unreached.remedy)
                self._unsent[event.sha256] = file
                self._on_unreached(event.sha256, unreached, now)

    def on_listed(self, event: UploadsListed, now: float) -> None:
        """Compares our rows with the API's list; if there is none after some tries, trusts them."""
        self._is_listing = False
        if event.files is None:
            self._listings += 1
            if self._listings < _MAX_LISTINGS:
                self._list_at = now + self._back_off_s(self._listings)
                return
        else:
            self._run.breaker.on_reached(now=now)
        self._is_listed, self._listings = True, 0
        self._compare(event.files)

    def on_deleted(self, event: UploadDeleted) -> None:
        """Counts a file that could not be deleted as one that we may not use."""
        self._deleting.remove(event.name)
        self._others += not event.is_gone

    @property
    def _held_elsewhere(self) -> int:
        return self._others + len(self._deleting)

    def _list(self, now: float) -> None:
        """Asks for the list, once no file is on its way that it might not show yet."""
        if self._is_listing or self._under_way:
            return
        if now < self._list_at:
            self._due_at = min(self._due_at, self._list_at)
            return
        api, self._is_listing = self._run.api, True
        self._calls.append(guarded(lambda: UploadsListed(api.uploads())))

    def _compare(self, listed: Sequence[Uploaded] | None) -> None:
        """Notes which of our rows the API has, under which address, and what to delete there."""
        there = {one.name: one for one in listed or ()}
        self._files.clear()
        self._unsent.clear()
        for job in self._run.jobs:
            account = self._account(job)
            for row in job.store.uploads.of(account):
                file, found = _File(job, row), there.get(row.name)
                if row.is_deleted and found and self._is_used(found.url):
                    continue  # it was missing from a list; counted with those of others
                there.pop(row.name, None)
                if row.name in self._deleting:
                    continue
                if row.is_deleted:
                    if found:
                        self._delete(file, found.file_id)
                elif found:
                    self._keep(file, found)
                elif row.file_id is None:
                    self._unsent[row.sha256] = file
                elif listed is None:
                    self._files[row.name] = file
                else:
                    job.store.uploads.forget(row)  # somebody has deleted it
        self._others = len(there)

    def _upload(self, job: Job, picture: Picture, now: float) -> None:
        """Writes the row of an upload, which starts after the commit."""
        sha256, content, api = picture.sha256, picture.content, self._run.api
        file = self._unsent.pop(sha256, None)
        if file is None:
            row = job.store.uploads.begin(
                self._account(job), sha256=sha256, size_bytes=len(content), suffix=picture.suffix
            )
            file = _File(job, row)
        self._under_way[sha256] = file
        self._budget.spend(now=now)
        name = file.upload.name
        self._calls.append(guarded(lambda: UploadAnswered(sha256, api.upload(name, content))))

    def _keep(self, file: _File, uploaded: Uploaded) -> None:
        row = file.upload
        is_known = (row.file_id, row.url) == (uploaded.file_id, uploaded.url)
        # The clock of an earlier run may have been ahead.
        if not is_known or row.expires_at is None or uploaded.expires_at < row.expires_at:
            row = file.job.store.uploads.finish(
                row,
                file_id=uploaded.file_id,
                url=uploaded.url,
                uploaded_at=uploaded.created_at,
                expires_at=uploaded.expires_at,
            )
        self._tries.pop(row.sha256, None)
        self._files[row.name] = _File(file.job, row)

    def _by_our_clock(self, uploaded: Uploaded) -> Uploaded:
        """A new file with the times of this computer's clock, by which the run waits.

        If the two clocks differ by days, a file could seem to have expired as soon as it arrives.
        """
        kept, now = uploaded.expires_at - uploaded.created_at, self._run.clock.now()
        return replace(uploaded, created_at=now, expires_at=now + kept)

    def _on_refused(self, sha256: str, refused: UploadRefused, now: float) -> None:
        if refused.is_full:
            ours = len(self._files) + len(self._under_way) + len(self._deleting)
            self._others = max(self._others, _MAX_FILES - ours)
        elif refused.http_status in REMEDIES:
            self._ending.stop(account_error(refused.http_status, refused.reason))
        elif refused.wait_s is not None:
            self._budget.on_rate_limit(RateHint(retry_after_s=refused.wait_s), now=now)
        else:
            why = f"the API does not take its upload: {refused.reason}"
            self._fail(sha256, why, now, is_about_it=refused.http_status is not None)

    def _on_unreached(self, sha256: str, unreached: Unreached, now: float) -> None:
        self._tries[sha256] += 1
        self._not_before[sha256] = now + self._back_off_s(self._tries[sha256])
        if unreached.may_be_there:
            self._is_listed = False
            if self._tries[sha256] >= _MAX_TRIES:
                why = f"it could not be uploaded: {unreached.reason}; run again"
                self._fail(sha256, why, now, is_about_it=False)

    def _fail(self, sha256: str, why: str, now: float, *, is_about_it: bool) -> None:
        """Gives a content up; and all others once several have failed, for a long time.

        A reason that `is_about_it` says nothing about the others.
        """
        self._failed[sha256] = why
        if is_about_it:
            return
        self._failures += 1
        since = self._failing_since = now if self._failing_since is None else self._failing_since
        if self._failures >= MAX_UNUSABLE and now - since >= _MAX_FAILING_S:
            self._given_up = why

    def _too_brief(self, sha256: str, until: datetime) -> str | None:
        """Why it is no use to upload a content again: it would not be kept long enough either."""
        wanted = until - self._run.clock.now()
        kept = (file.upload for file in self._files.values() if file.upload.sha256 == sha256)
        if any(
            one.expires_at - one.uploaded_at < wanted
            for one in kept
            if one.uploaded_at and one.expires_at
        ):
            return "the API keeps an upload for less time than a task may take"
        return None

    def _make_room(self, *, may_wait: bool) -> str | None:
        """Deletes the oldest of our files that nothing needs; returns why that is impossible."""
        if self._deleting or self._under_way:
            return None  # their answers change the count
        free = [file for file in self._files.values() if not self._is_used(file.upload.url or "")]
        if free:
            oldest = min(free, key=_uploaded_s)
            del self._files[oldest.upload.name]
            row = oldest.job.store.uploads.forget(oldest.upload)
            self._delete(_File(oldest.job, row), row.file_id or "")
            return None
        return None if may_wait and self._files else _FULL

    def _delete(self, file: _File, file_id: str) -> None:
        """Asks the API to delete a file, after the commit that says that it is not used."""
        api, name = self._run.api, file.upload.name
        self._deleting.add(name)
        self._calls.append(guarded(lambda: UploadDeleted(name, api.delete_upload(file_id))))

    def _account(self, job: Job) -> str:
        account_of = self._run.settings.account_of or self._run.api.account
        return account_of(job.store.uploads.salt())

    def _back_off_s(self, attempt: int) -> float:
        return back_off_s(attempt, max_wait_s=_MAX_WAIT_S, jitter=self._run.jitter)


def _lasts(upload: Upload, until: datetime) -> bool:
    return upload.expires_at is not None and upload.expires_at >= until


def _uploaded_s(file: _File) -> float:
    uploaded_at = file.upload.uploaded_at
    return uploaded_at.timestamp() if uploaded_at else 0.0
