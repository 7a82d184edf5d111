"""The files that were uploaded for this folder's requests, and those that were to be.

A row is committed before its file is sent, with a name that nobody can guess: if
the program is killed before the reply, the API's list shows whether the file arrived.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from itertools import starmap
from pathlib import Path
from typing import Any

from storyboard.state import files
from storyboard.state.checks import SALT_CHECKS, UPLOAD_CHECKS
from storyboard.state.rows import checked, sql_names, to_epoch, to_time
from storyboard.state.schema import damage, explain_errors, select_only_row


@dataclass(frozen=True, slots=True)
class Upload:
    """A file at the API, or one that may be there: until it is known, the last four are None.

    `account` is the digest of the key that it was sent with. `is_deleted` is set before the
    API is asked to delete the file, which may still be there after a kill.
    """

    account: str
    sha256: str
    name: str
    size_bytes: int
    file_id: str | None = None
    url: str | None = None
    uploaded_at: datetime | None = None
    expires_at: datetime | None = None
    is_deleted: bool = False


_FIELDS = tuple(field.name for field in fields(Upload))
_SELECT = f"SELECT id, {sql_names(_FIELDS)} FROM uploads WHERE account = ? ORDER BY id"  # noqa: S608 (no user text)
_OPEN_BODIES = """
    SELECT body FROM submissions
    WHERE state IN ('sending', 'unknown', 'accepted') AND body IS NOT NULL
"""
_INSERT = (
    "INSERT INTO uploads (account, sha256, name, size_bytes, is_deleted) VALUES (?, ?, ?, ?, 0)"
)
_UPDATE = (
    "UPDATE uploads SET file_id = ?, url = ?, uploaded_at = ?, expires_at = ?, is_deleted = ? "
    "WHERE name = ?"
)


class Uploads:
    """The table of uploads in an open state file; part of its transactions.

    `change` executes one change, as `Store` does.
    """

    def __init__(
        self,
        db: sqlite3.Connection,
        path: Path,
        change: Callable[[str, Sequence[object]], sqlite3.Cursor],
    ) -> None:
        self._db, self._path, self._change = db, path, change

    def salt(self) -> str:
        """What goes into the digest of an account in this file, so that no other has the same."""
        with explain_errors(self._path):
            row = select_only_row(self._db, self._path, "account_salt", "rowid, salt", SALT_CHECKS)
        if row is None:
            raise damage(self._path, "account_salt", "it is empty")
        return str(row[1])

    def of(self, account: str) -> list[Upload]:
        """The account's uploads, oldest first, with those that were deleted or have expired."""
        made: list[Upload] = []
        with explain_errors(self._path), files.bounded(self._db, self._path):
            try:
                rows = self._db.execute(_SELECT, (account,))
                for _, *columns in checked(rows, UPLOAD_CHECKS):
                    made += starmap(_to_upload, zip(*columns, strict=True))
            except ValueError as error:
                raise damage(self._path, "uploads", str(error)) from error
        return made

    def open_bodies(self) -> list[str]:
        """The bodies of the open submissions that have one, as JSON: they contain addresses."""
        with explain_errors(self._path), files.bounded(self._db, self._path):
            return [str(body) for (body,) in self._db.execute(_OPEN_BODIES)]

    def begin(self, account: str, *, sha256: str, size_bytes: int, suffix: str) -> Upload:
        """Add a row for a file, and give it a name ending in `suffix`; commit it before sending."""
        upload = Upload(account, sha256, f"{secrets.token_hex(16)}{suffix}", size_bytes)
        with explain_errors(self._path):
            self._change(_INSERT, (account, sha256, upload.name, size_bytes))
        return upload

    def finish(
        self, upload: Upload, *, file_id: str, url: str, uploaded_at: datetime, expires_at: datetime
    ) -> Upload:
        """Record that the file is at the API, where, and until when."""
        known = replace(upload, file_id=file_id, url=url)
        return self._write(replace(known, uploaded_at=uploaded_at, expires_at=expires_at))

    def forget(self, upload: Upload) -> Upload:
        """Record that the file is no longer used; commit it before the API deletes the file."""
        return self._write(replace(upload, is_deleted=True))

    def _write(self, upload: Upload) -> Upload:
        times = map(to_epoch, (upload.uploaded_at, upload.expires_at))
        values = (upload.file_id, upload.url, *times, int(upload.is_deleted), upload.name)
        with explain_errors(self._path):
            self._change(_UPDATE, values)
        return upload


def _to_upload(*columns: Any) -> Upload:
    values = dict(zip(_FIELDS, columns, strict=True))
    times = {name: to_time(values[name]) for name in ("uploaded_at", "expires_at")}
    return Upload(**values | times | {"is_deleted": bool(values["is_deleted"])})
