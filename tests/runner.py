"""What scripts for a runner of GitHub find there: a checkout, and the program by its name."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

needs_bash = pytest.mark.skipif(
    os.name == "nt" or not all(map(shutil.which, ("bash", "xargs", "git"))),
    reason="the runner's tools are not here",
)


def put_on_path(folder: Path, repo: Path) -> dict[str, str]:
    """An environment in which `storyboard` is this program, by a script in `folder`."""
    folder.mkdir()
    program = folder / "storyboard"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m storyboard "$@"\n', "utf-8")
    program.chmod(0o755)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(repo)}


def commit(folder: Path, message: str) -> None:
    """Commits all that a folder holds, as a repository of its own."""
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    for words in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-qm", message]):
        subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)
