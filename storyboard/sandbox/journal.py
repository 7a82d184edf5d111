"""The accepted tasks on disk: one JSON line each, synced before its client is answered.

An incomplete last line means that the server was killed while writing; the client
got no answer, so the line is dropped. The file is untrusted: every value
is checked before it is used.
"""

from __future__ import annotations

import errno
import json
import os
import threading
from contextlib import suppress
from io import FileIO
from pathlib import Path

from storyboard.atomic_files import is_plain_file
from storyboard.errors import StateError
from storyboard.sandbox.checks import parse_json
from storyboard.sandbox.folder import make_folder, open_journal
from storyboard.sandbox.tasks import Task, task_from_json, task_to_json

NAME = "tasks.jsonl"
MAX_BYTES = 1 << 30  # a hundred thousand tasks with long prompts take a third of this
_MAX_LINE_BYTES = 8 << 20  # the largest request body, with every letter escaped
_NEXT = "delete the sandbox's folder to start over; nothing in it was paid for"


def read_task_ids(folder: Path) -> frozenset[str]:
    """The ids of the tasks that a folder's sandbox accepted; none if there is no journal.

    Changes nothing. Skips a file that is too large and lines that are not tasks; the
    sandbox reports those.
    """
    path = folder / NAME
    if folder.is_symlink() or not is_plain_file(path) or path.stat().st_size > MAX_BYTES:
        return frozenset()
    ids = set()
    with path.open("rb") as lines:
        for line in iter(lambda: lines.readline(_MAX_LINE_BYTES), b""):
            with suppress(ValueError):
                ids.add(task_from_json(parse_json(line)).id)
    return frozenset(ids)


class Journal:
    """The journal of one sandbox folder, opened once. `add` may be called from any thread."""

    def __init__(self, folder: Path) -> None:
        """Open the file in `folder`; creates both if needed.

        Raises:
            StateError: the folder or the file cannot be used, or is a link.
        """
        self._path = folder / NAME
        self._lock = threading.Lock()
        make_folder(folder)
        # Unbuffered: data that could not be written must not appear before the next line.
        self._file: FileIO = open_journal(self._path)

    def load(self) -> tuple[Task, ...]:
        """Load every accepted task, in order; removes an incomplete last line.

        Raises:
            StateError: the file is too large, or a line inside it is not a task.
        """
        size = os.fstat(self._file.fileno()).st_size
        if size > MAX_BYTES:
            raise StateError(
                f"{self._path} has {size:,} bytes, more than the {MAX_BYTES:,} of a sandbox",
                next_step=_NEXT,
            )
        tasks: list[Task] = []
        end = 0
        with open(self._file.fileno(), "rb", closefd=False) as lines:
            lines.seek(0)
            for number, line in enumerate(iter(lambda: lines.readline(_MAX_LINE_BYTES), b""), 1):
                if not line.endswith(b"\n") and end + len(line) == size:
                    self._file.truncate(end)
                    break
                end += len(line)
                if line != b"\n":
                    tasks.append(self._parse(line, number))
        return tuple(tasks)

    def _parse(self, line: bytes, number: int) -> Task:
        try:
            return task_from_json(parse_json(line))
        except ValueError:
            message = f"{self._path}:{number}: not a task of the sandbox"
            raise StateError(message, next_step=_NEXT) from None

    def add(self, task: Task) -> None:
        """Append one task and sync it to disk; if that fails, undo it and raise OSError."""
        line = json.dumps(task_to_json(task)).encode() + b"\n"
        with self._lock:
            end = self._file.seek(0, os.SEEK_END)
            try:
                if self._file.write(line) != len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(self._file.fileno())
            except OSError:
                self._file.truncate(end)
                raise

    def close(self) -> None:
        self._file.close()
