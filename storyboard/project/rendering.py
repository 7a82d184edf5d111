"""Storyboards under their locks, each with its plan, as a render starts and leaves them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone

from storyboard.outputs.write import write_outputs
from storyboard.planning.plan import PlanOptions, make_plan
from storyboard.planning.selection import Selection, select_takes
from storyboard.project.lost_records import check_records
from storyboard.project.output_folder import open_folder
from storyboard.project.workspace import FolderSnapshot, Workspace
from storyboard.records import Action, ActionKind, Plan, Submission, TakeState
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
    select_takes(space.storyboard.takes, selection)  # before a folder is made for a misspelt one
    with open_folder(space, lock_timeout_s=lock_timeout_s) as store:
        known, snapshot = store.submissions(), space.snapshot()
        plan = plan_render(space, known, snapshot, selection, options)
        if not known:
            remove_partial_files(space.real_folder, known, now=datetime.now(timezone.utc))
        yield Prepared(space, store, snapshot, plan)


def plan_render(
    space: Workspace,
    known: Sequence[Submission],
    snapshot: FolderSnapshot,
    selection: Selection,
    options: PlanOptions,
) -> Plan:
    """What a render would do now, where `known` are all submissions of the folder.

    Raises PaymentUnknown where videos are there that no submission is known of.
    """
    plan = make_plan(
        space.storyboard.takes,
        known,
        now=datetime.now(timezone.utc),
        has_file=snapshot.has_file,
        is_pointer=snapshot.is_pointer,
        selected=select_takes(space.storyboard.takes, selection),
        options=options,
        manifest_tasks=snapshot.manifest_tasks,
    )
    if not options.rerender:
        check_records(space, known, plan)
    return plan
