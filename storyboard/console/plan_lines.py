"""A plan as lines for people: `plan` prints them, `render` shows them before it asks."""

from __future__ import annotations

from collections import Counter

from storyboard.console.printing import align
from storyboard.project.workspace import Workspace
from storyboard.records import Action, ActionKind, Plan


def describe_plan(space: Workspace, plan: Plan) -> list[str]:
    """The plan as lines: a head that counts, then an action a line."""
    counts = Counter(action.kind for action in (*plan.actions, *plan.orphans))
    words = ", ".join(f"{counts[kind]} {kind.value}" for kind in ActionKind if counts[kind])
    rows = [_row(action) for action in plan.actions]
    rows += [
        (*_row(action)[:2], f"(not in this render) {action.reason}") for action in plan.orphans
    ]
    return [
        f"{space.storyboard.path}: {words or 'no takes'}",
        *(f"  {line}" for line in align(rows)),
    ]


def _row(action: Action) -> tuple[str, str, str]:
    if action.same_as is not None:
        return action.kind.value, action.take.id, f"same request as {action.same_as}, rendered once"
    return action.kind.value, action.take.id, action.reason
