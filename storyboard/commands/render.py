"""`storyboard render`: read, plan, ask, carry out, write what came of it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from storyboard.commands.plan import describe_plan
from storyboard.console.durations import DURATION
from storyboard.console.options import (
    FILE,
    folder_options,
    json_option,
    parse_folders,
    parse_plan_options,
    parse_selection,
    plan_options,
    selection_options,
    strict_option,
    variable_options,
)
from storyboard.console.printing import say
from storyboard.console.read_storyboards import read_sound
from storyboard.console.signals import interrupting
from storyboard.console.summary import Outcome, exit_code_of, print_outcome
from storyboard.engine.clock import SystemClock
from storyboard.engine.job import EngineSettings, Job, Provenance, RunResult
from storyboard.errors import ExitCode, Refused, UsageError
from storyboard.models.card import ModelCard
from storyboard.models.catalog import Catalog, load_catalog
from storyboard.planning.cost import Bill, Caps, bill_for, check_caps
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
@plan_options
@click.option("--concurrency", type=click.IntRange(min=1), metavar="N", help="Tasks in flight.")
@click.option(
    "--requests-per-minute", type=click.IntRange(min=1), metavar="N", help="The request budget."
)
@click.option("--timeout", type=DURATION, metavar="TIME", help="End the run after 90s, 30m, 2h.")
@click.option(
    "--lock-timeout",
    type=DURATION,
    default=0.0,
    metavar="TIME",
    help="Wait this long for another render of the same folder.",
)
@click.option(
    "--allow-private-network",
    is_flag=True,
    help="Download from private addresses too, as some proxies need it.",
)
@click.option("--max-takes", type=click.IntRange(min=0), metavar="N", help="Submit no more takes.")
@click.option(
    "--max-seconds", type=click.FloatRange(min=0), metavar="S", help="Nor more seconds of video."
)
@click.option(
    "--max-cost", type=click.FloatRange(min=0), metavar="USD", help="Nor for more than this."
)
@click.option("--yes", "-y", is_flag=True, help="Do not ask before paying.")
@click.option("--no-progress", is_flag=True, help="No progress bar.")
@click.option("--quiet", "-q", is_flag=True, help="Only trouble.")
@click.option("--verbose", "-v", is_flag=True, help="The plan first, and each change of a take.")
@strict_option
@json_option
def command(files: tuple[Path, ...], **options: Any) -> int:
    """Render storyboards: submit what is new, download it, write the manifest and the gallery.

    Run again, it goes on where it was, and does nothing where nothing changed.
    """
    folders, selection = parse_folders(options), parse_selection(options)
    plan_options = parse_plan_options(options)
    catalog = load_catalog()
    boards = read_sound(
        files, catalog, options, strict=options["strict"], as_json=options["as_json"]
    )
    if not boards:
        return ExitCode.USAGE
    spaces = find_workspaces(boards, folders)
    if options["from_manifest"]:
        spaces = [with_manifest_takes(space) for space in spaces]
    with ExitStack() as stack:
        prepared = [
            _prepare(space, selection, plan_options, stack, lock_timeout_s=options["lock_timeout"])
            for space in spaces
        ]
        bill = bill_for([item.plan for item in prepared], catalog, price_usd=options["price"])
        caps = Caps(options["max_takes"], options["max_seconds"], options["max_cost"])
        check_caps(bill, caps)
        if options["verbose"]:
            _say_plans(prepared)
        if not folders.sandbox:
            _ask(prepared, bill, is_free_to_go=options["yes"], is_capped=caps.are_given)
        # The sandbox keeps its tasks in the output folder, so each folder has its own.
        groups = [[item] for item in prepared] if folders.sandbox else [prepared]
        results: list[RunResult] = []
        outcome: list[Outcome] = []
        for group in groups:
            is_over = any(result.was_interrupted for result in results)
            try:
                results.append(_run(group, catalog, plan_options, options, is_over=is_over))
            finally:
                outcome += [(item.space, item.plan, _write(item)) for item in group]
    print_outcome(
        outcome, results, plan_options, as_json=options["as_json"], quiet=options["quiet"]
    )
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
        if not click.confirm(f"{bill.sentence}. Go on?", err=True):
            raise Refused("nothing was sent", next_step="run again when you are sure")
    elif not is_capped:
        raise Refused(
            f"nobody is here to be asked before paying ({bill.sentence})",
            next_step="say --yes, or set a cap with --max-takes, --max-seconds or --max-cost",
        )


def _say_plans(prepared: Sequence[_Prepared]) -> None:
    for item in prepared:
        say("\n".join(describe_plan(item.space, item.plan)))


def _run(
    group: Sequence[_Prepared],
    catalog: Catalog,
    plan_options: PlanOptions,
    options: dict[str, Any],
    *,
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
        group[0].space,
        catalog,
        protocol=protocol,
        allow_private=options["allow_private_network"],
    ) as connection:
        return _carry_out(group, connection, catalog, plan_options, options, total=work)


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
    plan_options: PlanOptions,
    options: dict[str, Any],
    *,
    total: int,
) -> RunResult:
    from storyboard.console.progress import show_progress
    from storyboard.engine.loop import Engine

    settings = EngineSettings(
        endpoint_of=lambda model: _card(catalog, model).endpoint,
        retention_s=lambda model: _card(catalog, model).retention_h * 3600,
        concurrency=options["concurrency"],
        requests_per_minute=options["requests_per_minute"],
        download=plan_options.download,
        timeout_s=options["timeout"],
    )
    jobs = [_job(item, connection) for item in group]
    with show_progress(
        total,
        enabled=not (options["no_progress"] or options["verbose"]),
        download=plan_options.download,
        quiet=options["quiet"],
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
