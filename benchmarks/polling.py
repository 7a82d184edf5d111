"""Polling policies, compared in simulated time: `python -m benchmarks.polling [PICTURE]`.

The real engine renders 500 takes, 20 in flight, at 200 requests a minute, and
the simulated clock jumps from one event to the next. Only the policy differs.
Render times follow several distributions, all with a median near 60 s; each
figure is the mean of two draws. Prints a table, and draws it.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import pytest
from tabulate import tabulate

from benchmarks.makespan import least_makespan_s
from storyboard.engine.poll_schedule import PollSchedule
from storyboard.planning.plan import PlanOptions
from tests.engine.rig import make_takes
from tests.engine.simulation import ApiWithLog, ScriptedApi, Simulation

PICTURE = Path(__file__).with_suffix(".png")
TAKES, IN_FLIGHT, PER_MINUTE = 500, 20, 200
_SEEDS = (1, 2)


# The laws of render times, in seconds


def _lognormal(sigma: float) -> Callable[[random.Random, float], float]:
    return lambda rng, _: 60 * rng.lognormvariate(0, sigma)


def _two_peaks(rng: random.Random, _: float) -> float:
    return rng.choice((30, 120)) * rng.lognormvariate(0, 0.1)


def _slows_down(rng: random.Random, progress: float) -> float:
    return (60 if progress < 0.5 else 120) * rng.lognormvariate(0, 0.25)


LAWS: Mapping[str, Callable[[random.Random, float], float]] = {
    "always 60 s": lambda rng, progress: 60.0,
    "lognormal, sigma 0.25": _lognormal(0.25),
    "lognormal, sigma 0.5": _lognormal(0.5),
    "lognormal, sigma 1": _lognormal(1.0),
    "exponential": lambda rng, progress: rng.expovariate(1 / 87),
    "two peaks, 30 and 120 s": _two_peaks,
    "60 s, then 120 s": _slows_down,
}
"""Each draws one time; `progress` is the part of the takes that came before."""


# The policies


class Unaware(PollSchedule):
    """Polls first the task that has waited longest, whatever its age."""

    def idle_s(self, from_s: float, to_s: float) -> float:
        return to_s - from_s


class FixedInterval(Unaware):
    """Polls each task at a fixed interval."""

    def __init__(self, wait_s: float) -> None:
        super().__init__()
        self._wait_s = wait_s

    def min_wait_s(self, age_s: float) -> float:
        return self._wait_s


class BackingOff(Unaware):
    """Each wait is twice the one before, from 2 to 30 s."""

    def min_wait_s(self, age_s: float) -> float:
        return min(max(age_s, 2.0), 30.0)


@dataclass(frozen=True, slots=True)
class Policy:
    """A poll schedule, and whether the API has a request log."""

    make: Callable[[], PollSchedule]
    has_log: bool = False


POLICIES: Mapping[str, Policy] = {
    "every 5 s": Policy(lambda: FixedInterval(5.0)),
    "every 15 s": Policy(lambda: FixedInterval(15.0)),
    "backing off, 2 to 30 s": Policy(BackingOff),
    "storyboard, without the log": Policy(PollSchedule),
    "storyboard": Policy(PollSchedule, has_log=True),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A policy under a law: makespan by the lower bound, and requests of all kinds a minute."""

    law: str
    policy: str
    makespan: float
    requests_a_minute: float


def figures() -> Iterator[Figure]:
    """Every policy under every law."""
    for law in LAWS:
        for name, policy in POLICIES.items():
            runs = [simulate(law, policy, seed) for seed in _SEEDS]
            yield Figure(law, name, fmean(run[0] for run in runs), fmean(run[1] for run in runs))


def simulate(law: str, policy: Policy, seed: int) -> tuple[float, float]:
    """Makespan against the lower bound, and requests a minute, of one run."""
    rng = random.Random(seed)
    render_s = [LAWS[law](rng, number / TAKES) for number in range(TAKES)]
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr("storyboard.engine.run.PollSchedule", policy.make)
        sim = Simulation(
            Path(folder) / "out",
            make_takes(TAKES),
            patch,
            concurrency=IN_FLIGHT,
            requests_per_minute=PER_MINUTE,
            render_times_s=render_s,
            plan_options=PlanOptions(download=False),
        )

        api = ApiWithLog(sim) if policy.has_log else ScriptedApi(sim)
        sim.api = api
        sim.render()
        requests = len(api.posts) + len(api.polls)
        requests += len(api.log_checks) if isinstance(api, ApiWithLog) else 0
        least_s = least_makespan_s(iter(render_s), IN_FLIGHT)
        return sim.clock.time_s / least_s, requests / sim.clock.time_s * 60.0


def draw(found: list[Figure], picture: Path) -> None:
    """Two columns of dots, a row for each law: what the policies cost in time and in requests."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    colours = dict(
        zip(POLICIES, ("#9aa0a6", "#c58af9", "#f29900", "#7baaf7", "#1a56c4"), strict=True)
    )
    markers = dict(zip(POLICIES, "vs^oo", strict=True))
    laws = list(LAWS)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4.4), sharey=True, dpi=110)
    for name in POLICIES:
        mine = [each for each in found if each.policy == name]
        positions = [laws.index(each.law) for each in mine]
        style = {"color": colours[name], "marker": markers[name], "s": 62, "zorder": 3}
        left.scatter([100 * (each.makespan - 1) for each in mine], positions, label=name, **style)
        right.scatter([each.requests_a_minute for each in mine], positions, **style)
    left.set_yticks(range(len(laws)), laws)
    left.invert_yaxis()
    left.set_xlim(left=0)
    right.set_xlim(0, PER_MINUTE)
    right.set_xticks(range(0, PER_MINUTE + 1, 40))
    left.set_xlabel("makespan above the lower bound (%): less is better")
    right.set_xlabel(f"requests a minute, of the account's {PER_MINUTE}")
    for axes in (left, right):
        axes.grid(axis="x", color="#e3e6ea", linewidth=0.8)
        axes.hlines(range(len(laws)), 0, axes.get_xlim()[1], color="#e3e6ea", linewidth=0.8)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(length=0)
    figure.suptitle(
        f"{TAKES} takes, {IN_FLIGHT} in flight, {PER_MINUTE} requests a minute at most", fontsize=11
    )
    figure.legend(loc="lower center", ncols=len(POLICIES), frameon=False, fontsize=9)
    figure.tight_layout(rect=(0, 0.06, 1, 1))
    figure.savefig(picture, facecolor="white", metadata={"Software": None})


def main(picture: Path) -> None:
    """Prints the table and draws the picture."""
    found = []
    for figure in figures():
        found.append(figure)
        print(f"{figure.law}, {figure.policy}: {figure.makespan:.3f}", file=sys.stderr)
    cells = {
        (each.law, each.policy): f"{each.makespan:.3f} / {each.requests_a_minute:.0f}"
        for each in found
    }
    lines = [[law, *(cells[law, policy] for policy in POLICIES)] for law in LAWS]
    print(tabulate(lines, ("makespan / requests a minute", *POLICIES), tablefmt="github"))
    draw(found, picture)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE)
