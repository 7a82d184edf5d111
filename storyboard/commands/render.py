"""`storyboard render`: read, plan, ask, carry out, write the results."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
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
    given_words,
    json_option,
    plan_arguments,
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
from storyboard.engine.job import EngineSettings, Progress, RunResult
from storyboard.errors import ExitCode, Refused, StateError, StorageFailed, TimeIsUp, UsageError
from storyboard.models.catalog import Catalog, load_catalog
from storyboard.names import from_file_name
from storyboard.planning.cost import Bill, check_caps, sum_bills
from storyboard.planning.saved_plan import SavedPlan
from storyboard.project.film_caps import check_film_caps
from storyboard.project.outcome import Outcome, exit_code_of, finish, stopped_by_storage
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
    help="Approve the video that a paused take or shot has now, and go on with what follows it.",
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

    With `pause: true` in a shot, what shows its frames is not sent before you approve its
    video with --past. A new video needs a new approval.

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
    words = [*given_words(which), *variables.words, *planning.price_words]
    work = saved.arguments if saved else plan_arguments(which, planning)
    catalog, plan_options = load_catalog(), work.options
    sandbox = _sandbox_settings(where, rehearsal)
    boards = read_sound(
        files, catalog, variables, strict=strict, as_json=as_json, prices=planning.price_files
    )
    spaces = find_workspaces(
        boards, where.folders, from_manifest=work.from_manifest, allowed=variables.allowed_paths
    )
    with writing_events(display.events) as events, ExitStack() as stack:
        films = [
            stack.enter_context(
                prepare(
                    space,
                    work.selection,
                    plan_options,
                    catalog=catalog,
                    lock_timeout_s=running.lock_wait_s(time.monotonic() - started_at),
                    is_fresh=work.is_fresh,
                    price_usd=work.price_usd,
                    past=tuple(map(from_file_name, past)),
                    tell=say,
                )
            )
            for space in spaces
        ]
        bill = sum_bills(film.bill for film in films)
        if saved is not None:
            check_plan(saved, films, bill, price_usd=planning.price_usd)
        check_caps(bill, payment.caps)
        for film in films:
            check_film_caps(film)

        def plan_lines() -> list[str]:
            of_films = (describe_plan(film, film.pricing, words) for film in films)
            prices = price_lines((film.plan, film.pricing) for film in films)
            return [*(line for lines in of_films for line in lines), *prices]

        if display.verbose:
            say(*plan_lines())
        if not where.sandbox:
            check_account(films)
            asked_at = time.monotonic()
            is_sure = payment.yes or saved is not None
            _ask(plan_lines, bill, is_free_to_go=is_sure, is_capped=payment.caps.are_given)
            started_at += time.monotonic() - asked_at  # the person's time, not the run's
        if saved is not None:
            if not display.quiet:
                say(f"{plan_file}: {bill.sentence}")
            begin_plan(saved, films)
        events.note_started(sum(len(film.work) for film in films))
        results: list[RunResult] = []
        outcome: list[Outcome] = []
        # The sandbox keeps its tasks in the output folder, so each folder has its own.
        for group in [[film] for film in films] if where.sandbox else [films]:
            settings = running.engine_settings(
                catalog,
                download=plan_options.download,
                elapsed_s=time.monotonic() - started_at,
                max_cost_micros=None if where.sandbox else _max_cost(payment, saved),
            )
            try:
                if not any(map(_ends_the_render, results)):
                    results.append(
                        _run(
                            group,
                            catalog,
                            settings,
                            running,
                            display=display,
                            sandbox=sandbox,
                            events=events,
                        )
                    )
            finally:
                outcome += [finish(film, results) for film in group]
        code = exit_code_of(outcome, results, plan_options)
        events.note_ended(code)
    print_outcome(outcome, results, plan_options, words=words, as_json=as_json, quiet=display.quiet)
    if not display.quiet:
        line = closing_line(
            [
                (one.plan, one.states, film.pricing, one.waiting)
                for one, film in zip(outcome, films, strict=True)
            ],
            download=plan_options.download,
            elapsed_s=time.monotonic() - started_at,
        )
        say(line)
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


def _max_cost(payment: PaymentOptions, saved: SavedPlan | None) -> int | None:
    """What this render may spend at most, in micros: the lower of its own cap and of the plan's."""
    caps = [payment.caps.cost_micros, saved.caps.cost_micros if saved else None]
    return min((cap for cap in caps if cap is not None), default=None)


def _sandbox_settings(where: FolderOptions, rehearsal: SandboxOptions) -> SandboxSettings | None:
    """How the sandbox behaves; None without --sandbox.

    Raises UsageError if its options are given without it, because that render would cost money.
    """
    if where.sandbox:
        from storyboard.sandbox.settings import UNLIMITED

        return rehearsal.settings(UNLIMITED)
    if flags := given_flags(rehearsal):
        raise UsageError(
            f"{' and '.join(flags)} {'is' if len(flags) == 1 else 'are'} for the sandbox, "
            "and this render is not in it",
            next_step="add --sandbox to rehearse, or leave it out to render for money",
        )
    return None


def _ask(
    plan_lines: Callable[[], list[str]], bill: Bill, *, is_free_to_go: bool, is_capped: bool
) -> None:
    """Asks the person at the terminal before anything is paid, under the lines of the plan.

    Raises Refused if the answer is no, or nobody is there to give one.
    """
    if not bill.may_pay or is_free_to_go:
        return
    if sys.stdin.isatty() and sys.stderr.isatty():
        say(*plan_lines())
        if not ask(f"{bill.sentence}. Continue?"):
            raise Refused("nothing was sent", next_step="run again when you are sure")
    elif not is_capped:
        raise Refused(
            f"there is no terminal to ask at before paying ({bill.sentence})",
            next_step="use --yes, or set a cap with --max-takes, --max-seconds or --max-cost",
        )


def _run(
    group: Sequence[Prepared],
    catalog: Catalog,
    settings: EngineSettings,
    running: RunOptions,
    *,
    display: DisplayOptions,
    sandbox: SandboxSettings | None,
    events: EventFile,
) -> RunResult:
    """Carries out the plans of a group."""
    total = sum(len(film.work) for film in group)
    if not total:
        return RunResult()
    # Imported here, because a render with nothing to do needs no network.
    from storyboard.console.progress import show_progress
    from storyboard.project.connection import connect
    from storyboard.project.run import make_engine, protocol_of

    protocol = protocol_of(group, catalog)
    space, allow_private = group[0].space, running.allow_private
    has_prices = any(film.pricing.is_given for film in group)
    with (
        connect(
            space, catalog, protocol=protocol, allow_private=allow_private, sandbox=sandbox
        ) as connection,
        show_progress(total, display, download=settings.download, has_prices=has_prices) as view,
    ):

        def listen(change: Progress) -> None:
            events(change)
            view(change)

        engine = make_engine(group, connection, settings, listen, view.on_turn)
        try:
            with interrupting(engine.interrupt):
                return engine.run()
        except StateError as error:
            return stopped_by_storage(error)


def _ends_the_render(result: RunResult) -> bool:
    """Whether films that have not been started are not started any more."""
    return result.was_interrupted or isinstance(result.stopped_by, (TimeIsUp, StorageFailed))
