"""Storyboards under their locks, each with its plan, when a render starts and when it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from storyboard.models.card import SLOWEST_S
from storyboard.models.catalog import Catalog
from storyboard.planning.cost import Bill, Pricing, bill_for, pricing_for, takes_to_submit
from storyboard.planning.following import Passed
from storyboard.planning.plan import PlanOptions, make_plan
from storyboard.planning.saved_plan import PlanArguments
from storyboard.planning.selection import Selection, narrow, select_takes
from storyboard.planning.states import find_deleted
from storyboard.project.api_time import plan_by_api_time
from storyboard.project.approval import approve, check_paused
from storyboard.project.lost_records import check_not_emptied, check_takes
from storyboard.project.manifest_inputs import obstacle_finder
from storyboard.project.neighbour import refuse_to_pay_again
from storyboard.project.output_folder import open_folder
from storyboard.project.waiting import find_waiting
from storyboard.project.workspace import FolderSnapshot, Workspace
from storyboard.records import WORK, Action, Plan, Submission, TakeState
from storyboard.state.store import Store
from storyboard.videos.files import remove_partial_files

if TYPE_CHECKING:
    from storyboard.engine.job import EngineSettings
    from storyboard.models.card import ModelCard

_RETENTION_H = 24.0
"""How long links are valid if a model's card is gone."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A storyboard under its lock: the state file is open, and the plan is made from it."""

    space: Workspace
    store: Store
    snapshot: FolderSnapshot
    plan: Plan
    pricing: Pricing
    options: PlanOptions

    @property
    def bill(self) -> Bill:
        """What would be submitted, and what it costs."""
        return bill_for(self.plan, self.pricing)

    @property
    def work(self) -> list[Action]:
        """The actions that do something."""
        return [action for kind in WORK for action in self.plan.of_kind(kind)]

    def find_deleted(self) -> list[str]:
        """The ids of rendered takes that are no longer in the storyboard."""
        takes, tasks = self.space.storyboard.takes, self.snapshot.manifest_tasks
        return find_deleted(takes, self.store.submissions(), manifest_tasks=tasks)

    def read_states(self) -> tuple[TakeState, ...]:
        """The takes as they are now."""
        snapshot = self.space.snapshot() if self.work else self.snapshot
        return self.space.read_states(self.store.submissions(), snapshot)

    def find_waiting(self, states: Sequence[TakeState]) -> Mapping[str, Action]:
        """The selected takes that were not sent, as `find_waiting` says; `states` are current."""
        return find_waiting(
            self.space,
            self.store.submissions(),
            self.space.snapshot(),
            states,
            passed=self.store.passed(),
            now=datetime.now(timezone.utc),
            selected={action.take.id for action in self.plan.actions},
            obstacle_to=obstacle_finder(self.space, self.pricing.catalog),
        )


@contextmanager
def prepare(
    space: Workspace,
    arguments: PlanArguments,
    *,
    catalog: Catalog,
    lock_timeout_s: float,
    past: Sequence[str],
    tell: Callable[[str], None],
) -> Iterator[Prepared]:
    """Takes the lock, opens the state, adopts what the manifest knows, and makes the plan.

    `tell` is given what the user should know besides the plan. The videos of the takes and
    shots `past` are approved: what shows their frames can be sent. Raises Refused if this
    folder is new and one beside it holds most of its takes, unless `arguments.is_fresh`.
    """
    selection, options = arguments.selection, arguments.options
    select_takes(space.storyboard.takes, selection)  # before a folder is created for a misspelt one
    check_paused(space.storyboard.takes, past)
    with open_folder(space, tell=tell, lock_timeout_s=lock_timeout_s) as store:
        known, snapshot = store.submissions(), space.snapshot()
        if not arguments.is_fresh:
            refuse_to_pay_again(space, known)
        approve(space, store, snapshot, past, tell=tell)
        plan = plan_render(
            space,
            known,
            snapshot,
            selection,
            options,
            passed=store.passed(),
            catalog=catalog,
            tell=tell,
        )
        if not known:
            remove_partial_files(space.real_folder, known, now=datetime.now(timezone.utc))
        pricing = pricing_for(space.storyboard, catalog, arguments.price_usd)
        yield Prepared(space, store, snapshot, plan, pricing, options)


def check_account(films: Sequence[Prepared]) -> None:
    """Raises AccountError if a key is needed and cannot be found; some renders need none."""
    if any(film.work for film in films):
        from storyboard.project.connection import find_credentials

        find_credentials(films[0].space.origin)


def engine_settings(
    catalog: Catalog,
    *,
    download: bool,
    timeout_s: float | None = None,
    concurrency: int | None = None,
    requests_per_minute: int | None = None,
    max_cost_micros: int | None = None,
) -> EngineSettings:
    """The limits of a run with the models of `catalog`; None means what the account allows."""
    from storyboard.engine.job import EngineSettings
    from storyboard.project.pictures import PictureRules

    def card(model: str) -> ModelCard:
        from storyboard.project.connection import card_of

        return card_of(catalog, model)

    def retention_s(model: str) -> float:
        known = catalog.get_usable(model)  # what was already sent continues without its card
        return (known.service.retention_h if known else _RETENTION_H) * 3600

    def slowest_s(model: str) -> float:
        known = catalog.get_usable(model)
        return known.slowest_s if known else SLOWEST_S

    rules = PictureRules(card)
    return EngineSettings(
        endpoint_of=lambda model: card(model).endpoint,
        retention_s=retention_s,
        slowest_s=slowest_s,
        concurrency=concurrency,
        requests_per_minute=requests_per_minute,
        download=download,
        timeout_s=timeout_s,
        max_cost_micros=max_cost_micros,
        takes_data=rules.takes_data,
        check_picture=rules.check_picture,
        check_body=rules.check_body,
    )


def plan_render(
    space: Workspace,
    known: Sequence[Submission],
    snapshot: FolderSnapshot,
    selection: Selection,
    options: PlanOptions,
    *,
    passed: Passed,
    catalog: Catalog,
    tell: Callable[[str], None],
) -> Plan:
    """What a render would do now. `known` are all submissions of the folder.

    Effect: if it would call a link expired, it asks the API for the time, which is free.

    Raises PaymentUnknown if there are videos that belong to no known submission.
    """
    check_not_emptied(space, known)
    takes, tasks = space.storyboard.takes, snapshot.manifest_tasks
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
    return plan
