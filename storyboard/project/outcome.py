"""The result of a render, once its outputs are written: its takes and its exit code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from storyboard.engine.job import RunResult
from storyboard.errors import (
    ExitCode,
    StateError,
    StorageFailed,
    TimeIsUp,
    UnusableManifest,
    worst_of,
)
from storyboard.planning.cost import Pricing
from storyboard.planning.plan import PlanOptions
from storyboard.project.output_folder import adopt_replaced, write_outputs_of
from storyboard.project.rendering import Prepared
from storyboard.project.workspace import Workspace
from storyboard.records import Action, ActionKind, Plan, TakeState, TakeStatus


class Outcome(NamedTuple):
    """The result for one storyboard: its plan with the prices, and all its takes after the run.

    `has_outputs` says whether the files beside the videos describe these takes. `waiting` has
    the takes that were not sent, as `find_waiting` says, with what the next render would do.
    """

    space: Workspace
    plan: Plan
    pricing: Pricing
    states: Sequence[TakeState]
    has_outputs: bool
    waiting: Mapping[str, Action]

    @property
    def selected(self) -> list[TakeState]:
        """The takes that were to be rendered."""
        chosen = {action.take.id for action in self.plan.actions}
        return [state for state in self.states if state.take.id in chosen]


_CODES = {TakeStatus.DONE: ExitCode.OK, TakeStatus.UNKNOWN: ExitCode.UNKNOWN}


def carry_out(
    groups: Iterable[Sequence[Prepared]], run: Callable[[Sequence[Prepared]], RunResult]
) -> tuple[list[Outcome], list[RunResult]]:
    """The outcome of each film, and what `run` returned for each group of them, one by one.

    The outputs of a group are written even if its run raises. Once a run was interrupted, or
    ran out of time or disk, those after it are left out.
    """
    outcomes: list[Outcome] = []
    results: list[RunResult] = []
    for group in groups:
        try:
            if not any(map(_ends_the_render, results)):
                results.append(run(group))
        finally:
            outcomes += [_finish(film, results) for film in group]
    return outcomes, results


def _ends_the_render(result: RunResult) -> bool:
    return result.was_interrupted or isinstance(result.stopped_by, (TimeIsUp, StorageFailed))


def _finish(film: Prepared, results: list[RunResult]) -> Outcome:
    """A film's result, with its outputs written. If they cannot be written, `results` gets why."""
    states: Sequence[TakeState] = ()
    waiting: Mapping[str, Action] = {}
    has_outputs = False
    try:
        adopt_replaced(film.space, film.store)
        states = film.read_states()
        write_outputs_of(film.space, film.store, states)
        has_outputs = True
        waiting = film.find_waiting(states)
    except (StateError, UnusableManifest) as error:
        results.append(stopped_by_storage(error))
    return Outcome(film.space, film.plan, film.pricing, states, has_outputs, waiting)


def stopped_by_storage(error: StateError | UnusableManifest) -> RunResult:
    """The result of a run that the disk or a file ended."""
    return RunResult(stopped_by=StorageFailed(str(error), next_step=error.next_step))


def exit_code_of(
    outcomes: Sequence[Outcome], results: Sequence[RunResult], plan_options: PlanOptions
) -> ExitCode:
    """The one exit code for all storyboards of a render."""
    codes = [ExitCode.INTERRUPTED for result in results if result.was_interrupted]
    codes += [error.exit_code for result in results for error in result.errors]
    for outcome in outcomes:
        for status in {state.status for state in outcome.selected}:
            is_enough = status is TakeStatus.RENDERED and not plan_options.download
            codes.append(ExitCode.OK if is_enough else _CODES.get(status, ExitCode.INCOMPLETE))
        if any(action.kind is ActionKind.ASK for action in outcome.plan.orphans):
            codes.append(ExitCode.UNKNOWN)
    return worst_of(*codes)
