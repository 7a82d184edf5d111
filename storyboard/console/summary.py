"""What a render came to: the last lines, the JSON document, the exit code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from storyboard.console.documents import space_document, take_document
from storyboard.console.entries import entry_lines
from storyboard.console.plan_lines import approval_lines, waiting_entry
from storyboard.console.printing import print_json, print_lines, say
from storyboard.engine.breaker import REMEDIES
from storyboard.engine.job import RunResult
from storyboard.outputs import OUTPUTS
from storyboard.planning.candidates import ACCOUNT_REJECTIONS
from storyboard.planning.states import lacks_link
from storyboard.project.outcome import Outcome
from storyboard.project.workspace import Workspace
from storyboard.records import ActionKind, Submission, TakeState, TakeStatus
from storyboard.reporting.statuses import count_statuses
from storyboard.videos.files import is_lfs_pointer

_RENDERED = (TakeStatus.RENDERED, TakeStatus.DONE)


def print_outcome(
    outcomes: Sequence[Outcome],
    results: Sequence[RunResult],
    *,
    words: Sequence[str],
    download: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Prints the summary on stderr and the paths of the results on stdout, or one JSON document.

    `words` are the options that the render was given to say what to render, and from what.
    """
    for outcome in outcomes:
        space, plan, selected = outcome.space, outcome.plan, outcome.selected
        if not quiet:
            counts = count_statuses(one.status for one in selected)
            say(f"{space.storyboard.display_name}: {counts}")
        for state in (one for one in selected if one.status is not TakeStatus.DONE):
            _say_what_is_left(space, state, results, download=download)
        entries = [waiting_entry("not sent", one) for one in outcome.waiting.values()]
        say(*entry_lines(entries), *approval_lines(space, outcome.waiting.values(), words))
        for state in (one for one in selected if one.status in _RENDERED):
            if state.submission and state.submission.reason:
                say(f"take {state.take.id} is {state.submission.reason}")
                say(
                    "    next: compare its video with its prompt; if it is another take's, "
                    f"render with --only {state.take.id} --force, which pays again"
                )
        for action in plan.orphans:
            if action.kind is ActionKind.ASK:
                say(f"take {action.take.id} (not in this render): {action.reason}")
                say(f"    next: {space.command('reconcile')}")
    for result in results:
        for error in result.errors:
            say(f"error: {str(error).rstrip('.')}.")
            if error.next_step:
                say(f"    next: {error.next_step}")
    if as_json:
        print_json({"storyboards": [_document(one) for one in outcomes]})
    elif not quiet:
        folders = [outcome.space.folder for outcome in outcomes if outcome.has_outputs]
        print_lines(str(folder / name) for folder in folders for name in OUTPUTS)


def _why_not_here(space: Workspace, state: TakeState, results: Sequence[RunResult]) -> str | None:
    """Why this run could not download a finished video; None if it did not try."""
    number = state.submission.id if state.submission else 0
    reasons = (r.not_downloaded.get((str(space.storyboard.path), number)) for r in results)
    return next((reason for reason in reasons if reason), None)


def _why_held(space: Workspace, state: TakeState, results: Sequence[RunResult]) -> str | None:
    """Why this run did not send a take whose pictures could not be sent; None if it was not so."""
    key = str(space.storyboard.path), state.take.id
    return next((result.held[key] for result in results if key in result.held), None)


def _remedy(submission: Submission | None) -> str:
    """What to do about a rejected request; if the account was refused, the shot is fine."""
    status = submission.http_status if submission else None
    if status in ACCOUNT_REJECTIONS:
        return REMEDIES.get(status, "run again; that submits it")
    return "edit the shot, or render with --retry-failed"


def _say_what_is_left(
    space: Workspace, state: TakeState, results: Sequence[RunResult], *, download: bool
) -> None:
    """Says why a take has no video here, and what to do about it."""
    take, submission = state.take, state.submission
    reason = (submission.reason if submission else None) or "no reason given"
    if state.status is TakeStatus.UNKNOWN and submission is not None:
        say(
            f"take {take.id} was sent at {submission.sent_at:%Y-%m-%d %H:%M:%S} UTC and its "
            f"outcome is not known ({submission.reason or 'no reply came'}); "
            "it may have been charged."
        )
        say(
            f"    next: {space.command('reconcile')}, or look in the console, then: "
            f"{space.command('resolve', take.id)} --task-id ID (or --resubmit, or --abandon)"
        )
    elif state.status is TakeStatus.FAILED:
        say(f"take {take.id} failed: {reason}")
        say("    next: edit the shot, or render with --retry-failed")
    elif state.status is TakeStatus.REJECTED:
        say(f"take {take.id} was rejected: {reason}")
        say(f"    next: {_remedy(submission)}; it was not charged")
    elif submission is not None and lacks_link(submission):
        say(f"take {take.id} is rendered, and the API gave no link to its video")
        say("    next: look for it in the console; --rerender pays for it again")
    elif submission and submission.video and is_lfs_pointer(space.folder, submission.video):
        say(f"take {take.id} is rendered, and its file is a Git LFS pointer")
        say("    next: git lfs pull")
    elif state.status is TakeStatus.RENDERED and download:
        why_not_here = _why_not_here(space, state, results)
        why = f": {why_not_here}" if why_not_here else ""
        say(f"take {take.id} is rendered, and its video is not here{why}")
        say("    next: run again; if its link has expired, --rerender pays for it again")
    elif why_held := _why_held(space, state, results):
        say(f"take {take.id} was not sent: {why_held}")


def _document(outcome: Outcome) -> dict[str, Any]:
    takes = (take_document(one, outcome.waiting.get(one.take.id)) for one in outcome.selected)
    return {**space_document(outcome.space), "takes": [*takes]}
