"""Makespans over real HTTP, on a clock that runs ten to thirty times faster.

The whole engine with a real state file and the real protocol works against
`benchmarks.server`, an account with the limits of a tier: so many tasks in
flight, so many requests a minute. Render times are lognormal with a median of
60 s and a sigma of 0.5: nine in ten take 26 to 137 s.

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

MEDIAN_S, SIGMA, SEED = 60.0, 0.5, 1
USABLE_PART = 0.8  # of the account's requests a minute
_REPO = Path(__file__).parent.parent
_MODEL = "alibaba/wan2.7-t2v"


@dataclass(frozen=True, slots=True)
class Case:
    """A film, the account's limits, and how much faster the clock runs.

    The faster it runs, the more the delays of this machine count. `max_without_log`
    is the target where the account has no request log.
    """

    takes: int
    in_flight: int
    per_minute: int
    speed: float
    max_without_log: float = 1.06

    @property
    def least_s(self) -> float:
        """The lower bound."""
        times_s = itertools.islice(render_times(MEDIAN_S, SIGMA, SEED), self.takes)
        return least_makespan_s(times_s, self.in_flight)


CASES = (
    Case(20, 2, 100, speed=30.0, max_without_log=1.03),
    Case(100, 10, 100, speed=30.0),
    Case(200, 20, 200, speed=30.0),
    Case(500, 20, 200, speed=30.0),
    Case(500, 100, 1000, speed=10.0),
)
_MAX_WITH_LOG = 1.03


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
    """The makespan of each case, the account's limit given or found, with its log and without."""
    for case in CASES:
        name = f"{case.takes} takes, {case.in_flight} in flight"
        given, found, without_log = (
            measure(folder / f"{number}-{case.takes}-{case.in_flight}", case, **options)
            for number, options in enumerate(
                ({"is_limit_given": True}, {}, {"has_log": False}), start=1
            )
        )
        yield _row(f"makespan of {name}", case, given, _MAX_WITH_LOG)
        yield _row("the same, the account's limit to be found", case, found, _MAX_WITH_LOG)
        yield _row("and without a request log", case, without_log, case.max_without_log)


def _row(what: str, case: Case, run: Run, most: float) -> Row:
    least_s = case.least_s
    value, target, is_met = at_most(run.makespan_s / least_s, most, "times", digits=3)
    is_within = run.requests_a_minute <= USABLE_PART * case.per_minute + 1 and not run.too_fast
    return Row(
        what,
        f"lower bound, {least_s:.0f} s",
        f"{value}, {run.requests_a_minute:.0f} requests a minute, {run.refused_part:.1%} refused",
        f"{target}, {USABLE_PART * case.per_minute:.0f} requests a minute, under 2 % refused",
        is_met and is_within and run.refused_part < 0.02,
    )


def least_makespan_s(render_s: Iterator[float], in_flight: int) -> float:
    """The lower bound: every slot gets its next take at once."""
    free_at = [0.0] * in_flight
    for each_s in render_s:
        heapq.heapreplace(free_at, free_at[0] + each_s)
    return max(free_at)


def measure(folder: Path, case: Case, *, is_limit_given: bool = False, has_log: bool = True) -> Run:
    """Renders all takes of a case from nothing, against a fresh account."""
    folder.mkdir()
    clock = FastClock(case.speed)
    with (
        account(case, has_log=has_log) as url,
        closing(Store(folder, origin=url, storyboard="film")) as store,
        closing(ModellixApi(url, ApiKey("key-of-a-benchmark"))) as api,
    ):
        options = PlanOptions(download=False)
        takes = make_takes(case.takes)
        plan = make_plan(takes, [], now=clock.now(), has_file=lambda video: False, options=options)
        engine = Engine(
            [Job("film", plan, store, folder)],
            api,
            lambda submission, part: FetchFailed("not asked for"),
            settings=EngineSettings(
                endpoint_of=lambda model: f"/api/v1/{model}/async",
                retention_s=lambda model: 86_400.0,
                concurrency=case.in_flight if is_limit_given else None,
                download=False,
            ),
            clock=clock,
        )
        began_s = clock.monotonic()
        result = engine.run()
        makespan_s = clock.monotonic() - began_s
        counts = read_counts(url)
    assert result.stopped_by is None and counts["accepted"] == case.takes, (result, counts)
    refused = counts["too_many"] + counts["too_fast"]
    reads = counts["polls"] + counts["log_checks"]
    return Run(makespan_s, counts["posts"], reads, refused, counts["too_fast"])


class FastClock:
    """The system's clock, running faster."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._clock = SystemClock()
        self._began_at, self._began_s = self._clock.now(), time.monotonic()

    def now(self) -> datetime:
        passed_s = (time.monotonic() - self._began_s) * self._speed
        return self._began_at + timedelta(seconds=passed_s)

    def monotonic(self) -> float:
        return time.monotonic() * self._speed

    def wait(self, inbox: queue.SimpleQueue[T], wait_s: float | None) -> list[T]:
        return self._clock.wait(inbox, None if wait_s is None else wait_s / self._speed)


@contextmanager
def account(case: Case, *, has_log: bool) -> Iterator[str]:
    """The URL of an account in a process of its own, which ends with the context."""
    command = [
        *(sys.executable, "-m", "benchmarks.server", f"--speed={case.speed}"),
        *(f"--concurrent={case.in_flight}", f"--per-minute={case.per_minute}"),
        *(f"--median-s={MEDIAN_S}", f"--sigma={SIGMA}", f"--seed={SEED}"),
        *(() if has_log else ("--no-log",)),
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
