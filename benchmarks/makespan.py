"""The makespan of 500 takes over real HTTP, on a clock that runs thirty times faster.

The whole engine with a real state file and the real protocol works against
`benchmarks.server`, an account of the tier that allows 20 tasks in flight and
200 requests a minute. Render times are lognormal with a median of 60 s and a
sigma of 0.5: nine in ten take 26 to 137 s.

The lower bound is what a clairvoyant would need: it gives each take, in the
same order, to the slot that is free first, at the moment it is free. That is
the work divided by the window, plus what stands idle while the last ones end.
"""

from __future__ import annotations

import heapq
import itertools
import json
import queue
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from benchmarks.rows import Row, at_most
from benchmarks.server import render_times
from storyboard.api.credentials import ApiKey
from storyboard.api.modellix.client import ModellixApi
from storyboard.engine.clock import SystemClock
from storyboard.engine.job import EngineSettings, Job
from storyboard.engine.loop import Engine
from storyboard.fingerprint import fingerprint
from storyboard.planning.plan import PlanOptions, make_plan
from storyboard.records import Payload, Position, Take
from storyboard.state.store import Store
from storyboard.videos.result import FetchFailed

T = TypeVar("T")

TAKES, IN_FLIGHT, PER_MINUTE = 500, 20, 200
MEDIAN_S, SIGMA, SEED = 60.0, 0.5, 1
SPEED = 30.0
_REPO = Path(__file__).parent.parent
_MODEL = "alibaba/wan2.7-t2v"


@dataclass(frozen=True, slots=True)
class Run:
    """The figures of one run; times in the account's seconds."""

    makespan_s: float
    posts: int
    reads: int
    refused: int
    too_fast: int

    @property
    def requests_a_minute(self) -> float:
        return (self.posts + self.reads) / self.makespan_s * 60.0

    @property
    def refused_part(self) -> float:
        """The part of the requests that was answered 429."""
        return self.refused / (self.posts + self.reads)


def rows(folder: Path) -> Iterator[Row]:
    """The makespan with the account's limit given and not given, and what it cost in polls."""
    least_s = least_makespan_s(itertools.islice(render_times(MEDIAN_S, SIGMA, SEED), TAKES))
    against = f"lower bound, {least_s:.0f} s"
    given = measure(folder / "given", concurrency=IN_FLIGHT)
    value, target, is_met = at_most(given.makespan_s / least_s, 1.03, "times", digits=3)
    yield Row(
        f"makespan of {TAKES} takes, {IN_FLIGHT} in flight",
        against,
        f"{value}, {given.requests_a_minute:.0f} requests a minute",
        f"{target}, within {PER_MINUTE} requests a minute",
        is_met and not given.too_fast,
    )
    found = measure(folder / "found", concurrency=None)
    value, target, is_met = at_most(found.makespan_s / least_s, 1.10, "times", digits=3)
    yield Row(
        "the same, the account's limit not told",
        against,
        f"{value}, {found.refused_part:.1%} answered 429",
        f"{target}, under 2 % answered 429",
        is_met and found.refused_part < 0.02,
    )
    reads = max(given.reads, found.reads) / TAKES
    yield Row("polls a task in the costlier of the two", "", *at_most(reads, 6, "on average"))


def least_makespan_s(render_s: Iterator[float]) -> float:
    """The lower bound: every slot gets its next take at once."""
    free_at = [0.0] * IN_FLIGHT
    for each_s in render_s:
        heapq.heapreplace(free_at, free_at[0] + each_s)
    return max(free_at)


def measure(folder: Path, *, concurrency: int | None) -> Run:
    """Renders all takes from nothing, against a fresh account."""
    folder.mkdir()
    clock = FastClock()
    with (
        account(f"--concurrent={IN_FLIGHT}", f"--per-minute={PER_MINUTE}") as url,
        closing(Store(folder, origin=url, storyboard="film")) as store,
        closing(ModellixApi(url, ApiKey("key-of-a-benchmark"))) as api,
    ):
        options = PlanOptions(download=False)
        plan = make_plan(
            make_takes(TAKES), [], now=clock.now(), has_file=lambda video: False, options=options
        )
        engine = Engine(
            [Job("film", plan, store, folder)],
            api,
            lambda submission, part: FetchFailed("not asked for"),
            settings=EngineSettings(
                endpoint_of=lambda model: f"/api/v1/{model}/async",
                retention_s=lambda model: 86_400.0,
                concurrency=concurrency,
                download=False,
            ),
            clock=clock,
        )
        began_s = clock.monotonic()
        result = engine.run()
        makespan_s = clock.monotonic() - began_s
        counts = read_counts(url)
    assert result.stopped_by is None and counts["accepted"] == TAKES, (result, counts)
    refused = counts["too_many"] + counts["too_fast"]
    return Run(
        makespan_s,
        counts["posts"],
        counts["polls"] + counts["log_checks"],
        refused,
        counts["too_fast"],
    )


class FastClock:
    """The system's clock, running faster."""

    def __init__(self) -> None:
        self._clock = SystemClock()
        self._began_at, self._began_s = self._clock.now(), time.monotonic()

    def now(self) -> datetime:
        passed_s = (time.monotonic() - self._began_s) * SPEED
        return self._began_at + timedelta(seconds=passed_s)

    def monotonic(self) -> float:
        return time.monotonic() * SPEED

    def wait(self, inbox: queue.SimpleQueue[T], wait_s: float | None) -> list[T]:
        return self._clock.wait(inbox, None if wait_s is None else wait_s / SPEED)


@contextmanager
def account(*limits: str) -> Iterator[str]:
    """The URL of an account in a process of its own, which ends with the context."""
    command = [
        *(sys.executable, "-m", "benchmarks.server", f"--speed={SPEED}", *limits),
        *(f"--median-s={MEDIAN_S}", f"--sigma={SIGMA}", f"--seed={SEED}"),
    ]
    with subprocess.Popen(command, cwd=_REPO, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def read_counts(url: str) -> dict[str, int]:
    """How many requests of each kind the account has counted."""
    with urllib.request.urlopen(f"{url}/counts") as answer:  # noqa: S310 (the server above)
        counts: dict[str, int] = json.load(answer)
        return counts


def make_takes(count: int) -> Sequence[Take]:
    """So many different requests."""
    takes = []
    for number in range(1, count + 1):
        payload: Payload = {"prompt": f"shot {number}", "duration": 5}
        name = f"shot-{number}"
        takes.append(
            Take(
                id=name,
                shot=name,
                scene=None,
                number=1,
                model=_MODEL,
                payload=payload,
                fingerprint=fingerprint(_MODEL, payload),
                position=Position("film.yaml", number, 1),
            )
        )
    return takes
