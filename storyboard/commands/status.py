"""`storyboard status`: each take's state, orphans included; works while a render runs."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import click

from storyboard.console.arguments import file_argument
from storyboard.console.entries import Entry, entry_lines
from storyboard.console.options import FolderOptions, VariableOptions, json_option, with_options
from storyboard.console.printing import print_json, print_lines, say
from storyboard.console.read_storyboards import read_sound
from storyboard.console.summary import take_document
from storyboard.errors import ExitCode
from storyboard.models.catalog import load_catalog
from storyboard.planning.plan import POINTER, find_orphans
from storyboard.planning.states import HasFile, lacks_link, status_of
from storyboard.project.lost_records import check_not_emptied, check_takes
from storyboard.project.manifests import known_submissions
from storyboard.project.workspace import find_workspaces
from storyboard.records import TakeState, TakeStatus
from storyboard.reporting.amounts import time_left
from storyboard.reporting.statuses import STATUS_WORDS, count_statuses


@click.command()
@file_argument
@with_options(variables=VariableOptions, where=FolderOptions)
@json_option
def command(*, file: Path, variables: VariableOptions, where: FolderOptions, as_json: bool) -> int:
    """Show what is known of each take; sends nothing and takes no lock.

    \b
    Example:
      storyboard status film.yaml
    """
    boards = read_sound([file], load_catalog(), variables, as_json=as_json)
    if not boards:
        return ExitCode.USAGE
    space = find_workspaces(boards, where.folders)[0]
    submissions = known_submissions(space, tell=say)
    check_not_emptied(space, submissions)
    snapshot = space.snapshot()
    states = space.read_states(submissions, snapshot)
    pending = [state.take for state in states if state.status is TakeStatus.PENDING]
    check_takes(space, submissions, pending)
    now = datetime.now(timezone.utc)
    covered = {state.take.fingerprint for state in states}
    orphans = [
        TakeState(action.take, status_of(sent, has_file=snapshot.has_file), sent)
        for action in find_orphans(submissions, covered, now=now)
        if (sent := action.submission) is not None
    ]
    if as_json:
        print_json(
            {
                "file": str(file),
                "output": str(space.folder),
                "origin": space.origin,
                "takes": [take_document(state) for state in states],
                "orphans": [take_document(state) for state in orphans],
            }
        )
        return ExitCode.OK
    entries = [_entry(state, now, snapshot.is_pointer) for state in states]
    for entry in (_entry(state, now, snapshot.is_pointer) for state in orphans):
        text = f"(not in the storyboard) {entry.text}".rstrip()
        entries.append(entry._replace(text=text, likeness=text))
    head = f"{file}: {count_statuses(state.status for state in states)}"
    print_lines([head, *entry_lines(entries)])
    return ExitCode.OK


def _entry(state: TakeState, now: datetime, is_pointer: HasFile) -> Entry:
    submission = state.submission
    reason = submission.reason if submission else None
    text = "; ".join(filter(None, (_where(state, now, is_pointer), reason)))
    is_here = state.status is TakeStatus.DONE and not reason
    return Entry(STATUS_WORDS[state.status], state.take.id, text, "" if is_here else text)


def _where(state: TakeState, now: datetime, is_pointer: HasFile) -> str:
    """Where the take's video or task is; empty where it has none."""
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
