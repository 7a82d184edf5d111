"""Work on a hostile file in a process of its own, which can cost at most itself.

Libraries believe the counts that a file states, so a small one can take gigabytes
or minutes, or end the process. The program that does the work bounds itself with
`limit_resources` and prints one JSON value.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:  # a program that is started by this module imports it, and should start quickly
    from pathlib import Path

MAX_MEMORY_BYTES = 1 << 30
_MAX_WALL_S = 60.0  # for a machine that is busy, or that cannot bound a child's CPU time
_PACKAGES = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))  # noqa: PTH120 (without pathlib)


def limit_resources(max_cpu_s: int) -> None:
    """Bounds this process; on Windows, which has no such limits, only the caller's time does."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (max_cpu_s, max_cpu_s + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        # macOS refuses this one; there, too, the caller's time is what bounds it.
        with suppress(ValueError):
            resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))


def ask_child(program: Path, content: BinaryIO | bytes) -> Any:
    """What a program prints about the content of its stdin, as JSON; None where it printed none.

    It printed none where it reached its bound of memory or time.
    """
    import subprocess

    from storyboard.private import without_key

    given: dict[str, Any] = {"input" if isinstance(content, bytes) else "stdin": content}
    environment = without_key(os.environ)
    paths = (_PACKAGES, environment.get("PYTHONPATH"))
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    try:
        done = subprocess.run(
            [sys.executable, str(program)],
            **given,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            timeout=_MAX_WALL_S,
            check=False,
        )
        return json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return None
