"""A plan as lines for people: `plan` prints them, `render` shows them before it asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from storyboard.console.entries import Entry, entry_lines
from storyboard.planning.states import HasFile, status_of
from storyboard.project.workspace import Workspace
from storyboard.records import Action, ActionKind, Plan
from storyboard.reporting.statuses import count_statuses


def describe_plan(space: Workspace, plan: Plan, has_file: HasFile) -> list[str]:
    """The plan as lines: what would be done, what the takes are now, and the takes in groups."""
    counts = Counter(action.kind for action in (*plan.actions, *plan.orphans))
    words = ", ".join(f"{counts[kind]:,} {kind.value}" for kind in ActionKind if counts[kind])
    lines = [f"{space.storyboard.path}: {words or 'no takes'}"]
    if any(action.submission for action in plan.actions):
        now = (status_of(action.submission, has_file=has_file) for action in plan.actions)
        lines.append(f"  now {count_statuses(now)}")
    return [*lines, *entry_lines(_entries(plan))]


def _entries(plan: Plan) -> Iterator[Entry]:
    for action in plan.actions:
        yield _entry(action)
    for action in plan.orphans:
        text = f"(not in this render) {action.reason}"
        yield Entry(action.kind.value, action.take.id, text, text)


def _entry(action: Action) -> Entry:
    word, take = action.kind.value, action.take.id
    if action.same_as is not None:
        text = f"same request as {action.same_as}, rendered once"
        return Entry(word, take, text, text)
    is_dull = action.kind is ActionKind.KEEP or action.change is not None
    return Entry(word, take, action.reason, action.change or action.reason, is_dull)
