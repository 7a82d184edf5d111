"""The counts of a run so far, in numbers and words; nothing is printed here."""

from __future__ import annotations

from time import monotonic

from storyboard.engine.job import Progress, RunStatus, Step
from storyboard.reporting.amounts import rough_text, usd_text

_FAILED = frozenset({Step.REJECTED, Step.FAILED, Step.NOT_DOWNLOADED})
_MIN_LEFT_S = 5.0  # what is overdue may end any moment


class RunCounts:
    """Counts the changes of a run with `total` takes. Only the loop's thread writes to it."""

    def __init__(self, total: int, *, download: bool, has_prices: bool) -> None:
        self.total = total
        self.done = 0
        self._failed = 0
        self._undecided = 0
        self._held = 0
        self._cost_micros = 0
        self._has_prices = has_prices
        self._done_step = Step.DOWNLOADED if download else Step.RENDERED
        self._status = RunStatus(total, (), None)
        self._noted_at = monotonic()

    def note(self, change: Progress) -> None:
        """Counts one change."""
        self.done += change.step is self._done_step
        self._failed += change.step in _FAILED
        self._undecided += change.step is Step.UNKNOWN
        self._held += change.step is Step.HELD
        if change.step is Step.ACCEPTED and self._has_prices and change.submission:
            self._cost_micros += change.submission.estimate_micros or 0

    def note_status(self, status: RunStatus) -> None:
        """Notes the current state of the run."""
        self._status, self._noted_at = status, monotonic()

    @property
    def sentence(self) -> str:
        """All counts: "3 of 9 done, 1 failed, 2 in flight, 3 waiting"."""
        return ", ".join([self._results, self.in_flight])

    @property
    def ended(self) -> int:
        """How many takes have ended, successfully or not."""
        return self.done + self._failed + self._undecided + self._held

    @property
    def in_short(self) -> str:
        """What has ended, what it cost and how long the rest will take, for a bar."""
        left = self._left
        return ", ".join([self._results, *([left] if left else [])])

    @property
    def in_flight(self) -> str:
        """What has not ended: "2 in flight, 3 waiting, 1 downloading"."""
        status = self._status
        words = [f"{len(status.tasks):,} in flight"]
        words += [f"{status.waiting:,} waiting"] if status.waiting else []
        words += [f"{status.downloading:,} downloading"] if status.downloading else []
        return ", ".join(words)

    @property
    def ages(self) -> list[tuple[str, float]]:
        """The takes in flight with the age of each task in seconds, oldest first."""
        since_s = monotonic() - self._noted_at
        return [(take, age_s + since_s) for take, age_s in self._status.tasks]

    @property
    def _results(self) -> str:
        words = [f"{self.done:,} of {max(self.total, self.done):,} done"]
        words += [f"{self._failed:,} failed"] if self._failed else []
        words += [f"{self._undecided:,} undecided"] if self._undecided else []
        words += [f"{self._held:,} held"] if self._held else []
        words += [f"{usd_text(self._cost_micros)} so far"] if self._has_prices else []
        return ", ".join(words)

    @property
    def _left(self) -> str:
        status = self._status
        if status.left_s is None or not (status.tasks or status.waiting):
            return ""
        left_s = max(status.left_s - (monotonic() - self._noted_at), _MIN_LEFT_S)
        return f"about {rough_text(left_s)} left"
