"""`storyboard plan`: what a render would do, and why; sends nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import click

from storyboard.console.arguments import STDIN, files_argument_or_stdin, is_file
from storyboard.console.documents import json_time, space_document
from storyboard.console.exit_codes import NO_RECORD, exit_codes
from storyboard.console.graph_lines import GRAPHS, Graph, free_lines, graph_of, graph_rows
from storyboard.console.option_types import Choice
from storyboard.console.options import (
    FILE,
    CapOptions,
    FolderOptions,
    PlanningOptions,
    SelectionOptions,
    TrialOptions,
    VariableOptions,
    json_option,
    plan_arguments,
    plan_words,
    strict_option,
    with_options,
)
from storyboard.console.own_cards import own_cards, replacement_lines
from storyboard.console.plan_lines import (
    lines_below,
    plan_heads,
    plan_rows,
    price_lines,
    trial_lines,
)
from storyboard.console.printing import print_json, print_lines, say
from storyboard.console.read_storyboards import read_sound
from storyboard.console.tables import print_rows
from storyboard.errors import ExitCode, UsageError
from storyboard.models.catalog import Catalog, load_catalog
from storyboard.money import to_usd
from storyboard.names import SANDBOX, as_argument
from storyboard.planning.cost import (
    Bill,
    Pricing,
    bill_for,
    bill_of,
    check_caps,
    requests_of,
    sum_bills,
    takes_lost,
)
from storyboard.planning.links import NO_LINKS, Links, links_of
from storyboard.planning.saved_plan import PlanArguments
from storyboard.planning.states import HasFile
from storyboard.project.neighbour import Neighbour, find_neighbour
from storyboard.project.preview import preview_render, preview_trial
from storyboard.project.saved_plans import save_plan
from storyboard.project.workspace import Workspace, find_workspaces
from storyboard.records import TO_SEND, Action, Plan

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
    help="Show which takes use frames of which: as text, or for Mermaid or Graphviz.",
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

    A take that uses a frame of another waits for its video, and is then submitted in the same
    render. Its cost is counted.

    `render --plan` carries out a plan saved with --out without asking, or refuses it
    if the storyboard, what was rendered or the costs have changed.

    A seed does not carry over to another resolution or model: there it gives another video. A
    plan made with --model shows what that model would cost, and cannot be rendered.

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
    catalog, arguments = load_catalog(), plan_arguments(which, planning)
    boards = read_sound(
        files,
        catalog,
        variables,
        strict=strict,
        as_json=as_json,
        model=trial.model,
        prices=planning.price_files,
    )
    spaces = find_workspaces(boards, where.folders, from_manifest=planning.from_manifest)
    now = datetime.now(timezone.utc)
    # A storyboard from standard input has no folder of its own.
    may_be_new = not planning.fresh and STDIN not in files
    planned = [
        _plan(space, arguments, catalog, now=now, may_be_new=may_be_new)
        if trial.model is None
        else _try(space, arguments, catalog, now=now, model=trial.model)
        for space in spaces
    ]
    bill = sum_bills(bill_for(one.plan, one.pricing) for one in planned)
    check_caps(bill, limits.caps)
    if out is not None:
        pairs = [(one.space, one.plan) for one in planned]
        save_plan(out, pairs, arguments=arguments, caps=limits.caps, bill=bill)
    if as_json:
        print_json({"tried_model": trial.model, **_document(planned, bill, catalog)})
    elif graph_form is not None and graph_form != _TEXT:
        print_lines(GRAPHS[graph_form](map(_graph, planned)))
    else:
        for one in planned:
            _print_takes(one, as_graph=graph_form is not None)
            words = [*plan_words(arguments), *planning.price_words]
            print_lines(_lines_below(one, catalog, words, now=now))
        print_lines(_last_lines(planned, bill))
        plans = [one.plan for one in planned]
        print_lines(trial_lines(plans, catalog, trial.model, variables.variant))
    if out is not None:
        others = [as_argument(space.storyboard.path) for space in spaces[1:]]
        command = spaces[0].command("render", *others, "--plan", str(out), *planning.price_words)
        say(f"saved; to carry it out: {command}")
    return ExitCode.CHANGED if check and bill.takes else ExitCode.OK


class _Planned(NamedTuple):
    """A storyboard with its plan, and what else to tell the user."""

    space: Workspace
    plan: Plan
    pricing: Pricing
    has_file: HasFile
    links: Links = NO_LINKS
    neighbour: Neighbour | None = None
    deleted: Sequence[str] = ()


def _plan(
    space: Workspace, arguments: PlanArguments, catalog: Catalog, *, now: datetime, may_be_new: bool
) -> _Planned:
    found = preview_render(space, arguments, catalog, tell=say)
    return _Planned(
        space,
        found.plan,
        found.pricing,
        found.snapshot.has_file,
        # A clone cannot download from another machine's sandbox.
        NO_LINKS if space.origin == SANDBOX else links_of(found.plan, now=now),
        find_neighbour(space, found.known) if may_be_new else None,
        found.find_deleted(),
    )


def _try(
    space: Workspace, arguments: PlanArguments, catalog: Catalog, *, now: datetime, model: str
) -> _Planned:
    found = preview_trial(space, arguments, catalog, model=model, now=now, tell=say)
    return _Planned(space, found.plan, found.pricing, found.snapshot.has_file)


def _print_takes(one: _Planned, *, as_graph: bool) -> None:
    heads = plan_heads(one.space, one.plan, one.has_file)
    if not as_graph:
        print_rows(heads, plan_rows(one.plan, one.pricing))
        return
    graph = _graph(one)
    print_rows(heads, graph_rows(graph))
    print_lines(free_lines(graph))


def _graph(one: _Planned) -> Graph:
    board = one.space.storyboard
    return graph_of(board.display_name, board.takes, one.plan)


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


def _lines_below(
    one: _Planned, catalog: Catalog, words: Sequence[str], *, now: datetime
) -> Iterator[str]:
    yield from lines_below(one.space, one.plan, one.pricing, one.deleted, words)
    yield from (f"  {line}" for line in replacement_lines(one.space.storyboard, catalog))
    yield from one.links.sentences(now)


def _last_lines(planned: Sequence[_Planned], bill: Bill) -> Iterator[str]:
    """What all plans cost, and what else could be paid for or adopted."""
    yield bill.sentence
    yield from price_lines((one.plan, one.pricing) for one in planned)
    lost = sum_bills(bill_of(takes_lost(one.plan), one.pricing) for one in planned)
    if lost.takes:
        yield f"with --rerender: {lost.sentence} again"
    for neighbour in filter(None, (one.neighbour for one in planned)):
        yield (
            f"{neighbour.folder} has {neighbour.held} of the {neighbour.requests} new requests; "
            "a render stops until they are adopted, or renders them again with --fresh"
        )
        yield f"    next: {neighbour.command}"


def _document(planned: Sequence[_Planned], bill: Bill, catalog: Catalog) -> dict[str, Any]:
    return {
        "storyboards": [_film_document(one, catalog) for one in planned],
        "submissions": bill.takes,
        "fallbacks": bill.fallbacks,
        "video_s": bill.seconds,
        "cost_usd": bill.cost_usd,
    }


def _film_document(one: _Planned, catalog: Catalog) -> dict[str, Any]:
    board, plan, pricing = one.space.storyboard, one.plan, one.pricing
    return {
        **space_document(one.space),
        "actions": [_action_document(action, pricing) for action in plan.actions],
        "orphans": [_action_document(action, pricing) for action in plan.orphans],
        "skipped": list(board.skipped),
        "not_in_storyboard": list(one.deleted),
        "own_cards": own_cards(board, catalog),
        "prices_as_of": pricing.dates(requests_of(plan)),
        "links": _links_document(one.links),
        "held_beside": one.neighbour and _neighbour_document(one.neighbour),
    }


def _links_document(links: Links) -> dict[str, Any]:
    return {
        "videos": links.videos,
        "alive": links.alive,
        "first_expires_at": json_time(links.first_ends_at),
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
