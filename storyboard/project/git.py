"""Which commit a storyboard is at, to be frozen with each submission. Asks git, changes nothing."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

_TIMEOUT_S = 10.0

# Inside a hook, git's variables would name the hook's repository; the key is nobody's business.
_NOT_PASSED_ON = frozenset(
    {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "MODELLIX_API_KEY"}
)


def read_commit(folder: Path, files: Iterable[Path]) -> tuple[str | None, bool | None]:
    """The commit the folder is at, and whether any of `files` differs from it.

    None and None outside a git checkout, and where git is missing or silent.
    """
    commit = _git(folder, "rev-parse", "--verify", "--quiet", "HEAD")
    if commit is None:
        return None, None
    names = [str(path.resolve()) for path in files]
    # A file that git is told to ignore is in no commit, so it counts as changed.
    changes = _git(
        folder, "status", "--porcelain", "--untracked-files=all", "--ignored", "--", *names
    )
    return commit.strip(), None if changes is None else bool(changes.strip())


def _git(folder: Path, *arguments: str) -> str | None:
    environ = {name: value for name, value in os.environ.items() if name not in _NOT_PASSED_ON}
    # Without optional locks, looking cannot disturb a git command beside us.
    environ |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_LITERAL_PATHSPECS": "1", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            # A checkout's own settings could name a program for git to start.
            ["git", "-c", "core.fsmonitor=false", "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            env=environ,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return done.stdout if done.returncode == 0 else None
