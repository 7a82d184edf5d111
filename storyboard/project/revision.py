"""The files of a repository as one of its commits has them, read from git's objects.

Nothing is checked out. A repository comes from outside, so its links are followed here
and not by the system. They are followed as many times as the system would, and out of
the repository only to the disk, subject to the read scope. Each object's size is checked
before it is read.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path, PurePath

from storyboard.errors import UsageError
from storyboard.language.files import DISK, NotAFile
from storyboard.media import LFS_VERSION
from storyboard.names import Spellings, from_file_name, spelled_on_disk, to_file_name
from storyboard.project.git import TreeEntry, ask_git, find_top, parse_tree

_MAX_TREE_BYTES = 32 * 1024 * 1024
_MAX_LINK_BYTES = 4096
_MAX_LINKS = 40  # as on Linux
_COMMIT = re.compile("[0-9a-f]{40}(?:[0-9a-f]{24})?")
_LFS_POINTER = f"{LFS_VERSION}\n".encode()
_LFS_OID = re.compile(rb"^oid sha256:([0-9a-f]{64})$", re.MULTILINE)

_FOLDER, _LINK, _SUBMODULE = "040000", "120000", "160000"


class Revision:
    """A commit as `Files`: what is in its repository comes from git, the rest from the disk.

    Paths in the repository begin with `top`, its folder.
    """

    def __init__(self, top: Path, commit: str) -> None:
        self.top = top
        self.commit = commit
        self._root = TreeEntry(_FOLDER, f"{commit}^{{tree}}")
        self._folders: dict[str, dict[str, TreeEntry]] = {}

    def read_bytes(self, path: Path, max_bytes: int) -> bytes:
        """See `Files`. Raises OSError for an object that is not in this clone."""
        real, entry = self._find(path)
        if not self._is_inside(real):
            return DISK.read_bytes(real, max_bytes)
        if entry is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        if entry.mode in (_FOLDER, _SUBMODULE):
            what = "a folder" if entry.mode == _FOLDER else "a submodule"
            raise NotAFile(f"is {what}, not a file")
        content = self._read("blob", entry.id, max_bytes)
        return self._stored(content, max_bytes) if content.startswith(_LFS_POINTER) else content

    def holds(self, path: Path) -> bool:
        """Whether there is a file at a path in the commit itself.

        Raises UsageError if git cannot tell: treating it as missing would make everything look new.
        """
        try:
            real, entry = self._find(path)
        except OSError as error:
            raise UsageError(
                f"{path} cannot be read at commit {self.commit[:12]}: {error.strerror}",
                next_step="fetch the whole commit with: git fetch",
            ) from error
        return entry is not None or not self._is_inside(real)

    def exists(self, path: Path) -> bool:
        """See `Files`."""
        try:
            real, entry = self._find(path)
        except (OSError, ValueError):
            return False
        return entry is not None if self._is_inside(real) else DISK.exists(real)

    def names_in(self, folder: Path) -> list[str]:
        """See `Files`."""
        real, entry = self._find(folder)
        if not self._is_inside(real):
            return DISK.names_in(real)
        if entry is None or entry.mode != _FOLDER:
            number = errno.ENOENT if entry is None else errno.ENOTDIR
            raise OSError(number, os.strerror(number))
        return list(self._list(entry))

    def real_path(self, path: Path) -> str:
        """See `Files`."""
        return str(self._find(path)[0])

    def _is_inside(self, real: Path) -> bool:
        return real.is_relative_to(self.top)

    def _find(self, path: Path, links_left: int = _MAX_LINKS) -> tuple[Path, TreeEntry | None]:
        """The real path, and what is there; None for nothing, or outside the repository."""
        if not path.is_relative_to(self.top):
            real = Path(DISK.real_path(path))
            if not self._is_inside(real):
                return real, None
            path = real  # it leads back into the repository
        done: list[str] = []
        waiting = [*reversed(path.relative_to(self.top).parts)]
        while waiting:
            part = waiting.pop()
            if part == ".." and not done:
                outside = self.top.parent.joinpath(*reversed(waiting))
                return self._find(outside, _one_less(links_left))
            if part == "..":
                done.pop()
                continue
            entry = self._entry([*done, part])
            if entry is None or entry.mode != _LINK:
                done.append(part)
                continue
            links_left = _one_less(links_left)
            target = Path(os.fsdecode(self._read("blob", entry.id, _MAX_LINK_BYTES)))
            if target.is_absolute():
                return self._find(target.joinpath(*reversed(waiting)), links_left)
            waiting += reversed(target.parts)
        return self.top.joinpath(*done), self._entry(done)

    def _entry(self, parts: Sequence[str]) -> TreeEntry | None:
        """What is at a path of real folders below `top`."""
        entry = self._root
        for part in parts:
            found = self._list(entry).get(part) if entry.mode == _FOLDER else None
            if found is None:
                return None
            entry = found
        return entry

    def _list(self, folder: TreeEntry) -> dict[str, TreeEntry]:
        if folder.id not in self._folders:
            self._check_size(folder.id, _MAX_TREE_BYTES)
            entries = parse_tree(self._ask("ls-tree", "-z", folder.id))
            self._folders[folder.id] = {
                name: entry for name, entry in entries.items() if _is_plain(name)
            }
        return self._folders[folder.id]

    def _read(self, kind: str, object_id: str, max_bytes: int) -> bytes:
        self._check_size(object_id, max_bytes)
        return self._ask("cat-file", kind, object_id)

    def _stored(self, pointer: bytes, max_bytes: int) -> bytes:
        """What a Git LFS pointer stands for, from the repository's own store on this machine.

        It lies there by its sha256, which is checked. Source: the Git LFS specification.
        """
        found = _LFS_OID.search(pointer)
        if found is not None:
            oid = found[1].decode("ascii")
            git_folder = os.fsdecode(self._ask("rev-parse", "--git-common-dir")).rstrip("\n")
            path = self.top / git_folder / "lfs/objects" / oid[:2] / oid[2:4] / oid
            with suppress(OSError, NotAFile):
                content = DISK.read_bytes(path, max_bytes)
                if len(content) > max_bytes or hashlib.sha256(content).hexdigest() == oid:
                    return content
        raise OSError(
            errno.EIO, "it is stored with Git LFS, and not on this machine; git lfs fetch brings it"
        )

    def _check_size(self, object_id: str, max_bytes: int) -> None:
        if int(self._ask("cat-file", "-s", object_id)) > max_bytes:
            raise OSError(errno.EFBIG, f"it is larger than {max_bytes:,} bytes")

    def _ask(self, *arguments: str) -> bytes:
        answer = ask_git(self.top, *arguments)
        if answer is None:
            raise OSError(errno.EIO, "git cannot read it; part of the commit may be missing here")
        return answer


def _one_less(links_left: int) -> int:
    if not links_left:
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    return links_left - 1


def _is_plain(name: str) -> bool:
    """Whether a name only refers to an entry of its own folder; a hostile tree has other names."""
    return name not in ("", ".", "..") and PurePath(name).name == name


def find_revision(file: Path, name: str) -> tuple[Revision, Path] | None:
    """The named commit of a file's repository, and the file's path; None if there is no commit.

    Raises UsageError if the file is not in a repository that git can read.
    """
    folder = file.parent
    top = find_top(folder)
    if top is None:
        raise UsageError(
            f"{file} lies in no git repository that can be read",
            next_step="name another storyboard to compare with: --against FILE",
        )
    commit = _commit_of(folder, name)
    if commit is None:
        return None
    revision = Revision(top, commit)
    inside = from_file_name(str((folder.resolve() / file.name).relative_to(top)))
    spelled = spelled_on_disk(
        top, inside, exists=revision.exists, spellings=Spellings(revision.names_in)
    )
    return revision, top / to_file_name(spelled)


def _commit_of(folder: Path, name: str) -> str | None:
    if not name or name.startswith("-") or not name.isprintable():
        return None
    answer = ask_git(folder, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    commit = (answer or b"").decode("ascii", "replace").strip()
    return commit if _COMMIT.fullmatch(commit) else None
