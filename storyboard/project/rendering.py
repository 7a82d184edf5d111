"""Storyboards under their locks, each with its plan, when a render starts and when it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from storyboard.models.card import SLOWEST_S
from storyboard.models.catalog import Catalog
from storyboard.planning.plan import PlanOptions
from storyboard.planning.saved_plan import PlanArguments
from storyboard.planning.selection import select_takes
from storyboard.project.approval import approve, check_paused
from storyboard.project.manifest_inputs import obstacle_finder
from storyboard.project.neighbour import refuse_to_pay_again
from storyboard.project.output_folder import open_folder
from storyboard.project.preview import Preview, plan_render
from storyboard.project.waiting import find_waiting
from storyboard.project.workspace import Workspace
from storyboard.records import WORK, Action, TakeState
from storyboard.state.store import Store
from storyboard.videos.files import remove_partial_files

if TYPE_CHECKING:
    from storyboard.engine.job import EngineSettings
    from storyboard.models.card import ModelCard

_RETENTION_H = 24.0
"""How long links are valid if a model's card is gone."""


@dataclass(frozen=True, slots=True)
class Prepared(Preview):
    """A storyboard under its lock: the state file is open, and the plan is made from it."""

    store: Store
    options: PlanOptions

    @property
    def work(self) -> list[Action]:
        """The actions that do something."""
        return [action for kind in WORK for action in self.plan.of_kind(kind)]

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
    # Before a folder is created for a misspelt one.
    select_takes(space.storyboard.takes, arguments.selection)
    check_paused(space.storyboard.takes, past)
    with open_folder(space, tell=tell, lock_timeout_s=lock_timeout_s) as store:
        known, snapshot = store.submissions(), space.snapshot()
        if not arguments.is_fresh:
            refuse_to_pay_again(space, known)
        approve(space, store, snapshot, past, tell=tell)
        passed = store.passed()
        found = plan_render(
            space, arguments, known, snapshot, passed=passed, catalog=catalog, tell=tell
        )
        if not known:
            remove_partial_files(space.real_folder, known, now=datetime.now(timezone.utc))
        yield Prepared(space, known, snapshot, found.plan, found.pricing, store, arguments.options)


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
