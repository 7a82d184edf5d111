"""`storyboard render`: read, plan, ask, carry out, write the results."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from storyboard.console.arguments import files_argument
from storyboard.console.closing_line import closing_line
from storyboard.console.completers import complete_takes
from storyboard.console.event_file import EventFile, writing_events
from storyboard.console.exit_codes import exit_codes
from storyboard.console.options import (
    FILE,
    FolderOptions,
    PaymentOptions,
    PlanningOptions,
    SelectionOptions,
    VariableOptions,
    given_flags,
    json_option,
    plan_arguments,
    plan_words,
    strict_option,
    with_options,
)
from storyboard.console.plan_lines import describe_plan, price_lines
from storyboard.console.printing import ask, say
from storyboard.console.read_storyboards import read_sound
from storyboard.console.run_options import DisplayOptions, RunOptions
from storyboard.console.sandbox_options import SandboxOptions
from storyboard.console.signals import interrupting
from storyboard.console.summary import print_outcome
from storyboard.engine.job import Progress, RunResult
from storyboard.errors import ExitCode, Refused, UsageError
from storyboard.models.catalog import Catalog, load_catalog
from storyboard.names import from_file_name
from storyboard.planning.cost import Bill, Caps, check_caps, sum_bills
from storyboard.planning.saved_plan import SavedPlan
from storyboard.project.film_caps import check_film_caps
from storyboard.project.outcome import carry_out, exit_code_of
from storyboard.project.rendering import Prepared, check_account, prepare
from storyboard.project.saved_plans import begin_plan, check_plan, files_of, read_plan
from storyboard.project.workspace import find_workspaces

if TYPE_CHECKING:
    from storyboard.sandbox.settings import SandboxSettings


@click.command(
    epilog=exit_codes(
        ExitCode.INCOMPLETE,
        ExitCode.REFUSED,
        ExitCode.UNKNOWN,
        ExitCode.TIMEOUT,
        ExitCode.STORAGE,
        ExitCode.LOCKED,
        ExitCode.ACCOUNT,
        OK="every selected take is current",
    )
)
@files_argument
@click.option(
    "--plan",
    "plan_file",
    type=FILE,
    is_eager=True,
    metavar="PLAN",
    help="Carry out a plan saved with plan --out, exactly and once, without asking.",
)
@click.option(
    "--past",
    multiple=True,
    metavar="ID",
    shell_complete=complete_takes,
    help="Approve the current video of a paused take or shot, and render what follows it.",
)
@with_options(
    variables=VariableOptions,
    where=FolderOptions,
    which=SelectionOptions,
    planning=PlanningOptions,
    running=RunOptions,
    payment=PaymentOptions,
    display=DisplayOptions,
    rehearsal=SandboxOptions,
)
@strict_option
@json_option
def command(
    *,
    files: tuple[Path, ...],
    plan_file: Path | None,
    past: tuple[str, ...],
    variables: VariableOptions,
    where: FolderOptions,
    which: SelectionOptions,
    planning: PlanningOptions,
    running: RunOptions,
    payment: PaymentOptions,
    display: DisplayOptions,
    rehearsal: SandboxOptions,
    strict: bool,
    as_json: bool,
) -> int:
    """Render storyboards: submit what is new, download it, write the manifest and the gallery.

    Run it again and it picks up where it left off; if nothing has changed, it does nothing.

    With --plan, the saved plan says which takes are rendered, and at what cost. Give
    the options that say how storyboards are read and where the results go (--var,
    --sandbox, --output, ...) as you gave them to `plan`.

    If a shot has `pause: true`, takes that use its frames are sent only after you approve its video
    with --past. A new video needs a new approval.

    \b
    Examples:
      storyboard render film.yaml --sandbox
      storyboard render film.yaml --price 0.09 --max-cost 20 --yes
      storyboard render film.yaml --failed --retry-failed --yes
      storyboard render film.yaml --past pier-1
      storyboard render --plan plan.json
    """
    started_at = time.monotonic()
    saved = _read_saved(plan_file, which, planning, past)
    if saved is not None and plan_file is not None:
        files = files or files_of(saved, plan_file)
    arguments = saved.arguments if saved else plan_arguments(which, planning)
    catalog, sandbox = load_catalog(), rehearsal.settings_for_render(is_sandbox=where.sandbox)
    boards = read_sound(
        files, catalog, variables, strict=strict, as_json=as_json, prices=planning.price_files
    )
    spaces = find_workspaces(boards, where.folders, from_manifest=arguments.from_manifest)
    words = [*plan_words(arguments), *planning.price_words]
    with writing_events(display.events) as events, ExitStack() as stack:
        films = [
            stack.enter_context(
                prepare(
                    space,
                    arguments,
                    catalog=catalog,
                    lock_timeout_s=running.lock_wait_s(time.monotonic() - started_at),
                    past=tuple(map(from_file_name, past)),
                    tell=say,
                )
            )
            for space in spaces
        ]
        bill = _check(films, payment.caps, saved, price_usd=planning.price_usd)
        if display.verbose:
            say(*_plan_lines(films, words))
        if not where.sandbox:
            check_account(films)
            if bill.may_pay and not payment.yes and saved is None:
                started_at += _ask(films, words, bill, is_capped=payment.caps.are_given)
        if saved is not None:
            if not display.quiet:
                say(f"{plan_file}: {bill.sentence}")
            begin_plan(saved, films)
        events.note_started(sum(len(film.work) for film in films))
        run = partial(
            _run,
            catalog=catalog,
            running=running,
            display=display,
            sandbox=sandbox,
            events=events,
            started_at=started_at,
            max_cost_micros=None if where.sandbox else _max_cost(payment, saved),
        )
        # The sandbox keeps its tasks in the output folder, so each folder has its own.
        outcomes, results = carry_out([[film] for film in films] if where.sandbox else [films], run)
        code = exit_code_of(outcomes, results, arguments.options)
        events.note_ended(code)
    quiet, download = display.quiet, arguments.options.download
    print_outcome(outcomes, results, words=words, download=download, as_json=as_json, quiet=quiet)
    if not quiet:
        say(closing_line(outcomes, download=download, elapsed_s=time.monotonic() - started_at))
    return code


def _read_saved(
    plan_file: Path | None,
    which: SelectionOptions,
    planning: PlanningOptions,
    past: tuple[str, ...],
) -> SavedPlan | None:
    """The saved plan. Raises UsageError for options that a saved plan has already decided."""
    if plan_file is None:
        return None
    flags = given_flags(which) + given_flags(replace(planning, price_usd=None, price_files=()))
    flags += ["--past"] if past else []
    if flags:
        raise UsageError(
            f"{' and '.join(flags)} cannot be used with --plan, which decides what is rendered",
            next_step=f"leave {'it' if len(flags) == 1 else 'them'} out, or save another plan",
        )
    return read_plan(plan_file)


def _check(
    films: Sequence[Prepared], caps: Caps, saved: SavedPlan | None, *, price_usd: float | None
) -> Bill:
    """What the films cost. Raises Refused if that exceeds a cap, or differs from a saved plan."""
    bill = sum_bills(film.bill for film in films)
    if saved is not None:
        check_plan(saved, films, bill, price_usd=price_usd)
    check_caps(bill, caps)
    for film in films:
        check_film_caps(film)
    return bill


def _max_cost(payment: PaymentOptions, saved: SavedPlan | None) -> int | None:
    """What this render may spend at most, in micros: the lower of its own cap and of the plan's."""
    caps = [payment.caps.cost_micros, saved.caps.cost_micros if saved else None]
    return min((cap for cap in caps if cap is not None), default=None)


def _plan_lines(films: Sequence[Prepared], words: Sequence[str]) -> list[str]:
    lines = [line for film in films for line in describe_plan(film, words)]
    return [*lines, *price_lines((film.plan, film.pricing) for film in films)]


def _ask(films: Sequence[Prepared], words: Sequence[str], bill: Bill, *, is_capped: bool) -> float:
    """Asks the person at the terminal before anything is paid; the seconds until the answer.

    Raises Refused if the answer is no, or nobody is there to give one and nothing `is_capped`.
    """
    if sys.stdin.isatty() and sys.stderr.isatty():
        asked_at = time.monotonic()
        say(*_plan_lines(films, words))
        if not ask(f"{bill.sentence}. Continue?"):
            raise Refused("nothing was sent", next_step="run again when you are sure")
        return time.monotonic() - asked_at
    if not is_capped:
        raise Refused(
            f"there is no terminal to ask at before paying ({bill.sentence})",
            next_step="use --yes, or set a cap with --max-takes, --max-seconds or --max-cost",
        )
    return 0.0


def _run(
    group: Sequence[Prepared],
    *,
    catalog: Catalog,
    running: RunOptions,
    display: DisplayOptions,
    sandbox: SandboxSettings | None,
    events: EventFile,
    started_at: float,
    max_cost_micros: int | None,
) -> RunResult:
    """Carries out the plans of a group."""
    total = sum(len(film.work) for film in group)
    if not total:
        return RunResult()
    # Imported here, because a render with nothing to do needs no network.
    from storyboard.console.progress import show_progress
    from storyboard.project.connection import connect
    from storyboard.project.run import protocol_of, run_engine

    download = group[0].options.download
    settings = running.engine_settings(
        catalog,
        download=download,
        elapsed_s=time.monotonic() - started_at,
        max_cost_micros=max_cost_micros,
    )
    protocol = protocol_of(group, catalog)
    space, allow_private = group[0].space, running.allow_private
    has_prices = any(film.pricing.is_given for film in group)
    with (
        connect(
            space, catalog, protocol=protocol, allow_private=allow_private, sandbox=sandbox
        ) as connection,
        show_progress(total, display, download=download, has_prices=has_prices) as view,
    ):

        def listen(change: Progress) -> None:
            events(change)
            view(change)

        return run_engine(
            group, connection, settings, listen, interrupting=interrupting, on_turn=view.on_turn
        )
