"""A storyboard tried on another model: what a render would have to do. Changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from storyboard.planning.plan import PlanOptions, make_plan
from storyboard.planning.selection import Selection, narrow, select_takes
from storyboard.project.workspace import FolderSnapshot, Workspace
from storyboard.records import Plan, Submission
from storyboard.state.queries import read_passed


def plan_trial(
    space: Workspace,
    known: Sequence[Submission],
    snapshot: FolderSnapshot,
    selection: Selection,
    options: PlanOptions,
    *,
    model: str,
    now: datetime,
) -> Plan:
    """The plan for a storyboard that was read as if every shot used `model`.

    Among the `known` submissions, those of other models are ignored, even those of locked
    shots: the question is what all of it would cost. Other open submissions in the folder are
    left to the plan of the storyboard as it is written.
    """
    same = [one for one in known if one.model == model]
    takes = space.storyboard.takes
    chosen = narrow(select_takes(takes, selection), selection, takes, same)
    plan = make_plan(
        takes,
        same,
        now=now,
        has_file=snapshot.has_file,
        is_pointer=snapshot.is_pointer,
        selected=chosen,
        options=options,
        passed=read_passed(space.state),
    )
    return replace(plan, orphans=())
