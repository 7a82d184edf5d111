"""What a render came to: the last lines, the JSON document, the exit code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
        if not quiet:
            counts = count_statuses(one.status for one in outcome.selected)
            say(f"{outcome.space.storyboard.display_name}: {counts}")
        say(*_lines(outcome, results, words, download=download))
    for error in (error for result in results for error in result.errors):
        say(f"error: {str(error).rstrip('.')}.", *_next(error.next_step))
    if as_json:
        print_json({"storyboards": [_document(one) for one in outcomes]})
    elif not quiet:
        folders = [outcome.space.folder for outcome in outcomes if outcome.has_outputs]
        print_lines(str(folder / name) for folder in folders for name in OUTPUTS)


def _next(step: str | None) -> list[str]:
    return [f"    next: {step}"] if step else []


def _lines(
    outcome: Outcome, results: Sequence[RunResult], words: Sequence[str], *, download: bool
) -> Iterator[str]:
    """Everything that a person has to know or do about the takes of a storyboard."""
    space, selected = outcome.space, outcome.selected
    for state in selected:
        if state.status is not TakeStatus.DONE:
            yield from _unfinished_lines(space, state, results, download=download)
    yield from entry_lines(waiting_entry("not sent", one) for one in outcome.waiting.values())
    yield from approval_lines(space, outcome.waiting.values(), words)
    for state in selected:
        if state.status in _RENDERED and state.submission and state.submission.reason:
            yield f"take {state.take.id} is {state.submission.reason}"
            yield from _next(
                "compare its video with its prompt; if it is another take's, "
                f"render with --only {state.take.id} --force, which pays again"
            )
    for action in outcome.plan.orphans:
        if action.kind is ActionKind.ASK:
            yield f"take {action.take.id} (not in this render): {action.reason}"
            yield from _next(space.command("reconcile"))


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


def _unfinished_lines(
    space: Workspace, state: TakeState, results: Sequence[RunResult], *, download: bool
) -> list[str]:
    """Why a take has no video here, and what to do about it."""
    name, submission = f"take {state.take.id}", state.submission
    reason = (submission.reason if submission else None) or "no reason given"
    if state.status is TakeStatus.UNKNOWN and submission is not None:
        return [
            f"{name} was sent at {submission.sent_at:%Y-%m-%d %H:%M:%S} UTC and its "
            f"outcome is not known ({submission.reason or 'no reply came'}); "
            "it may have been charged.",
            f"    next: {space.command('reconcile')}, or look in the console, then: "
            f"{space.command('resolve', state.take.id)} --task-id ID (or --resubmit, or --abandon)",
        ]
    if state.status is TakeStatus.FAILED:
        return [f"{name} failed: {reason}", *_next("edit the shot, or render with --retry-failed")]
    if state.status is TakeStatus.REJECTED:
        remedy = _remedy(submission)
        return [f"{name} was rejected: {reason}", *_next(f"{remedy}; it was not charged")]
    rendered = f"{name} is rendered, and"
    if submission is not None and lacks_link(submission):
        remedy = "look for it in the console; --rerender pays for it again"
        return [f"{rendered} the API gave no link to its video", *_next(remedy)]
    if submission and submission.video and is_lfs_pointer(space.folder, submission.video):
        return [f"{rendered} its file is a Git LFS pointer", *_next("git lfs pull")]
    if state.status is TakeStatus.RENDERED and download:
        why_not_here = _why_not_here(space, state, results)
        why = f": {why_not_here}" if why_not_here else ""
        remedy = "run again; if its link has expired, --rerender pays for it again"
        return [f"{rendered} its video is not here{why}", *_next(remedy)]
    why_held = _why_held(space, state, results)
    return [f"{name} was not sent: {why_held}"] if why_held else []


def _document(outcome: Outcome) -> dict[str, Any]:
    takes = (take_document(one, outcome.waiting.get(one.take.id)) for one in outcome.selected)
    return {**space_document(outcome.space), "takes": [*takes]}
