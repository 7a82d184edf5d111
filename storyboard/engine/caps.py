"""Whether the spending caps allow one more submission.

Checked in the transaction that records the submission, so no other process can
add a row in between. From then on, the submission counts with its estimate.
"""

from __future__ import annotations

from storyboard.engine.job import Job
from storyboard.engine.run import Run
from storyboard.errors import Refused
from storyboard.planning.spending import DAY
from storyboard.records import Take
from storyboard.reporting.amounts import usd_text

_PERIODS = {"day": "in the last 24 hours", "film": "on the film"}


class SpendingCaps:
    """The caps of a run (`--max-cost`) and of each film (`caps`), with the spending so far."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._max_cost = run.settings.max_cost_micros
        self._before = {job.name: job.store.last_submission() for job in run.jobs}

    def of_run(self, take: Take, estimate: int | None) -> Refused | None:
        """Why no job may submit any more, or None if this take may be submitted."""
        if self._max_cost is None:
            return None
        spent = sum(job.store.spent_micros(after=self._before[job.name]) for job in self._run.jobs)
        if _fits(spent, estimate, self._max_cost):
            return None
        return Refused(
            f"--max-cost {usd_text(self._max_cost)} is reached: this render has spent "
            f"{usd_text(spent)}, and {_more(take, estimate)}; nothing more is submitted",
            next_step="run again with --max-cost for the rest",
        )

    def of_film(self, job: Job, take: Take, estimate: int | None) -> Refused | None:
        """Why this job may not submit any more, or None if this take may be submitted."""
        day, film = job.caps.day, job.caps.film
        if day is not None:
            spent = job.store.spent_micros(since=self._run.clock.now() - DAY)
            if not _fits(spent, estimate, day):
                return _reached(job, "day", day, spent, _more(take, estimate))
        if film is not None:
            spent = job.store.spent_micros() + job.store.spent_elsewhere()
            if not _fits(spent, estimate, film):
                return _reached(job, "film", film, spent, _more(take, estimate))
        return None


def _fits(spent: int, estimate: int | None, cap: int) -> bool:
    """Whether the estimate fits under the cap. An unknown cost never fits."""
    return estimate is not None and spent + estimate <= cap


def _more(take: Take, estimate: int | None) -> str:
    if estimate is None:
        return f"the cost of take {take.id} is unknown"
    return f"take {take.id} would cost {usd_text(estimate)} more"


def _reached(job: Job, name: str, cap: int, spent: int, more: str) -> Refused:
    later = ", or run again later" if name == "day" else ""
    return Refused(
        f"caps.{name} ({usd_text(cap)}) of {job.name} is reached: {usd_text(spent)} was spent "
        f"{_PERIODS[name]}, and {more}; nothing more of it is submitted",
        next_step=f"raise {name} under caps: in {job.name}{later}",
    )
