"""`storyboard status`: each take's state, orphans included; works while a render runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from functools import cache, partial
from pathlib import Path
from typing import Any

import click

from storyboard.console.arguments import file_argument
from storyboard.console.documents import space_document, take_document
from storyboard.console.entries import Entry
from storyboard.console.exit_codes import NO_RECORD, exit_codes
from storyboard.console.options import FolderOptions, VariableOptions, json_option, with_options
from storyboard.console.plan_lines import approval_lines, waiting_entry
from storyboard.console.printing import print_json, print_lines, say
from storyboard.console.read_storyboards import read_sound
from storyboard.console.tables import print_rows
from storyboard.console.watch import View, watch
from storyboard.errors import ExitCode, UsageError
from storyboard.models.catalog import load_catalog
from storyboard.money import to_usd
from storyboard.planning.plan import POINTER
from storyboard.planning.states import HasFile, lacks_link
from storyboard.project.known import Known, read_known
from storyboard.project.workspace import Workspace, find_workspaces
from storyboard.records import Action, Submission, TakeState, TakeStatus
from storyboard.reporting.amounts import time_left, usd_text
from storyboard.reporting.statuses import STATUS_WORDS, count_statuses


@click.command(epilog=exit_codes(UNKNOWN=NO_RECORD))
@file_argument
@with_options(variables=VariableOptions, where=FolderOptions)
@click.option(
    "--watch",
    "is_watching",
    is_flag=True,
    help="Show the status again whenever it changes, until Ctrl-C.",
)
@json_option
def command(
    *,
    file: Path,
    variables: VariableOptions,
    where: FolderOptions,
    is_watching: bool,
    as_json: bool,
) -> int:
    """Show what is known of each take; sends nothing and takes no lock.

    With --watch, the display is updated at each change; without a terminal, each change is a line.
    The storyboard itself is not read again.

    \b
    Examples:
      storyboard status film.yaml
      storyboard status film.yaml --watch
    """
    if is_watching and as_json:
        raise UsageError(
            "--json prints one document, and --watch never ends",
            next_step="use one of the two, or follow a render with: render --events FILE",
        )
    boards = read_sound([file], load_catalog(), variables, as_json=as_json)
    [space] = find_workspaces(boards, where.folders)
    if as_json:
        print_json(_document(space, read_known(space, datetime.now(timezone.utc), tell=say)))
    elif is_watching:
        read = partial(_read_view, space, cache(say))  # says each sentence once
        watch(read, space.version)
    else:
        view = _read_view(space, say)
        print_rows([view.head], view.rows)
        print_lines(view.foot)
    return ExitCode.OK


def _document(space: Workspace, known: Known) -> dict[str, Any]:
    return {
        **space_document(space),
        "takes": [take_document(one, known.waiting.get(one.take.id)) for one in known.states],
        "orphans": [take_document(state) for state in known.orphans],
        "spent_usd": to_usd(known.spending.micros),
        "billed_usd": to_usd(known.spending.billed),
        "unknown_costs": known.spending.unknown,
    }


def _read_view(space: Workspace, tell: Callable[[str], None]) -> View:
    """The view as it is now."""
    now = datetime.now(timezone.utc)
    known = read_known(space, now, tell=tell)
    is_pointer, waiting = known.snapshot.is_pointer, known.waiting
    entries = [_entry(state, now, is_pointer, waiting.get(state.take.id)) for state in known.states]
    for entry in (_entry(state, now, is_pointer, None) for state in known.orphans):
        text = f"(not in the storyboard) {entry.text}".rstrip()
        entries.append(entry._replace(text=text, likeness=text))
    counts = count_statuses(state.status for state in known.states)
    spent = f"; {known.spending.sentence}" if known.spending.micros else ""
    head = f"{space.storyboard.display_name}: {counts}{spent}"
    return View(head, entries, approval_lines(space, waiting.values()))


def _entry(state: TakeState, now: datetime, is_pointer: HasFile, waiting: Action | None) -> Entry:
    if waiting is not None:
        return waiting_entry(STATUS_WORDS[state.status], waiting)
    submission = state.submission
    reason = submission.reason if submission else None
    failed = ", ".join(f"{one.model} {one.state.value}" for one in state.failed)
    failed = f"by {state.take.model}, since {failed}" if failed else ""
    parts = (_where(state, now, is_pointer), reason, failed, _cost(submission))
    text = "; ".join(filter(None, parts))
    is_here = state.status is TakeStatus.DONE and not reason
    return Entry(STATUS_WORDS[state.status], state.take.id, text, "" if is_here else text)


def _cost(submission: Submission | None) -> str:
    """What was billed, beside what was expected."""
    if submission is None or submission.billed_micros is None:
        return ""
    expected = submission.estimate_micros
    beside = "" if expected is None else f", {usd_text(expected)} expected"
    return f"billed {usd_text(submission.billed_micros)}{beside}"


def _where(state: TakeState, now: datetime, is_pointer: HasFile) -> str:
    """Where the take's video or task is; empty if it has none."""
    submission = state.submission
    if submission is None:
        return ""
    if state.status is TakeStatus.DONE and submission.video:
        return submission.video.path
    if state.status is TakeStatus.RENDERED and submission.video and is_pointer(submission.video):
        return POINTER
    if state.status is TakeStatus.RENDERED and submission.url_expires_at:
        if submission.url_expires_at <= now:
            return "its link has expired by this machine's clock; --rerender pays for it again"
        return f"its link expires in {time_left(now, submission.url_expires_at)}"
    if lacks_link(submission):
        return "its link never came; --rerender pays for it again"
    return f"task {submission.task_id}" if state.status is TakeStatus.RENDERING else ""
