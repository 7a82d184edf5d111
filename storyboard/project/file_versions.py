"""A file as other commits have it: on the sides of a merge and on branches, from git's objects.

A repository comes from outside; `git` explains how it is queried safely.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from storyboard.project.git import ask_git, blob_id, find_top

_SIDES = ("HEAD", "MERGE_HEAD", "REBASE_HEAD", "CHERRY_PICK_HEAD", "FETCH_HEAD")
"""Where the sides of a merge or a rebase are; after a `git pull`, the other is what was fetched."""

_MAX_PARENTS = 8
_MAX_MERGES = 10
_MAX_BRANCHES = 30
_HISTORY = ("rev-list", "--parents", "--max-count=100", "HEAD")
_BRANCHES = (
    *("for-each-ref", f"--count={_MAX_BRANCHES}", "--sort=-committerdate"),
    *("--format=%(objectname)", "refs/heads", "refs/remotes"),
)
_BLOB = re.compile(rb"([0-9a-f]{40,64}) blob ([0-9]+)")


@dataclass(frozen=True, slots=True)
class FileVersion:
    """A file as a commit has it; `commit` is git's name for the commit, `blob` the content's id.

    `folder` is a folder in the repository. A side is HEAD, or what was just merged into it;
    a version that is not a side may be older.
    """

    folder: Path
    commit: str
    blob: str
    size_bytes: int
    is_side: bool


def find_versions(path: Path) -> list[FileVersion]:
    """A file in HEAD, on the other sides of a current merge or of HEAD's own, and elsewhere.

    Elsewhere means where HEAD was before a rebase, which leaves no sides, the branches
    with the latest commits, and what the last merges before HEAD had merged. Each content
    comes once. Empty outside a git checkout, or if git is missing or does not answer.
    """
    real = path.parent.resolve() / path.name
    if not any(os.path.lexists(folder / ".git") for folder in real.parents):
        return []
    folder = next(folder for folder in real.parents if folder.is_dir())
    top = find_top(folder)
    if top is None or not real.is_relative_to(top):
        return []
    name = real.relative_to(top).as_posix()
    sides = (*_SIDES, *(f"HEAD^{number}" for number in range(1, _MAX_PARENTS + 1)))
    branches = (ask_git(folder, *_BRANCHES) or b"").decode("ascii", "replace").split()
    commits = (*sides, "ORIG_HEAD", *branches, *_merged_before(folder))
    queries = [*(f"{commit}:{name}" for commit in commits), "HEAD^2"]
    answer = ask_git(folder, "cat-file", "--batch-check", stdin="\n".join(queries))
    answers = (answer or b"").splitlines()
    if len(answers) != len(queries):  # the name has a line break, or git did not answer
        return []
    is_merge = b" commit " in answers.pop()
    versions: dict[str, FileVersion] = {}
    for commit, found in zip(commits, map(_BLOB.fullmatch, answers), strict=True):
        if found and (is_merge or not commit.startswith("HEAD^")):
            blob = found[1].decode("ascii")
            version = FileVersion(folder, commit, blob, int(found[2]), commit in sides)
            versions.setdefault(blob, version)
    return list(versions.values())


def _merged_before(folder: Path) -> list[str]:
    """The parents of the latest merges before HEAD, newest first."""
    history = (ask_git(folder, *_HISTORY) or b"").decode("ascii", "replace").splitlines()[1:]
    merges = [parents for line in history if len(parents := line.split()[1:]) > 1]
    return [one for parents in merges[:_MAX_MERGES] for one in parents]


def read_version(version: FileVersion) -> bytes | None:
    """The content of a version; None if git does not have it."""
    data = ask_git(version.folder, "cat-file", "blob", version.blob)
    return data if data is not None and len(data) == version.size_bytes else None


def is_blob(data: bytes, blob: str) -> bool:
    """Whether a file's content is that of a blob, apart from the CRLF that a checkout may add."""
    return blob in (blob_id(data, blob), blob_id(data.replace(b"\r\n", b"\n"), blob))
