"""Which commit a storyboard is at, to be stored with each submission. Queries git, changes nothing.

A repository comes from outside, including its configuration: filters, hooks,
fsmonitor, diff drivers and remotes can all name a program. So git is only
asked for object ids and for objects as they are stored (`rev-parse`, `rev-list`,
`for-each-ref`, `ls-tree`, `cat-file`), which starts none of them. Whether a file
differs is computed here, from the text that was read from it.
"""

from __future__ import annotations

import codecs
import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from storyboard.media import LFS_VERSION

_TIMEOUT_S = 10.0
_MAX_NAMES = 100  # of files in one command; on Windows it has at most 32,767 characters

_ENCODINGS = (
    (b"", "utf-8"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""The byte order marks and encodings of the files that are read, the likeliest first."""

_PASSED_ON = frozenset(
    {"PATH", "HOME", "USERPROFILE", "XDG_CONFIG_HOME", "SYSTEMROOT", "TEMP", "TMP"}
    | {"GIT_CEILING_DIRECTORIES", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"}
)
"""The environment variables that git needs, without the key or what a hook around us set."""

_ENVIRON = {
    "GIT_OPTIONAL_LOCKS": "0",  # reading must not disturb another git command
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",  # git 2.44; older ones fetch a missing object,
    "GIT_ALLOW_PROTOCOL": "",  # and this leaves them no way to do it
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "LC_ALL": "C",
}

_SETTINGS = (
    "safe.bareRepository=explicit",  # a bare repository among the film's files is not ours
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
)


def read_commit(
    folder: Path, sources: Mapping[Path, str | bytes | frozenset[str]]
) -> tuple[str | None, bool | None]:
    """The commit of the folder, and whether any of `sources` differs from it.

    `sources` maps the files that were read to the text or content found in them, or to the
    ids that git can have for it: changes to them since then, or to any other file, do not
    count. A file that is in no commit differs. One that differs only in CRLF line endings
    does not, since a checkout may cause that. Both are None outside a git checkout, or if
    git is missing or does not answer. The second is None if git cannot tell: a file outside
    the checkout, or a missing object.
    """
    answer = ask_git(folder, "rev-parse", "--show-toplevel", "--verify", "--quiet", "HEAD^{commit}")
    lines = (answer or b"").decode("utf-8", "surrogateescape").splitlines()
    if len(lines) != 2:
        return None, None
    top, commit = Path(lines[0]), lines[1]
    try:
        names = {path: path.resolve().relative_to(top.resolve()).as_posix() for path in sources}
    except (ValueError, OSError):
        return commit, None
    known = _blob_ids(top, commit, list(names.values()))
    if known is None:
        return commit, None
    unchanged = (_is_unchanged(sources[path], known.get(name)) for path, name in names.items())
    return commit, not all(unchanged)


def _blob_ids(top: Path, commit: str, names: Sequence[str]) -> dict[str, str] | None:
    """The ids of the files in a commit, by name; None if git cannot tell."""
    found: dict[str, str] = {}
    for start in range(0, len(names), _MAX_NAMES):
        batch = names[start : start + _MAX_NAMES]
        listing = ask_git(top, "ls-tree", "-z", "--full-tree", commit, "--", *batch)
        if listing is None:
            return None
        found |= {name: entry.id for name, entry in parse_tree(listing).items()}
    return found


class TreeEntry(NamedTuple):
    """What a folder of a commit holds under a name: git's mode, and the object's id."""

    mode: str
    id: str


def parse_tree(listing: bytes) -> dict[str, TreeEntry]:
    """The entries that `ls-tree -z` lists, by name."""
    # Each entry consists of mode, type, id, a tab and the name.
    entries = (entry.partition("\t") for entry in os.fsdecode(listing).split("\0") if entry)
    return {name: TreeEntry(*head.split()[::2]) for head, _, name in entries}


def find_top(folder: Path) -> Path | None:
    """The top of the checkout that `folder` is in, without links; None if git knows none."""
    answer = ask_git(folder, "rev-parse", "--show-toplevel")
    return Path(os.fsdecode(answer.removesuffix(b"\n"))).resolve() if answer else None


def _is_unchanged(content: str | bytes | frozenset[str], known_id: str | None) -> bool:
    """Whether the content is the blob's; a text may have any of the encodings that are read."""
    if isinstance(content, frozenset):
        return known_id in content
    if isinstance(content, bytes):
        return known_id is not None and blob_id(content, known_id) == known_id
    return known_id is not None and any(
        blob_id(mark + lines.encode(encoding), known_id) == known_id
        for lines in (content, content.replace("\r\n", "\n"))
        for mark, encoding in _ENCODINGS
    )


def blob_id(data: bytes, like: str) -> str:
    """The id that git gives to a file's content, using the hash algorithm of the id `like`."""
    name = "sha256" if len(like) == 64 else "sha1"
    return hashlib.new(name, b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def possible_ids(content: bytes) -> frozenset[str]:
    """Every id that git can have for a content: of itself, or of what Git LFS puts in its place."""
    oid = hashlib.sha256(content).hexdigest()
    pointer = f"{LFS_VERSION}\noid sha256:{oid}\nsize {len(content)}\n".encode()
    algorithms = ("0" * 40, "0" * 64)
    return frozenset(blob_id(one, like) for one in (content, pointer) for like in algorithms)


def ask_git(folder: Path, *arguments: str, stdin: str = "") -> bytes | None:
    """What git prints, with `stdin` as its input; None if it fails, hangs or is missing."""
    program = _find_program()
    if program is None:
        return None
    environ = {name: value for name, value in os.environ.items() if name.upper() in _PASSED_ON}
    settings = [word for setting in _SETTINGS for word in ("-c", setting)]
    try:
        done = subprocess.run(
            [program, *settings, "--no-pager", "-C", str(folder), *arguments],
            input=stdin.encode("utf-8", "surrogateescape"),
            capture_output=True,
            env={**environ, **_ENVIRON},
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return done.stdout if done.returncode == 0 else None


def _find_program() -> str | None:
    """The absolute path of git; None if it is missing.

    Windows, and a PATH with a relative folder, would look for a bare name in the current
    folder too, which may be a film's.
    """
    name = "git.exe" if os.name == "nt" else "git"
    folders = (folder for folder in map(Path, os.get_exec_path()) if folder.is_absolute())
    return next((str(folder / name) for folder in folders if shutil.which(folder / name)), None)
