"""`storyboard reconcile`: looks unknown outcomes up in the account's request log; only reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from storyboard.api.account import LogEntry
from storyboard.console.arguments import file_argument
from storyboard.console.documents import json_time, space_document
from storyboard.console.exit_codes import exit_codes
from storyboard.console.options import FolderOptions, VariableOptions, json_option, with_options
from storyboard.console.printing import align, print_json, print_lines, say
from storyboard.errors import ExitCode
from storyboard.models.catalog import load_catalog
from storyboard.project.output_folder import open_folder
from storyboard.project.workspace import Workspace
from storyboard.records import Submission
from storyboard.recovery.decisions import unknown_among
from storyboard.recovery.lookup import Finding, look_up
from storyboard.recovery.rewrite import connect_for, find_rendered, rewrite_outputs


@click.command(
    epilog=exit_codes(
        ExitCode.LOCKED,
        ExitCode.ACCOUNT,
        OK="no outcome is unknown any more",
        USAGE="wrong usage",
        UNKNOWN="some outcomes are still unknown",
    )
)
@file_argument
@with_options(variables=VariableOptions, where=FolderOptions)
@json_option
def command(*, file: Path, variables: VariableOptions, where: FolderOptions, as_json: bool) -> int:
    """Look unknown outcomes up in the account's request log, and adopt what is certain.

    A task is adopted if exactly one row of the log fits the submission, and no other
    submission can have made it; the next render continues with it. The rest is listed
    with the command that decides about it. Nothing is submitted.

    \b
    Example:
      storyboard reconcile film.yaml
    """
    catalog = load_catalog()
    space = find_rendered(file, catalog, where, variables)
    with open_folder(space, tell=say) as store:
        unknown = unknown_among(store.submissions())
        findings: list[Finding] = []
        if unknown:
            try:
                with connect_for(unknown[0], space, catalog) as connection:
                    findings = look_up(unknown, connection.api, space, store)
            finally:
                rewrite_outputs(space, store)
    if as_json:
        print_json(_document(space, findings))
    else:
        print_lines(_lines(space, findings))
    are_found = all(finding.status is not None for finding in findings)
    return ExitCode.OK if are_found else ExitCode.UNKNOWN


def _lines(space: Workspace, findings: Sequence[Finding]) -> Iterator[str]:
    if not findings:
        yield f"{space.storyboard.display_name}: no outcome is unknown"
    for finding in findings:
        one = finding.submission
        if finding.status is not None:
            yield (
                f"{one.take}: adopted task {one.task_id} ({finding.status.value}); "
                "the next render continues with it"
            )
            continue
        yield (
            f"{one.take}: sent at {one.sent_at:%Y-%m-%d %H:%M:%S} UTC, and still unknown: "
            f"{finding.doubt}"
        )
        rows = [_words(entry) for entry in finding.candidates]
        yield from (f"    {line}" for line in align(rows))
        yield f"    next: {_command(space, one, findings)}"


def _words(entry: LogEntry) -> tuple[str, ...]:
    """A row of the log as columns."""
    created = "at an unknown time"
    if entry.created_at is not None:
        created = f"{entry.created_at:%Y-%m-%d %H:%M:%S} UTC"
    cost = "" if entry.cost_usd is None else f"{entry.cost_usd:.4f} USD"
    return f"task {entry.task_id}", created, entry.status or "", cost


def _command(space: Workspace, submission: Submission, findings: Sequence[Finding]) -> str:
    """The command that decides about it by hand."""
    words = [submission.take]
    if sum(finding.submission.take == submission.take for finding in findings) > 1:
        words += ["--submission", str(submission.id)]
    return f"{space.command('resolve', *words)} --task-id ID (or --resubmit, or --abandon)"


def _document(space: Workspace, findings: Sequence[Finding]) -> dict[str, Any]:
    return {
        **space_document(space),
        "submissions": [
            {
                "take": one.take,
                "submission": one.id,
                "sent_at": json_time(one.sent_at),
                "state": one.state.value,
                "task_id": one.task_id,
                "task_status": finding.status.value if finding.status else None,
                "doubt": finding.doubt or None,
                "candidates": [_entry_document(entry) for entry in finding.candidates],
                "next": None if finding.status else _command(space, one, findings),
            }
            for finding in findings
            for one in (finding.submission,)
        ],
    }


def _entry_document(entry: LogEntry) -> dict[str, Any]:
    return {
        "task_id": entry.task_id,
        "created_at": json_time(entry.created_at),
        "status": entry.status,
        "model": entry.model,
        "cost_usd": entry.cost_usd,
    }
