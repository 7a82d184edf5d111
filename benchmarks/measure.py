"""Runs commands as processes of their own and tells what they took."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks.rows import Cost

PYTHON = sys.executable
STORYBOARD = (str(Path(sys.executable).with_name("storyboard")),)
"""The command as people call it: `python -m` takes ten milliseconds more."""

_ENVIRONMENT = {
    "PYTHONPATH": str(Path(__file__).parent.parent),
    # An installed program has its bytecode; without it a start compiles each module again.
    "PYTHONDONTWRITEBYTECODE": "",
}


def run(
    command: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    expected: int = 0,
) -> Cost:
    """What one run of a command took. Raises RuntimeError for another exit code than expected."""
    cost, code, said = _run(command, folder, environment or {})
    if code != expected:
        raise RuntimeError(f"{' '.join(command)} ended with {code}: {said[-2000:]}")
    return cost


def quickest(measures: Sequence[Callable[[], Cost]], *, rounds: int = 3) -> list[Cost]:
    """The quickest run of each, taken in turns, so that a slow moment hits all alike."""
    taken = [[measure() for measure in measures] for _ in range(rounds)]
    return [min(costs, key=lambda cost: cost.wall_s) for costs in zip(*taken, strict=True)]


def _run(
    command: Sequence[str], folder: Path, environment: Mapping[str, str]
) -> tuple[Cost, int, str]:
    log = folder / ".said"
    with log.open("wb") as said:
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **_ENVIRONMENT, **environment},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    cost = Cost(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)
    return cost, process.returncode, log.read_text(errors="replace")
