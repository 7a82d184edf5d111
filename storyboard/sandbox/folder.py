"""Opens the files in a sandbox's folder, which may come from an archive or a repository.

Never follows or opens links, FIFOs or devices in it.
"""

from __future__ import annotations

import os
import stat
from io import FileIO
from pathlib import Path

from storyboard.atomic_files import is_plain_file, read_plain
from storyboard.errors import StateError

_NEXT = "remove it, or delete the sandbox's folder to start over; nothing in it was paid for"
# Windows has neither, so only the check before opening protects there.
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_BINARY = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


def make_folder(folder: Path) -> None:
    """Create a private folder, or use the existing one.

    Raises:
        StateError: it is a link, is not a folder, or cannot be created.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        if not folder.is_symlink():
            folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise _unusable(folder, error) from None
    if folder.is_symlink():
        raise StateError(
            f"{folder} is a link; the sandbox keeps its files in a folder of its own",
            next_step=_NEXT,
        )


def open_journal(path: Path) -> FileIO:
    """Open the plain file `path`, unbuffered, to read and append; creates it if needed.

    Raises:
        StateError: it is a link, a FIFO, a device or a folder, or cannot be opened.
    """
    not_plain = StateError(
        f"{path} is not a regular file; the sandbox opens no other", next_step=_NEXT
    )
    try:
        if os.path.lexists(path) and not is_plain_file(path):
            raise not_plain
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | _NO_FOLLOW | _BINARY
        file = FileIO(os.open(path, flags, 0o600), "r+")
    except OSError as error:
        raise _unusable(path, error) from None
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise not_plain
    return file


def read_port(note: Path) -> int:
    """The port in a plain file, or 0 if none can be read."""
    try:
        port = int(read_plain(note, 16))
    except (OSError, ValueError):
        return 0
    return port if 1024 <= port < 65536 else 0


def _unusable(path: Path, error: OSError) -> StateError:
    return StateError(
        f"the sandbox cannot write to {path}: {error.strerror}",
        next_step=f"see what is in the way at {path}, then run the same command again",
    )
