"""Storyboards under their locks, each with its plan, as a render starts and leaves them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone

from storyboard.outputs.write import write_outputs
from storyboard.planning.plan import PlanOptions
from storyboard.planning.selection import Selection, select_takes
from storyboard.project.lost_records import check_records
from storyboard.project.output_folder import open_folder
from storyboard.project.workspace import FolderSnapshot, Workspace
from storyboard.records import Action, ActionKind, Plan, TakeState
from storyboard.state.store import Store
from storyboard.videos.files import remove_partial_files

_WORK = (ActionKind.SUBMIT, ActionKind.RESUME, ActionKind.DOWNLOAD)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A storyboard under its lock: the state file is open, and the plan is made from it."""

    space: Workspace
    store: Store
    snapshot: FolderSnapshot
    plan: Plan

    @property
    def work(self) -> list[Action]:
        """The actions that do something."""
        return [action for kind in _WORK for action in self.plan.of_kind(kind)]

    def read_states(self) -> tuple[TakeState, ...]:
        """The takes as they are now."""
        snapshot = self.space.snapshot() if self.work else self.snapshot
        return self.space.read_states(self.store.submissions(), snapshot)

    def write_outputs(self, states: Sequence[TakeState]) -> None:
        """Writes the outputs for `states`, which are those of now."""
        space = self.space
        write_outputs(space.storyboard, space.origin, states, space.real_folder, self.store)


@contextmanager
def prepare(
    space: Workspace, selection: Selection, options: PlanOptions, *, lock_timeout_s: float
) -> Iterator[Prepared]:
    """Takes the lock, opens the state, adopts what the manifest knows, and plans."""
    selected = select_takes(space.storyboard.takes, selection)
    with open_folder(space, lock_timeout_s=lock_timeout_s) as store:
        now, snapshot = datetime.now(timezone.utc), space.snapshot()
        known = store.submissions()
        plan = space.make_plan(known, snapshot, now=now, selected=selected, options=options)
        if not options.rerender:
            check_records(space, known, plan)
        if not known:
            remove_partial_files(space.real_folder, known, now=now)
        yield Prepared(space, store, snapshot, plan)
