"""Why takes with files and frames are not sent yet: what the next render would say of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from storyboard.planning.following import Passed
from storyboard.planning.graph import parents_of
from storyboard.planning.plan import ObstacleTo, make_plan
from storyboard.project.workspace import FolderSnapshot, Workspace
from storyboard.records import Action, ActionKind, Submission, TakeState, TakeStatus

_NOT_YET = (ActionKind.WAIT, ActionKind.HOLD)


def find_waiting(
    space: Workspace,
    submissions: Sequence[Submission],
    snapshot: FolderSnapshot,
    states: Sequence[TakeState],
    *,
    passed: Passed,
    now: datetime,
    selected: Collection[str] | None = None,
    obstacle_to: ObstacleTo | None = None,
) -> Mapping[str, Action]:
    """What the next render would do about pending takes that wait or are held, by take id.

    Only those that show frames of others, or that `obstacle_to` has a reason against; `states`
    are those of all takes. The render would be of the takes in `selected`, or of all.
    """
    pending = {
        one.take.id
        for one in states
        if one.status is TakeStatus.PENDING and (obstacle_to or parents_of(one.take))
    }
    if not pending:
        return {}
    plan = make_plan(
        space.storyboard.takes,
        submissions,
        now=now,
        has_file=snapshot.has_file,
        is_pointer=snapshot.is_pointer,
        selected=selected,
        manifest_tasks=snapshot.manifest_tasks,
        passed=passed,
        obstacle_to=obstacle_to,
    )
    found = (one for one in plan.actions if one.take.id in pending and one.kind in _NOT_YET)
    return {one.take.id: one for one in found}
