"""Where a storyboard and what it names are read from: the disk, unless a caller has another place.

Everything that `language` opens goes through a `Files`, so that the same checks
hold wherever a file lies.
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
    """Something else than a regular file; the message says what it is, as a clause."""


class Files(Protocol):
    """A tree of files that can be read. Paths are those of the disk, wherever the content is."""

    def read_bytes(self, path: Path, max_bytes: int) -> bytes:
        """The content of a regular file; of a longer one, one byte more than `max_bytes`.

        Raises NotAFile, OSError, and ValueError for a name that no file can have.
        """

    def exists(self, path: Path) -> bool:
        """Whether there is anything at a path, be it a link that leads nowhere."""

    def names_in(self, folder: Path) -> list[str]:
        """The names in a folder, in any order. Raises OSError."""

    def real_path(self, path: Path) -> str:
        """The path with symbolic links resolved, whether anything is there or not.

        Raises OSError, and ValueError for a name that no file can have.
        """


class Disk:
    """The files as they are now."""

    def read_bytes(self, path: Path, max_bytes: int) -> bytes:
        """See `Files`."""
        # Checked before opening, since opening a device can have effects, and
        # after, since the name may refer to another file by then.
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


DISK = Disk()


def _check_kind(mode: int) -> None:
    if not stat.S_ISREG(mode):
        kinds = (words for is_kind, words in _KINDS if is_kind(mode))
        raise NotAFile(next(kinds, "is not a regular file"))
