"""The files that the account keeps: ours, by the rows of the state files, and those of others.

A row is committed before its file is sent, with a name that nobody can guess. The API's list shows
under that name which of them have arrived: after a kill, nothing goes up twice. Only files of ours
are deleted, the oldest that nothing needs any more.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta

from storyboard.engine.events import Event, UploadDeleted, guarded
from storyboard.engine.job import Job
from storyboard.engine.pictures import Picture
from storyboard.engine.run import Run
from storyboard.replies import Uploaded
from storyboard.state.uploads import Upload


@dataclass(frozen=True, slots=True)
class File:
    """A row of an upload, and the job whose state file has it."""

    job: Job
    upload: Upload


class AccountFiles:
    """What a run knows of the account's files; the calls that delete some go to `calls`.

    A file whose address `is_used` stays.
    """

    def __init__(
        self, run: Run, calls: deque[Callable[[], Event]], *, is_used: Callable[[str], bool]
    ) -> None:
        self._run = run
        self._calls = calls
        self._is_used = is_used
        self._ours: dict[str, File] = {}  # that the API keeps, by name
        self._unsent: dict[str, File] = {}  # rows whose file has not arrived, by sha256
        self._deleting: set[str] = set()  # names
        self._others = 0  # files that we may not use

    @property
    def count(self) -> int:
        """How many files the account keeps, as far as is known."""
        return len(self._ours) + len(self._deleting) + self._others

    @property
    def is_deleting(self) -> bool:
        """Whether the API has been asked to delete files, and has not answered."""
        return bool(self._deleting)

    @property
    def contents(self) -> AbstractSet[str]:
        """The sha256 of each file of ours that is there."""
        return {file.upload.sha256 for file in self._ours.values()}

    @property
    def unsent(self) -> AbstractSet[str]:
        """The sha256 of each file that has not arrived; an earlier upload of it may be there."""
        return self._unsent.keys()

    def address(self, sha256: str, *, until: datetime) -> str | None:
        """The address of an uploaded content, if it is valid until then."""
        lasting = (row for row in self._rows_of(sha256) if _lasts(row, until))
        return next((row.url for row in lasting), None)

    def has(self, address: str, *, until: datetime) -> bool:
        """Whether this address of a file is valid until then."""
        rows = (file.upload for file in self._ours.values())
        return any(row.url == address and _lasts(row, until) for row in rows)

    def is_kept_for_less(self, sha256: str, wanted: timedelta) -> bool:
        """Whether an uploaded content expires sooner than `wanted` after its upload."""
        return any(
            row.expires_at - row.uploaded_at < wanted
            for row in self._rows_of(sha256)
            if row.uploaded_at and row.expires_at
        )

    def begin(self, job: Job, picture: Picture) -> File:
        """The row of a content that is to be uploaded: a new one, or that of an earlier try."""
        if file := self._unsent.pop(picture.sha256, None):
            return file
        row = job.store.uploads.begin(
            self._account(job),
            sha256=picture.sha256,
            size_bytes=len(picture.content),
            suffix=picture.suffix,
        )
        return File(job, row)

    def add(self, file: File, uploaded: Uploaded) -> None:
        """Notes a file that the API has, and writes what is new about it."""
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
        self._ours[row.name] = File(file.job, row)

    def add_unsent(self, file: File) -> None:
        """Notes a file that has not arrived, as far as is known."""
        self._unsent[file.upload.sha256] = file

    def note_full(self, count: int) -> None:
        """Counts files of others: the API has at least `count`, since it takes no more."""
        self._others = max(self._others, count - len(self._ours) - len(self._deleting))

    def compare(self, listed: Sequence[Uploaded] | None) -> None:
        """Notes which of our rows the API has, under which address, and what to delete there.

        If it did not give its list, the rows are trusted.
        """
        there = {one.name: one for one in listed or ()}
        self._ours.clear()
        self._unsent.clear()
        for job in self._run.jobs:
            for row in job.store.uploads.of(self._account(job)):
                found = there.get(row.name)
                if row.is_deleted and found and self._is_used(found.url):
                    continue  # it was missing from a list; counted with those of others
                there.pop(row.name, None)
                if row.name not in self._deleting:
                    self._compare_row(File(job, row), found, is_listed=listed is not None)
        self._others = len(there)

    def delete_oldest(self) -> bool:
        """Deletes the oldest file of ours that nothing needs; returns whether there is one."""
        free = [file for file in self._ours.values() if not self._is_used(file.upload.url or "")]
        if not free:
            return False
        oldest = min(free, key=_uploaded_s)
        del self._ours[oldest.upload.name]
        row = oldest.job.store.uploads.forget(oldest.upload)
        self._delete(row.name, row.file_id or "")
        return True

    def on_deleted(self, event: UploadDeleted) -> None:
        """Counts a file that could not be deleted as one that we may not use."""
        self._deleting.remove(event.name)
        self._others += not event.is_gone

    def _compare_row(self, file: File, found: Uploaded | None, *, is_listed: bool) -> None:
        row = file.upload
        if row.is_deleted:
            if found:
                self._delete(row.name, found.file_id)
        elif found:
            self.add(file, found)
        elif row.file_id is None:
            self.add_unsent(file)
        elif is_listed:
            file.job.store.uploads.forget(row)  # somebody has deleted it
        else:
            self._ours[row.name] = file

    def _delete(self, name: str, file_id: str) -> None:
        """Asks the API to delete a file, after the commit that says that it is not used."""
        api = self._run.api
        self._deleting.add(name)
        self._calls.append(guarded(lambda: UploadDeleted(name, api.delete_upload(file_id))))

    def _rows_of(self, sha256: str) -> list[Upload]:
        return [one.upload for one in self._ours.values() if one.upload.sha256 == sha256]

    def _account(self, job: Job) -> str:
        account_of = self._run.settings.account_of or self._run.api.account
        return account_of(job.store.uploads.salt())


def _lasts(upload: Upload, until: datetime) -> bool:
    return upload.expires_at is not None and upload.expires_at >= until


def _uploaded_s(file: File) -> float:
    uploaded_at = file.upload.uploaded_at
    return uploaded_at.timestamp() if uploaded_at else 0.0
