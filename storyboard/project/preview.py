"""What a render would do now, found without a lock. Changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from storyboard.models.catalog import Catalog
from storyboard.planning.cost import Bill, Pricing, bill_for, pricing_for
from storyboard.planning.plan import make_plan
from storyboard.planning.saved_plan import PlanArguments
from storyboard.planning.selection import narrow, select_takes
from storyboard.planning.states import find_deleted
from storyboard.project.manifests import known_submissions
from storyboard.project.rendering import plan_render
from storyboard.project.workspace import FolderSnapshot, Workspace
from storyboard.records import Plan, Submission
from storyboard.state.queries import read_passed


class Preview(NamedTuple):
    """The plan of a render, and the submissions and files that it is made from."""

    space: Workspace
    known: Sequence[Submission]
    snapshot: FolderSnapshot
    plan: Plan
    pricing: Pricing

    @property
    def bill(self) -> Bill:
        """What would be submitted, and what it costs."""
        return bill_for(self.plan, self.pricing)

    def find_deleted(self) -> list[str]:
        """The ids of rendered takes that are no longer in the storyboard."""
        takes, tasks = self.space.storyboard.takes, self.snapshot.manifest_tasks
        return find_deleted(takes, self.known, manifest_tasks=tasks)


def preview_render(
    space: Workspace, arguments: PlanArguments, catalog: Catalog, *, tell: Callable[[str], None]
) -> Preview:
    """What a render would do. `tell` is given what the user should know besides."""
    known, snapshot = known_submissions(space, tell=tell), space.snapshot()
    plan = plan_render(
        space,
        known,
        snapshot,
        arguments.selection,
        arguments.options,
        passed=read_passed(space.state),
        catalog=catalog,
        tell=tell,
    )
    pricing = pricing_for(space.storyboard, catalog, arguments.price_usd)
    return Preview(space, known, snapshot, plan, pricing)


def preview_trial(
    space: Workspace,
    arguments: PlanArguments,
    catalog: Catalog,
    *,
    model: str,
    now: datetime,
    tell: Callable[[str], None],
) -> Preview:
    """What a render would do for a storyboard that was read as if every shot used `model`.

    Submissions of other models are ignored, even those of locked shots: the question is
    what all of it would cost. Other open submissions in the folder are left to the plan of
    the storyboard as it is written.
    """
    known, snapshot = known_submissions(space, tell=tell), space.snapshot()
    same = [one for one in known if one.model == model]
    takes, selection = space.storyboard.takes, arguments.selection
    plan = make_plan(
        takes,
        same,
        now=now,
        has_file=snapshot.has_file,
        is_pointer=snapshot.is_pointer,
        selected=narrow(select_takes(takes, selection), selection, takes, same),
        options=arguments.options,
        passed=read_passed(space.state),
    )
    pricing = pricing_for(space.storyboard, catalog, arguments.price_usd)
    return Preview(space, known, snapshot, replace(plan, orphans=()), pricing)
