"""The accepted tasks on disk: one JSON line each, only ever added to, each safe before its answer.

A line that a kill tore off was never answered for, so it is dropped.
"""

from __future__ import annotations

import errno
import json
import os
from io import FileIO
from pathlib import Path

from storyboard.errors import StateError
from storyboard.sandbox.tasks import Task, task_from_json, task_to_json

NAME = "tasks.jsonl"


class Journal:
    """The file of one sandbox folder. Opened once; `add` may be called from any one thread."""

    def __init__(self, folder: Path) -> None:
        """Open or begin the file in `folder`, which is made if need be.

        Raises:
            StateError: the folder or the file cannot be used.
        """
        self._path = folder / NAME
        try:
            folder.mkdir(parents=True, exist_ok=True)
            # Unbuffered: what could not be written must not come back with the next line.
            self._file: FileIO = self._path.open("a+b", buffering=0)
        except OSError as error:
            raise StateError(
                f"the sandbox cannot write to {self._path}: {error.strerror}"
            ) from None

    def load(self) -> tuple[Task, ...]:
        """Every task that was accepted, in order; what a kill tore off is cut away.

        Raises:
            StateError: a line inside the file is not a task.
        """
        self._file.seek(0)
        whole, _, torn = self._file.read().rpartition(b"\n")
        if torn:
            self._file.truncate(len(whole) + 1 if whole else 0)
        return tuple(
            self._read(line, number)
            for number, line in enumerate(whole.splitlines(), start=1)
            if line
        )

    def _read(self, line: bytes, number: int) -> Task:
        try:
            return task_from_json(json.loads(line))
        except (ValueError, RecursionError):
            raise StateError(
                f"{self._path}:{number}: not a task of the sandbox",
                next_step="delete the sandbox's folder to begin anew; nothing in it was paid for",
            ) from None

    def add(self, task: Task) -> None:
        """Write one task and wait until it is on the disk; raises OSError, and takes it back."""
        end = self._file.seek(0, os.SEEK_END)
        line = json.dumps(task_to_json(task)).encode() + b"\n"
        try:
            if self._file.write(line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(self._file.fileno())
        except OSError:
            self._file.truncate(end)
            raise

    def close(self) -> None:
        """Give the file up."""
        self._file.close()
