"""Looks up unknown submissions at the API: in its request log, or by the task they had."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from storyboard.api.account import Account, LogEntry
from storyboard.api.protocols import Api
from storyboard.api.request_log import read_whole_log
from storyboard.console.printing import say
from storyboard.errors import AccountError, StateError, Unreachable, UsageError
from storyboard.names import SANDBOX
from storyboard.planning.contradictions import disputed_tasks
from storyboard.project.workspace import Workspace
from storyboard.records import Submission
from storyboard.recovery.decisions import adopted, owns_task, untraced_among
from storyboard.recovery.matching import Match, Span, UserIds, find_user_ids, match_log, spans_of
from storyboard.recovery.rewrite import poll_task
from storyboard.replies import TaskStatus
from storyboard.state.files import FILE_NAME as STATE
from storyboard.state.queries import read_submissions
from storyboard.state.store import Store


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found for one submission: its task and the task's status, or why there is none."""

    submission: Submission
    status: TaskStatus | None = None
    candidates: tuple[LogEntry, ...] = ()
    doubt: str = ""


def look_up(
    unknown: Sequence[Submission], api: Api, space: Workspace, store: Store
) -> list[Finding]:
    """What the API knows of each unknown submission. Whatever is found is written at once."""
    near = _neighbours(space) if unknown else []
    disputed = disputed_tasks((*store.submissions(), *near))
    # A task that was accepted and then not found for a while needs no log. Any other is a hint.
    with_task = [
        one for one in unknown if one.task_id and one.submitted_at and one.task_id not in disputed
    ]
    without = [one for one in unknown if one not in with_task]
    findings = [_adopt(one, one.task_id or "", (), api, store) for one in with_task]
    for match in _match(without, api, store, near) if without else ():
        task_id = match.entry.task_id if match.entry else ""
        doubt = match.doubt or "no row of the request log fits"
        if task_id in disputed:  # by others too, whose state files may be anywhere
            doubt = (
                f"the only row that fits has task {task_id}, which the API gave to several takes"
            )
        if match.entry is None or task_id in disputed:
            findings.append(Finding(match.submission, None, match.candidates, doubt))
        else:
            findings.append(_adopt(match.submission, task_id, match.candidates, api, store))
    return sorted(findings, key=lambda finding: finding.submission.id)


def _adopt(
    submission: Submission, task_id: str, candidates: tuple[LogEntry, ...], api: Api, store: Store
) -> Finding:
    """The submission with its task, if the API still finds it."""
    reply = poll_task(api, task_id, sleep=_wait)
    if reply.status is TaskStatus.MISSING:
        doubt = f"the API does not find its task {task_id} ({reply.reason or 'not found'})"
        return Finding(submission, None, candidates, doubt)
    return Finding(store.update(adopted(submission, task_id)), reply.status, candidates)


def _match(
    unknown: Sequence[Submission], api: Api, store: Store, near: Sequence[Submission]
) -> tuple[Match, ...]:
    """What the account's request log has for each submission."""
    if not isinstance(api, Account):
        raise UsageError(
            f"{api.origin} has no request log that could be read",
            next_step="decide about each take with: storyboard resolve",
        )
    checkup = api.check_up()
    if not checkup.is_key_valid:
        raise AccountError(
            f"{api.origin} does not accept the key", next_step="see: storyboard doctor"
        )
    offset_s = checkup.clock_offset_s or 0.0
    server_now = datetime.now(timezone.utc) + timedelta(seconds=offset_s)
    spans = [
        # The log has no entries from the future, and not every server accepts being asked for them.
        (start, max(start + timedelta(seconds=1), min(end, server_now + timedelta(seconds=1))))
        for start, end in spans_of(unknown, clock_offset_s=offset_s)
    ]
    entries = [entry for span in spans for entry in read_whole_log(api, *span, sleep=_wait)]
    known = store.submissions()
    disputed = disputed_tasks((*known, *near))
    own = {one.task_id: one.user_id for one in known if one.task_id and one.user_id}
    return match_log(
        unknown,
        entries,
        known_tasks={
            one.task_id
            for one in (*known, *near)
            if one.task_id and (one.task_id not in disputed or owns_task(one))
        },
        others=[one for one in untraced_among((*known, *near)) if one not in unknown],
        user_ids=_ask_for_user_ids(api, unknown, entries, spans, own),
        clock_offset_s=offset_s,
    )


def _ask_for_user_ids(
    account: Account,
    unknown: Sequence[Submission],
    entries: Sequence[LogEntry],
    spans: Sequence[Span],
    own: dict[str, str],
) -> UserIds:
    """The tasks' user ids, according to the log's own filter; empty if it has none."""
    users = sorted({one.user_id for one in unknown if one.user_id})
    if not users or all(entry.user_id for entry in entries):
        return UserIds()
    answers: dict[str, set[str]] = {user: set() for user in users}
    try:
        for user, tasks in answers.items():
            for span in spans:
                rows = read_whole_log(account, *span, user_id=user, sleep=_wait)
                tasks |= {entry.task_id for entry in rows}
    except Unreachable:
        raise
    except AccountError:
        return UserIds()  # the filter is undocumented, and this API rejects it
    return find_user_ids(entries, answers, own)


def _neighbours(space: Workspace) -> list[Submission]:
    """The submissions of other storyboards in neighbouring folders: the log covers the account."""
    if space.origin == SANDBOX:
        return []  # each folder has a sandbox of its own
    found = []
    own = space.state.resolve()
    for path in sorted(space.folder.resolve().parent.glob(f"*/{STATE}")):
        if path.parent == own or path.parent.suffix == f".{SANDBOX}":
            continue
        try:
            found += read_submissions(path.parent)
        except StateError as error:
            say(f"{path} cannot be read, so its tasks are not told apart: {error}")
    return found


def _wait(seconds: float) -> None:
    say(f"the API cannot answer at the moment; trying again in {seconds:.0f} s")
    time.sleep(seconds)
