"""What a render would do now: its plan, and what that is made from. Changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from storyboard.models.catalog import Catalog
from storyboard.planning.cost import Bill, Pricing, bill_for, pricing_for, takes_to_submit
from storyboard.planning.following import Passed
from storyboard.planning.plan import make_plan
from storyboard.planning.saved_plan import PlanArguments
from storyboard.planning.selection import narrow, select_takes
from storyboard.planning.states import find_deleted
from storyboard.project.api_time import plan_by_api_time
from storyboard.project.lost_records import check_not_emptied, check_takes
from storyboard.project.manifest_inputs import obstacle_finder
from storyboard.project.manifests import known_submissions
from storyboard.project.workspace import FolderSnapshot, Workspace
from storyboard.records import Plan, Submission
from storyboard.state.queries import read_passed


@dataclass(frozen=True, slots=True)
class Preview:
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
    known, passed = known_submissions(space, tell=tell), read_passed(space.state)
    return plan_render(
        space, arguments, known, space.snapshot(), passed=passed, catalog=catalog, tell=tell
    )


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


def plan_render(
    space: Workspace,
    arguments: PlanArguments,
    known: Sequence[Submission],
    snapshot: FolderSnapshot,
    *,
    passed: Passed,
    catalog: Catalog,
    tell: Callable[[str], None],
) -> Preview:
    """What a render would do now. `known` are all submissions of the folder.

    Effect: if it would call a link expired, it asks the API for the time, which is free.

    Raises PaymentUnknown if there are videos that belong to no known submission.
    """
    check_not_emptied(space, known)
    takes, tasks = space.storyboard.takes, snapshot.manifest_tasks
    selection, options = arguments.selection, arguments.options
    chosen = select_takes(takes, selection)
    selected = narrow(chosen, selection, takes, known, manifest_tasks=tasks)
    obstacle_to = obstacle_finder(space, catalog)

    def plan_at(now: datetime) -> Plan:
        return make_plan(
            takes,
            known,
            now=now,
            has_file=snapshot.has_file,
            is_pointer=snapshot.is_pointer,
            selected=selected,
            options=options,
            manifest_tasks=tasks,
            passed=passed,
            obstacle_to=obstacle_to,
        )

    plan = plan_by_api_time(plan_at, space.origin, catalog, tell=tell)
    if not options.rerender:
        check_takes(space, known, takes_to_submit(plan))
    pricing = pricing_for(space.storyboard, catalog, arguments.price_usd)
    return Preview(space, known, snapshot, plan, pricing)
