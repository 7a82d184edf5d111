"""Handles a hostile file in a child process, so that it can take down only the child.

Libraries trust the counts that a file states, so a small file can take gigabytes
or minutes, or crash the process. The child program limits itself with
`limit_resources` and prints its answer.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:  # programs started by this module import it, and should start quickly
    from pathlib import Path

MAX_MEMORY_BYTES = 1 << 30
_MAX_WALL_S = 60.0  # for a busy machine, or one that cannot limit a child's CPU time
_PACKAGES = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))  # noqa: PTH120 (without pathlib)


def limit_resources(max_cpu_s: int) -> None:
    """Limit this process's memory and CPU time; on Windows only the caller's timeout limits it."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (max_cpu_s, max_cpu_s + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        # macOS refuses this limit; there, too, only the caller's timeout applies.
        with suppress(ValueError):
            resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))


def ask_child(program: Path, content: BinaryIO | bytes) -> Any:
    """Run `program` with `content` as stdin and return the JSON that it prints.

    Returns None if it prints no JSON, for example because it ran out of memory or time.
    Raises NoProcess if the system cannot start it.
    """
    try:
        return json.loads(run_child(program, content))
    except ValueError:
        return None


def run_child(program: Path, content: BinaryIO | bytes, *arguments: str) -> bytes:
    """Run `program` with `content` as stdin and return what it prints.

    Returns nothing if it runs out of time; what it prints is cut off if it crashes.
    Raises NoProcess if the system cannot start it.
    """
    import subprocess

    from storyboard.errors import NoProcess
    from storyboard.private import without_key

    given: dict[str, Any] = {"input" if isinstance(content, bytes) else "stdin": content}
    environment = without_key(os.environ)
    paths = (_PACKAGES, environment.get("PYTHONPATH"))
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    try:
        done: subprocess.CompletedProcess[bytes] = subprocess.run(
            [sys.executable, str(program), *arguments],
            **given,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            timeout=_MAX_WALL_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return b""
    except OSError as error:
        raise NoProcess(error.strerror or str(error)) from error
    return done.stdout
