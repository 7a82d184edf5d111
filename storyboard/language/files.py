"""Reads a storyboard and the files it names, from the disk or from another source.

`language` opens every file through a `Files`, so the same checks apply wherever a file is stored.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Protocol

# O_NONBLOCK: opening a fifo that nobody writes to would block.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)

_KINDS = (
    (stat.S_ISDIR, "is a folder, not a file"),
    (stat.S_ISFIFO, "is a pipe, not a file"),
    (stat.S_ISSOCK, "is a socket, not a file"),
    (stat.S_ISCHR, "is a device, not a file"),
    (stat.S_ISBLK, "is a device, not a file"),
)


class NotAFile(Exception):
    """Not a regular file; the message says what it is, as a clause."""


class Files(Protocol):
    """A readable tree of files. Paths are those of the disk, wherever the content is stored."""

    def read_bytes(self, path: Path, max_bytes: int) -> bytes:
        """Return a regular file's content, or its first `max_bytes` + 1 bytes if it is longer.

        Raises NotAFile, OSError, or ValueError if no file can have this name.
        """

    def exists(self, path: Path) -> bool:
        """Return whether anything is at a path; a broken link counts."""

    def names_in(self, folder: Path) -> list[str]:
        """Return the names in a folder, in any order. Raises OSError."""

    def real_path(self, path: Path) -> str:
        """Return the path with symbolic links resolved, whether or not anything is there.

        Raises OSError, or ValueError if no file can have this name.
        """


class Disk:
    """The files on the disk, as they are now."""

    def read_bytes(self, path: Path, max_bytes: int) -> bytes:
        """See `Files`."""
        # Check before opening, because opening a device can have effects. Check again afterwards,
        # because the name may refer to another file by then.
        _check_kind(path.stat().st_mode)
        descriptor = os.open(path, _FLAGS)
        with os.fdopen(descriptor, "rb") as file:
            _check_kind(os.fstat(descriptor).st_mode)
            return file.read(max_bytes + 1)

    def exists(self, path: Path) -> bool:
        """See `Files`."""
        return os.path.lexists(path)

    def names_in(self, folder: Path) -> list[str]:
        """See `Files`."""
        return os.listdir(folder)  # noqa: PTH208 (names)

    def real_path(self, path: Path) -> str:
        """See `Files`."""
        return os.path.realpath(path)


class ListedOnce:
    """Other files, with the names in each folder read only once.

    Otherwise many missing files in a folder of many others would cost their product.
    """

    def __init__(self, files: Files) -> None:
        self._files = files
        self._names: dict[Path, list[str]] = {}

    def read_bytes(self, path: Path, max_bytes: int) -> bytes:
        """See `Files`."""
        return self._files.read_bytes(path, max_bytes)

    def exists(self, path: Path) -> bool:
        """See `Files`."""
        return self._files.exists(path)

    def names_in(self, folder: Path) -> list[str]:
        """See `Files`."""
        if folder not in self._names:
            self._names[folder] = self._files.names_in(folder)
        return self._names[folder]

    def real_path(self, path: Path) -> str:
        """See `Files`."""
        return self._files.real_path(path)


DISK = Disk()


def _check_kind(mode: int) -> None:
    if not stat.S_ISREG(mode):
        kinds = (words for is_kind, words in _KINDS if is_kind(mode))
        raise NotAFile(next(kinds, "is not a regular file"))
