"""The files that clients upload as model inputs: few, limited in size, and kept for a week.

They are stored in one folder under names of our own, with an index beside them. The
folder is untrusted, so every value in the index is checked.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from http import HTTPStatus
from pathlib import Path

from storyboard.atomic_files import is_plain_file, read_plain, write_atomically
from storyboard.errors import StateError
from storyboard.language.pictures.formats import format_of
from storyboard.media import MAX_UPLOAD_BYTES
from storyboard.records import Json
from storyboard.sandbox.checks import parse_json
from storyboard.sandbox.folder import make_folder
from storyboard.sandbox.replies import Refusal, not_found

MAX_FILES = 10
MAX_AT_ONCE = 2
RETENTION_S = 7 * 24 * 3600
"""The documented limits of an account for uploads to /api/v1/media/files."""

_INDEX = "index.json"
_MAX_INDEX_BYTES = 1 << 16
_ID = re.compile(r"file-[0-9a-f]{24}")
_MAX_NAME = 255
_MAX_TIME_S = 2.0**37  # in the year 6325; dates end with the year 9999
_ENDINGS = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp"}


@dataclass(frozen=True, slots=True)
class Upload:
    """One uploaded file. `filename` is the client's name for it, never used as a path."""

    id: str
    type: str
    filename: str
    size: int
    created_at: float  # seconds since 1970

    @property
    def stored_name(self) -> str:
        """Its name in the folder and in its URL."""
        return f"{self.id}{_ENDINGS[self.type]}"


class Uploads:
    """The uploaded files of a sandbox. May be called from any thread."""

    def __init__(self, folder: Path, clock: Callable[[], float]) -> None:
        """Raises StateError if the folder is a link, or its index cannot be used."""
        make_folder(folder)
        self._folder = folder
        self._now = clock
        self._lock = threading.Lock()
        self._open: set[object] = set()  # the slots of files that are arriving
        self._files = {upload.id: upload for upload in self._load()}

    def current(self) -> tuple[Upload, ...]:
        """The files that have not expired, oldest first."""
        with self._lock:
            return tuple(filter(self._is_current, self._files.values()))

    @contextmanager
    def slot(self) -> Iterator[object]:
        """Reserve room for one more file while it arrives; raises Refusal 429 if there is none."""
        slot = object()
        with self._lock:
            if len(self._open) >= MAX_AT_ONCE:
                raise Refusal(
                    HTTPStatus.TOO_MANY_REQUESTS,
                    f"Concurrent limit exceeded: {MAX_AT_ONCE} uploads at once",
                )
            count = sum(map(self._is_current, self._files.values()))
            if count + len(self._open) >= MAX_FILES:
                raise Refusal(
                    HTTPStatus.TOO_MANY_REQUESTS,
                    f"Quota exceeded: {MAX_FILES} files are kept; delete one first",
                )
            self._open.add(slot)
        try:
            yield slot
        finally:
            with self._lock:
                self._open.discard(slot)

    def add(self, slot: object, filename: str, content: bytes) -> Upload:
        """Write the file that takes the place of its slot, and remove those that have expired.

        Raises:
            ValueError: it is not a picture in an allowed format, or too large; in the API's words.
            StateError: it cannot be written.
        """
        if len(content) > MAX_UPLOAD_BYTES:
            raise ValueError(f"Value out of range: a file has at most {MAX_UPLOAD_BYTES:,} bytes")
        known = format_of(content)
        if known is None:
            raise ValueError("Invalid format: a file must be a PNG, JPEG or WebP picture")
        kind = f"image/{known}"
        ident = f"file-{secrets.token_hex(12)}"
        name = filename[:_MAX_NAME] or f"upload{_ENDINGS[kind]}"
        upload = Upload(ident, kind, name, len(content), self._now())
        write_atomically(self._folder / upload.stored_name, content)
        with self._lock:
            for old in [each for each in self._files.values() if not self._is_current(each)]:
                self._remove(old)
            self._files[ident] = upload
            self._open.discard(slot)
            self._save()
        return upload

    def remove(self, ident: str) -> None:
        """Remove a file; raises Refusal 404 if there is none with this id."""
        with self._lock:
            upload = self._files.get(ident)
            if upload is None or not self._is_current(upload):
                raise not_found("file does not exist or has expired")
            self._remove(upload)
            self._save()

    def path_of(self, stored_name: str) -> tuple[Path, Upload]:
        """A file's path, by its name in the folder; raises Refusal 404 if missing or expired."""
        for upload in self.current():
            path = self._folder / upload.stored_name
            if upload.stored_name == stored_name and is_plain_file(path):
                return path, upload
        raise not_found("file does not exist or has expired")

    def _is_current(self, upload: Upload) -> bool:
        return self._now() < upload.created_at + RETENTION_S

    def _remove(self, upload: Upload) -> None:
        with suppress(OSError):  # it may be gone, or not be one of our files
            (self._folder / upload.stored_name).unlink()
        del self._files[upload.id]

    def _save(self) -> None:
        rows = [asdict(upload) for upload in self._files.values()]
        write_atomically(self._folder / _INDEX, json.dumps(rows))

    def _load(self) -> list[Upload]:
        path = self._folder / _INDEX
        if not os.path.lexists(path):
            return []
        try:
            rows = parse_json(read_plain(path, _MAX_INDEX_BYTES))  # cut off, it is no JSON
            if not isinstance(rows, list) or len(rows) > MAX_FILES:
                raise ValueError
            return list(map(_upload_from_json, rows))
        except (OSError, ValueError):
            raise StateError(
                f"{path} is not a list of the sandbox's uploads",
                next_step="delete the sandbox's folder to start over; nothing in it was paid for",
            ) from None


def _upload_from_json(row: Json) -> Upload:
    match row:
        case {
            "id": str(ident),
            "type": str(kind),
            "filename": str(name),
            "size": int(size),
            "created_at": int() | float() as created_at,
        } if (
            _ID.fullmatch(ident)
            and kind in _ENDINGS
            and len(name) <= _MAX_NAME
            and 0 < size <= MAX_UPLOAD_BYTES
            and 0 <= created_at <= _MAX_TIME_S
        ):
            return Upload(ident, kind, name, size, created_at)
    raise ValueError("not an upload")
