"""`storyboard render`: read, plan, ask, carry out, write what came of it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import click

from storyboard.console.options import (
    FILE,
    DisplayOptions,
    FolderOptions,
    PaymentOptions,
    PlanningOptions,
    RunOptions,
    SelectionOptions,
    VariableOptions,
    display_options,
    folder_options,
    json_option,
    payment_options,
    planning_options,
    run_options,
    selection_options,
    strict_option,
    variable_options,
)
from storyboard.console.plan_lines import describe_plan
from storyboard.console.printing import ask, say
from storyboard.console.read_storyboards import read_sound
from storyboard.console.signals import interrupting
from storyboard.console.summary import Outcome, exit_code_of, print_outcome
from storyboard.engine.clock import SystemClock
from storyboard.engine.job import EngineSettings, Job, Provenance, RunResult
from storyboard.errors import ExitCode, Refused, UsageError
from storyboard.models.card import ModelCard
from storyboard.models.catalog import Catalog, load_catalog
from storyboard.planning.cost import Bill, bill_for, check_caps
from storyboard.planning.plan import PlanOptions
from storyboard.planning.selection import Selection, select_takes
from storyboard.project.git import read_commit
from storyboard.project.output_folder import open_folder, write_outputs
from storyboard.project.workspace import (
    FolderSnapshot,
    Workspace,
    find_workspaces,
    with_manifest_takes,
)
from storyboard.records import ActionKind, Plan, TakeState
from storyboard.state.store import Store

if TYPE_CHECKING:
    from storyboard.project.connection import Connection

_WORK = (ActionKind.SUBMIT, ActionKind.RESUME, ActionKind.DOWNLOAD)


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A storyboard under its lock: the state file is open, and the plan is made from it."""

    space: Workspace
    store: Store
    snapshot: FolderSnapshot
    plan: Plan

    @property
    def work(self) -> int:
        """How many takes the plan does something about."""
        return sum(len(self.plan.of_kind(kind)) for kind in _WORK)


@click.command()
@click.argument("files", nargs=-1, required=True, type=FILE, metavar="FILE...")
@variable_options
@folder_options
@selection_options
@planning_options
@run_options
@payment_options
@display_options
@strict_option
@json_option
def command(
    *,
    files: tuple[Path, ...],
    variables: VariableOptions,
    where: FolderOptions,
    which: SelectionOptions,
    planning: PlanningOptions,
    running: RunOptions,
    payment: PaymentOptions,
    display: DisplayOptions,
    strict: bool,
    as_json: bool,
) -> int:
    """Render storyboards: submit what is new, download it, write the manifest and the gallery.

    Run again, it goes on where it was, and does nothing where nothing changed.
    """
    catalog, plan_options = load_catalog(), planning.plan_options
    boards = read_sound(files, catalog, variables, strict=strict, as_json=as_json)
    if not boards:
        return ExitCode.USAGE
    spaces = find_workspaces(boards, where.folders)
    if planning.from_manifest:
        spaces = [with_manifest_takes(space) for space in spaces]
    with ExitStack() as stack:
        prepared = [
            _prepare(
                space, which.selection, plan_options, stack, lock_timeout_s=running.lock_timeout_s
            )
            for space in spaces
        ]
        bill = bill_for([item.plan for item in prepared], catalog, price_usd=planning.price_usd)
        check_caps(bill, payment.caps)
        if display.verbose:
            _say_plans(prepared)
        if not where.sandbox:
            _ask(prepared, bill, is_free_to_go=payment.yes, is_capped=payment.caps.are_given)
        # The sandbox keeps its tasks in the output folder, so each folder has its own.
        groups = [[item] for item in prepared] if where.sandbox else [prepared]
        results: list[RunResult] = []
        outcome: list[Outcome] = []
        for group in groups:
            is_over = any(result.was_interrupted for result in results)
            try:
                result = _run(
                    group,
                    catalog,
                    running,
                    display,
                    download=plan_options.download,
                    is_over=is_over,
                )
                results.append(result)
            finally:
                outcome += [(item.space, item.plan, _write(item)) for item in group]
    print_outcome(outcome, results, plan_options, as_json=as_json, quiet=display.quiet)
    return exit_code_of(outcome, results, plan_options)


def _prepare(
    space: Workspace,
    selection: Selection,
    plan_options: PlanOptions,
    stack: ExitStack,
    *,
    lock_timeout_s: float,
) -> _Prepared:
    """Takes the lock, opens the state, adopts what the manifest knows, and plans."""
    selected = select_takes(space.storyboard.takes, selection)
    store = stack.enter_context(open_folder(space, lock_timeout_s=lock_timeout_s))
    now = datetime.now(timezone.utc)
    snapshot = space.snapshot()
    plan = space.make_plan(
        store.submissions(), snapshot, now=now, selected=selected, options=plan_options
    )
    return _Prepared(space, store, snapshot, plan)


def _ask(
    prepared: Sequence[_Prepared], bill: Bill, *, is_free_to_go: bool, is_capped: bool
) -> None:
    """Asks the person at the terminal before anything is paid.

    Raises Refused where the answer is no, or nobody is there to give one.
    """
    if not bill.takes or is_free_to_go:
        return
    if sys.stdin.isatty() and sys.stderr.isatty():
        _say_plans(prepared)
        if not ask(f"{bill.sentence}. Go on?"):
            raise Refused("nothing was sent", next_step="run again when you are sure")
    elif not is_capped:
        raise Refused(
            f"nobody is here to be asked before paying ({bill.sentence})",
            next_step="say --yes, or set a cap with --max-takes, --max-seconds or --max-cost",
        )


def _say_plans(prepared: Sequence[_Prepared]) -> None:
    for item in prepared:
        say(*describe_plan(item.space, item.plan))


def _run(
    group: Sequence[_Prepared],
    catalog: Catalog,
    running: RunOptions,
    display: DisplayOptions,
    *,
    download: bool,
    is_over: bool,
) -> RunResult:
    """Carries out the plans of a group, or nothing where the person has ended the render."""
    work = sum(item.work for item in group)
    if is_over or not work:
        return RunResult()
    # Here, since a render with nothing to do needs no network.
    from storyboard.project.connection import connect

    protocol = _protocol(group, catalog)
    with connect(
        group[0].space, catalog, protocol=protocol, allow_private=running.allow_private
    ) as connection:
        return _carry_out(
            group, connection, catalog, running, display, download=download, total=work
        )


def _write(item: _Prepared) -> tuple[TakeState, ...]:
    """Writes the outputs, whatever has happened; the takes as they are now."""
    snapshot = item.space.snapshot() if item.work else item.snapshot
    return write_outputs(item.space, item.store, snapshot)


def _card(catalog: Catalog, model: str) -> ModelCard:
    card = catalog.get(model)
    if card is None:
        raise UsageError(
            f"there is no model card for {model}, which an earlier render used",
            next_step="put the card back, or use the storyboard version that has it",
        )
    return card


def _protocol(group: Sequence[_Prepared], catalog: Catalog) -> str:
    """The wire protocol of all that the plans do, which is something; one origin speaks one."""
    work = [action for item in group for kind in _WORK for action in item.plan.of_kind(kind)]
    protocols = {_card(catalog, action.take.model).protocol for action in work}
    if len(protocols) > 1:
        names = ", ".join(sorted(protocols))
        raise UsageError(
            f"these takes speak several protocols ({names}), and one render speaks one",
            next_step="render their models apart, with --only",
        )
    return protocols.pop()


def _carry_out(
    group: Sequence[_Prepared],
    connection: Connection,
    catalog: Catalog,
    running: RunOptions,
    display: DisplayOptions,
    *,
    download: bool,
    total: int,
) -> RunResult:
    from storyboard.console.progress import show_progress
    from storyboard.engine.loop import Engine

    settings = EngineSettings(
        endpoint_of=lambda model: _card(catalog, model).endpoint,
        retention_s=lambda model: _card(catalog, model).retention_h * 3600,
        concurrency=running.concurrency,
        requests_per_minute=running.requests_per_minute,
        download=download,
        timeout_s=running.timeout_s,
    )
    jobs = [_job(item, connection) for item in group]
    with show_progress(
        total,
        enabled=not (display.no_progress or display.verbose),
        download=download,
        quiet=display.quiet,
    ) as view:
        engine = Engine(
            jobs,
            connection.api,
            connection.fetch,
            settings=settings,
            clock=SystemClock(),
            listener=view,
        )
        with interrupting(engine.interrupt):
            return engine.run()


def _job(item: _Prepared, connection: Connection) -> Job:
    board = item.space.storyboard
    files = [Path(name) for name in board.sources]
    commit, is_dirty = read_commit(board.path.parent, files)
    return Job(
        name=str(board.path),
        plan=item.plan,
        store=item.store,
        folder=item.space.folder,
        provenance=Provenance(commit, is_dirty, connection.profile, connection.user_id),
    )
