"""Atomic writes, digests of files, and checks that a link does not stand in for what it names."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from storyboard.errors import StateError
from storyboard.private import mask_bytes

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)  # Windows has neither
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)
_NOT_ALLOWED = {errno.EACCES, errno.EPERM, errno.EROFS}
_TEMPORARY = re.compile(r"\.(?:storyboard|state)-[0-9a-f]{16}\.tmp(?:-wal|-shm|-journal)?")


def write_atomically(path: Path, data: bytes | str, *, mode: int | None = None) -> bool:
    """Write `data` (text as UTF-8) and return whether the file had to change.

    A file that already holds exactly these bytes is not touched. Any other is replaced
    in one step: a reader, or a restart after a power cut, finds either the old file or
    the new one. Creates a missing folder. A symbolic link is replaced, not followed.
    `mode` sets the new file's permissions; without it they are the usual defaults.

    Raises StateError if the file cannot be written; the old file is then unchanged.
    """
    content = mask_bytes(data.encode() if isinstance(data, str) else data)
    try:
        if _holds(path, content):
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, content, mode)
    except OSError as error:
        raise _explained(path, error) from error
    return True


def write_new(path: Path, data: bytes | str) -> bool:
    """Create the file and return True, or False if the name is taken, even by a link.

    Never changes what is there. Creates a missing folder. Raises StateError if the file
    cannot be written.
    """
    content = mask_bytes(data.encode() if isinstance(data, str) else data)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb"):
            pass  # reserves the name, so no other file is replaced
    except FileExistsError:
        return False
    except OSError as error:
        raise _explained(path, error) from error
    try:
        _replace(path, content)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise _explained(path, error) from error
    return True


def check_real(folder: Path) -> None:
    """Raise StateError if a folder's path, which had no links before, contains one now."""
    # Resolved, because some links on Windows do not report that they are links.
    if folder.resolve() != folder.absolute():
        raise StateError(
            f"{folder} was replaced by a link to {folder.resolve()}, so nothing is written there",
            next_step="put the folder back, then run the same command again",
        )


def is_plain_file(path: Path) -> bool:
    """Whether there is a regular file at `path`; a link to one does not count."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def find_obstacle(folder: Path, name: str) -> Path | None:
    """What is in the way of creating the folders of `name` below `folder`; None if nothing is.

    That is a link, which would lead elsewhere, or something other than a folder.
    """
    for part in list(Path(name).parents)[:-1]:
        path = folder / part
        if path.is_symlink() or (path.exists() and not path.is_dir()):
            return path
    return None


def read_plain(path: Path, max_bytes: int) -> bytes:
    """The first `max_bytes` of a plain file. Raises OSError if it is none, or cannot be read."""
    if not is_plain_file(path):
        raise OSError(errno.EINVAL, "not a regular file")
    with open(path, "rb", opener=open_unfollowed) as file:
        return file.read(max_bytes)


def digest_of(path: Path) -> str | None:
    """The sha256 of a plain file in hexadecimal, or None if there is no readable plain file."""
    digest = hashlib.sha256()  # hashlib.file_digest came with Python 3.11
    try:
        with open(path, "rb", opener=open_unfollowed) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return None
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError:
        return None
    return digest.hexdigest()


def open_unfollowed(path: str, flags: int) -> int:
    """Open a file, failing if `path` is a link; never waits for a FIFO's writer."""
    return os.open(path, flags | _NO_FOLLOW | _NO_WAIT, 0o666)


def _holds(path: Path, content: bytes) -> bool:
    """Whether `path` is a plain file with exactly this content."""
    try:
        found = path.lstat()
        return (
            stat.S_ISREG(found.st_mode)
            and found.st_size == len(content)
            and digest_of(path) == hashlib.sha256(content).hexdigest()
        )
    except OSError:
        return False


def temporary_beside(path: Path, *, prefix: str = ".storyboard") -> Path:
    """A new name in the folder of `path`, for a file that is not whole yet; see `is_temporary`."""
    return path.parent / f"{prefix}-{secrets.token_hex(8)}.tmp"


def is_temporary(name: str) -> bool:
    """Whether a file has such a name, or is a log of SQLite's for one: a kill left it behind."""
    return _TEMPORARY.fullmatch(name) is not None


def _replace(path: Path, content: bytes, mode: int | None = None) -> None:
    # In the same folder, because os.replace is atomic only within a file system.
    temporary = temporary_beside(path)
    try:
        # Not tempfile: its files are readable only by their owner, and these are to be shared.
        with open(temporary, "xb", opener=open_unfollowed) as file:
            if mode is not None:
                temporary.chmod(mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the new name durable. Windows cannot open folders; some network drives cannot sync."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _explained(path: Path, error: OSError) -> StateError:
    reason = error.strerror or type(error).__name__
    if error.errno in _NO_SPACE:
        step = "free some space, then run the same command again"
    elif error.errno in _NOT_ALLOWED:
        step = f"make {path.parent} writable, or name another folder with --output DIR"
    else:
        step = f"see what is in the way at {path}, then run the same command again"
    return StateError(f"{path} could not be written: {reason}", next_step=step)
