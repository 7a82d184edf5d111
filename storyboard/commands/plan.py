"""`storyboard plan`: what a render would do, and why; sends nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import click

from storyboard.console.arguments import STDIN, files_argument_or_stdin, is_file
from storyboard.console.choices import Choice
from storyboard.console.documents import space_document
from storyboard.console.exit_codes import NO_RECORD, exit_codes
from storyboard.console.graph_lines import GRAPHS, Graph, free_lines, graph_of, graph_rows
from storyboard.console.options import (
    FILE,
    CapOptions,
    FolderOptions,
    PlanningOptions,
    SelectionOptions,
    TrialOptions,
    VariableOptions,
    given_words,
    json_option,
    plan_arguments,
    strict_option,
    with_options,
)
from storyboard.console.own_cards import models_of, own_cards, replacement_lines
from storyboard.console.plan_lines import (
    approval_lines,
    left_out_lines,
    plan_heads,
    plan_rows,
    price_lines,
    scene_lines,
    trial_lines,
)
from storyboard.console.printing import print_json, print_lines, say
from storyboard.console.read_storyboards import read_sound
from storyboard.console.tables import print_rows
from storyboard.errors import ExitCode, UsageError
from storyboard.models.catalog import Catalog, load_catalog
from storyboard.money import to_usd
from storyboard.names import SANDBOX
from storyboard.outputs.manifest.times import time_text
from storyboard.planning.cost import (
    Bill,
    Pricing,
    bill_for,
    bill_of,
    check_caps,
    pricing_for,
    requests_of,
    sum_bills,
    takes_lost,
)
from storyboard.planning.links import NO_LINKS, Links, links_of
from storyboard.planning.plan import PlanOptions
from storyboard.planning.selection import Selection
from storyboard.planning.states import HasFile, find_deleted
from storyboard.project.manifests import known_submissions
from storyboard.project.neighbour import Neighbour, find_neighbour
from storyboard.project.rendering import plan_render
from storyboard.project.saved_plans import save_plan
from storyboard.project.trial import plan_trial
from storyboard.project.workspace import Workspace, find_workspaces
from storyboard.records import TO_SEND, Action, Plan
from storyboard.reporting.display_names import display_name
from storyboard.state.queries import read_passed

_TEXT = "text"


class _Command(click.Command):
    """Takes `--graph FILE` as what people mean by it: the file, and the default form."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        for number, (word, following) in enumerate(pairwise(args)):
            if word == "--graph" and is_file(following):
                args = [*args[:number], f"--graph={_TEXT}", *args[number + 1 :]]
        return super().parse_args(ctx, args)


@click.command(
    cls=_Command,
    epilog=exit_codes(
        ExitCode.REFUSED, UNKNOWN=NO_RECORD, CHANGED="something would be rendered (with --check)"
    ),
)
@files_argument_or_stdin
@with_options(
    variables=VariableOptions,
    trial=TrialOptions,
    where=FolderOptions,
    which=SelectionOptions,
    planning=PlanningOptions,
    limits=CapOptions,
)
@click.option(
    "--out",
    type=FILE,
    metavar="PLAN",
    help="Save the plan, so that render --plan can carry it out, exactly and once.",
)
@click.option(
    "--graph",
    "graph_form",
    is_flag=False,
    flag_value=_TEXT,
    type=Choice([_TEXT, *GRAPHS]),
    help="Show which takes show frames of which, as text or for another program.",
)
@click.option(
    "--check",
    is_flag=True,
    help=f"Exit with {ExitCode.CHANGED.value} if anything would be rendered.",
)
@strict_option
@json_option
def command(
    *,
    files: tuple[Path, ...],
    variables: VariableOptions,
    trial: TrialOptions,
    where: FolderOptions,
    which: SelectionOptions,
    planning: PlanningOptions,
    limits: CapOptions,
    out: Path | None,
    graph_form: str | None,
    check: bool,
    strict: bool,
    as_json: bool,
) -> int:
    """Show what a render would do with each take: submit, resume, download, keep, wait, hold, ask.

    A take that shows a frame of another waits until that one's video is in place; then the
    same render submits it. Its cost is counted.

    `render --plan` carries out a plan saved with --out without asking, or refuses it
    if the storyboard, what was rendered or the costs have changed.

    With --variant or --model, a seed gives other pictures: it does not carry over to another
    resolution or model. A plan made with --model shows what that model would cost, and
    cannot be rendered.

    \b
    Examples:
      storyboard plan film.yaml --price 0.09
      storyboard plan film.yaml --variant draft --price 0.04
      storyboard plan film.yaml --check --tag hero
      storyboard plan film.yaml --graph
      storyboard plan film.yaml --graph=mermaid > film.mmd
      storyboard plan film.yaml --price 0.09 --max-cost 20 --out plan.json
    """
    if out is not None and STDIN in files:
        raise UsageError(
            "a plan of standard input cannot be saved, because it could not be rendered later",
            next_step="save the storyboard to a file, and name the file",
        )
    if trial.model is not None:
        _check_trial(out, planning)
    catalog = load_catalog()
    boards = read_sound(
        files,
        catalog,
        variables,
        strict=strict,
        as_json=as_json,
        model=trial.model,
        prices=planning.price_files,
    )
    spaces = find_workspaces(
        boards, where.folders, from_manifest=planning.from_manifest, allowed=variables.allowed_paths
    )
    # A storyboard from standard input has no folder of its own.
    is_new = not planning.fresh and STDIN not in files
    now = datetime.now(timezone.utc)
    planned = [
        _try(space, trial.model, which.selection, planning.plan_options, now=now)
        if trial.model is not None
        else _plan(
            space, which.selection, planning.plan_options, catalog, now=now, may_be_new=is_new
        )
        for space in spaces
    ]
    plans = [one.plan for one in planned]
    pricings = [pricing_for(one.space.storyboard, catalog, planning.price_usd) for one in planned]
    priced = list(zip(planned, pricings, strict=True))
    bill = sum_bills(bill_for(one.plan, pricing) for one, pricing in priced)
    check_caps(bill, limits.caps)
    if out is not None:
        arguments = plan_arguments(which, planning)
        pairs = [(one.space, one.plan) for one in planned]
        save_plan(out, pairs, arguments=arguments, caps=limits.caps, bill=bill)
    if as_json:
        print_json({"tried_model": trial.model, **_document(priced, bill, catalog)})
    elif graph_form is not None and graph_form != _TEXT:
        print_lines(GRAPHS[graph_form](map(_graph, planned)))
    else:
        for one, pricing in priced:
            _print_takes(one, pricing, as_graph=graph_form is not None)
            print_lines(scene_lines(one.plan, pricing))
            print_lines(left_out_lines(one.space, one.plan, one.deleted))
            words = [*given_words(which), *variables.words, *planning.price_words]
            print_lines(approval_lines(one.space, one.plan.actions, words))
            board = one.space.storyboard
            replaced = replacement_lines(models_of(board), catalog.of(board.path))
            print_lines(f"  {line}" for line in replaced)
            print_lines(one.links.sentences(now))
        print_lines([bill.sentence])
        print_lines(price_lines((one.plan, pricing) for one, pricing in priced))
        gone = sum_bills(bill_of(takes_lost(one.plan), pricing) for one, pricing in priced)
        if gone.takes:
            print_lines([f"with --rerender: {gone.sentence} again"])
        print_lines(line for one in planned for line in _advice(one.neighbour))
        print_lines(trial_lines(plans, catalog, trial.model, variables.variant))
    if out is not None:
        others = [str(space.storyboard.path) for space in spaces[1:]]
        words = [*others, "--plan", str(out), *variables.words, *planning.price_words]
        say(f"saved; to carry it out: {spaces[0].command('render', *words)}")
    return ExitCode.CHANGED if check and bill.takes else ExitCode.OK


class _Planned(NamedTuple):
    """A storyboard with its plan, and what else to tell the user."""

    space: Workspace
    plan: Plan
    has_file: HasFile
    links: Links
    neighbour: Neighbour | None
    deleted: Sequence[str]


def _plan(
    space: Workspace,
    selection: Selection,
    options: PlanOptions,
    catalog: Catalog,
    *,
    now: datetime,
    may_be_new: bool,
) -> _Planned:
    known = known_submissions(space, tell=say)
    snapshot = space.snapshot()
    passed = read_passed(space.state)
    plan = plan_render(
        space, known, snapshot, selection, options, passed=passed, catalog=catalog, tell=say
    )
    # A clone cannot download from another machine's sandbox.
    links = NO_LINKS if space.origin == SANDBOX else links_of(plan, now=now)
    neighbour = find_neighbour(space, known) if may_be_new else None
    takes, tasks = space.storyboard.takes, snapshot.manifest_tasks
    deleted = find_deleted(takes, known, manifest_tasks=tasks)
    return _Planned(space, plan, snapshot.has_file, links, neighbour, deleted)


def _print_takes(one: _Planned, pricing: Pricing, *, as_graph: bool) -> None:
    heads = plan_heads(one.space, one.plan, one.has_file)
    if not as_graph:
        print_rows(heads, plan_rows(one.plan, pricing))
        return
    graph = _graph(one)
    print_rows(heads, graph_rows(graph))
    print_lines(free_lines(graph))


def _graph(one: _Planned) -> Graph:
    board = one.space.storyboard
    return graph_of(display_name(board), board.takes, one.plan)


def _check_trial(out: Path | None, planning: PlanningOptions) -> None:
    """Raises UsageError for what makes no sense where another model is tried."""
    if out is not None:
        raise UsageError(
            "a plan that tries a model cannot be saved, since no render could carry it out",
            next_step="write the model in the storyboard or in a variant, and plan that",
        )
    if planning.from_manifest:
        raise UsageError(
            "--from-manifest plans requests as they were recorded, and --model changes their model",
            next_step="leave one of them out",
        )


def _try(
    space: Workspace, model: str, selection: Selection, options: PlanOptions, *, now: datetime
) -> _Planned:
    snapshot, known = space.snapshot(), known_submissions(space, tell=say)
    plan = plan_trial(space, known, snapshot, selection, options, model=model, now=now)
    return _Planned(space, plan, snapshot.has_file, NO_LINKS, None, ())


def _advice(found: Neighbour | None) -> tuple[str, ...]:
    if found is None:
        return ()
    return (
        f"{found.folder} has {found.held} of the {found.requests} new requests; a render stops "
        "until they are adopted, or renders them again with --fresh",
        f"    next: {found.command}",
    )


def _document(
    priced: Sequence[tuple[_Planned, Pricing]], bill: Bill, catalog: Catalog
) -> dict[str, Any]:
    return {
        "storyboards": [
            {
                **space_document(space),
                "actions": [_action_document(action, pricing) for action in plan.actions],
                "orphans": [_action_document(action, pricing) for action in plan.orphans],
                "skipped": list(space.storyboard.skipped),
                "not_in_storyboard": list(deleted),
                "own_cards": own_cards(
                    models_of(space.storyboard), catalog.of(space.storyboard.path)
                ),
                "prices_as_of": pricing.dates(requests_of(plan)),
                "links": _links_document(links),
                "held_beside": neighbour and _neighbour_document(neighbour),
            }
            for (space, plan, _, links, neighbour, deleted), pricing in priced
        ],
        "submissions": bill.takes,
        "fallbacks": bill.fallbacks,
        "video_s": bill.seconds,
        "cost_usd": bill.cost_usd,
    }


def _links_document(links: Links) -> dict[str, Any]:
    end = links.first_ends_at
    return {
        "videos": links.videos,
        "alive": links.alive,
        "first_expires_at": time_text(end) if end else None,
    }


def _neighbour_document(found: Neighbour) -> dict[str, Any]:
    return {"folder": str(found.folder), "requests": found.held, "next": found.command}


def _action_document(action: Action, pricing: Pricing) -> dict[str, Any]:
    is_paid = action.kind in TO_SEND and action.same_as is None
    return {
        "take": action.take.id,
        "scene": action.take.scene,
        "action": action.kind.value,
        "reason": action.reason,
        "same_as": action.same_as,
        "waits_for": [take.id for take in action.waits_for],
        "to_approve": list(action.to_approve),
        "model": action.take.model,
        "fallbacks": [one.model for one in action.take.fallbacks],
        "fingerprint": action.take.fingerprint,
        "cost_usd": to_usd(pricing.dearest(action.take)) if is_paid else None,
        "task_id": action.submission.task_id if action.submission else None,
    }
