"""Which row of the account's request log belongs to which unknown submission. Pure.

Matches submissions of unknown outcome with the entries of the log. The log does not
contain the prompt, so only time, model and user id can identify a row. A wrong guess
would put one take's video under another's name, so any match that is not the only
possible one is left to a person.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from storyboard.api.account import LogEntry
from storyboard.records import Submission

EARLY = timedelta(minutes=2)
"""How far the API's time may be before our time of sending: a clock may be wrong."""

LATE = timedelta(minutes=3)
"""How far after: a POST waits up to 70 s for connection and answer, and a clock may be wrong."""

_JOINED_WITHIN = timedelta(hours=1)  # reading an hour in between costs less than another request
_MAX_SPAN = timedelta(days=29)  # the log can be read for at most 30 days, both ends included

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class UserIds:
    """What the log said about the user ids of its tasks when filtered by one id at a time.

    `by_task` maps tasks to their user ids. With `is_complete`, a task that is not in it
    has none of the ids `asked` for. `unanswered` are the ids for which the log returned
    nothing and did not show that it understood the filter.
    """

    by_task: Mapping[str, str] = field(default_factory=dict)
    asked: frozenset[str] = frozenset()
    is_complete: bool = False
    unanswered: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Match:
    """What the log has for one unknown submission.

    `entry` is the only row that can be its task, and that can be no other submission's;
    None if that is in doubt. `candidates` are all rows that may be it, in order of
    time; `doubt` says in words why none was chosen.
    """

    submission: Submission
    candidates: tuple[LogEntry, ...] = ()
    entry: LogEntry | None = None
    doubt: str | None = None


def spans_of(submissions: Iterable[Submission], *, clock_offset_s: float = 0.0) -> tuple[Span, ...]:
    """The time spans in which the tasks of `submissions` can have been made, in order.

    Neighbouring spans are merged. None is longer than the log can be read for.
    `clock_offset_s` is how far the API's clock is ahead of ours.
    """
    spans: list[Span] = []
    for start, end in sorted(_span_of(one, clock_offset_s) for one in submissions):
        if spans:
            first, last = spans[-1]
            whole = max(end, last)
            if start - last <= _JOINED_WITHIN and whole - first <= _MAX_SPAN:
                spans[-1] = first, whole
                continue
        spans.append((start, end))
    return tuple(spans)


def find_user_ids(
    entries: Iterable[LogEntry], answers: Mapping[str, Collection[str]], known: Mapping[str, str]
) -> UserIds:
    """The user ids of the tasks in the log, from its answers when filtered by user id.

    `answers` holds the task ids by the user id that was asked for, `known` the user
    ids of tasks in the state file. The filter is undocumented, so its answers are used
    only if they do not contradict each other, the known user ids or the unfiltered log.
    """
    there = {entry.task_id for entry in entries}
    asked = frozenset(answers)
    given = {user: there & set(tasks) for user, tasks in answers.items()}
    is_wrong = any(
        task in there and user in given and task not in given[user] for task, user in known.items()
    )
    total = sum(len(tasks) for tasks in given.values())
    named = {task: user for user, tasks in given.items() for task in tasks}
    if is_wrong or total > len(named):
        return UserIds()
    if not named:
        return UserIds(asked=asked, unanswered=asked if there else frozenset())
    if any(tasks != there for tasks in given.values()):
        return UserIds(named, asked, is_complete=True)
    # The whole log came back: all of it is ours, or the filter was not understood.
    return UserIds()


def match_log(
    unknown: Sequence[Submission],
    entries: Iterable[LogEntry],
    *,
    known_tasks: Collection[str],
    others: Sequence[Submission] = (),
    user_ids: UserIds = UserIds(),
    clock_offset_s: float = 0.0,
) -> tuple[Match, ...]:
    """What the log has for each of the `unknown`, in their order.

    A row can be a submission's task if the model is the same, the user id is not a
    different one, the time is close to the time of sending, and no submission is known
    to have the task. `others` are more submissions that may have made a row, from other
    state files or given up by hand: such a row is not matched.
    """
    unassigned = {
        entry.task_id: entry for entry in entries if entry.task_id not in known_tasks
    }.values()
    possible = [
        tuple(entry for entry in unassigned if _may_be(entry, one, user_ids, clock_offset_s))
        for one in (*unknown, *others)
    ]
    claims: dict[str, list[Submission]] = {}
    for one, candidates in zip((*unknown, *others), possible, strict=True):
        for entry in candidates:
            claims.setdefault(entry.task_id, []).append(one)
    matches = []
    for one, candidates in zip(unknown, possible, strict=False):
        doubt = _doubt(one, candidates, claims, user_ids)
        sent_at = one.sent_at
        in_order = sorted(candidates, key=lambda row: (row.created_at or sent_at, row.task_id))
        found = candidates[0] if doubt is None else None
        matches.append(Match(one, tuple(in_order), found, doubt))
    return tuple(matches)


def _doubt(
    submission: Submission,
    candidates: Sequence[LogEntry],
    claims: Mapping[str, Sequence[Submission]],
    user_ids: UserIds,
) -> str | None:
    """Why no row can be taken for the submission's task; None if one can."""
    if not candidates:
        return "no row of the request log fits"
    if len(candidates) > 1:
        return f"{len(candidates)} rows of the request log fit"
    (entry,) = candidates
    others = {one.take for one in claims[entry.task_id] if one is not submission}
    if others:
        names = (f"another {take}" if take == submission.take else take for take in sorted(others))
        return f"the only row that fits may also belong to {', '.join(names)}"
    if entry.created_at is None or entry.model is None:
        return "the only row that may fit lacks a time or a model"
    if entry.user_id is None and submission.user_id in user_ids.unanswered:
        return "one row fits, but the log does not list it under this render's user id"
    is_named = entry.task_id in (submission.reply or "")
    if is_named and (submission.user_id is None or _user_id_of(entry, user_ids) is None):
        return (
            "the reply named the task of the only row that fits, which according to the log may "
            "belong to another request"
        )
    return None


def _may_be(
    entry: LogEntry, submission: Submission, user_ids: UserIds, clock_offset_s: float
) -> bool:
    if entry.model is not None and not is_model(entry.model, submission.model):
        return False
    start, end = _span_of(submission, clock_offset_s)
    if entry.created_at is not None and not start <= entry.created_at <= end:
        return False
    user, user_of_task = submission.user_id, _user_id_of(entry, user_ids)
    if user is None or user_of_task is not None:
        return user is None or user_of_task == user
    return not (user_ids.is_complete and user in user_ids.asked)


def _user_id_of(entry: LogEntry, user_ids: UserIds) -> str | None:
    """The user id that the task was submitted with, if the log reveals it in any way."""
    return entry.user_id or user_ids.by_task.get(entry.task_id)


def is_model(name_in_log: str, model: str) -> bool:
    """Whether the log's name of a model means `model`, whatever the spelling.

    The vendor writes both "alibaba/wan2.7-t2v" and "wan-2-7-t2v" for the same model.
    """
    provider, _, name = model.rpartition("/")
    name_in_log, provider, name = (_letters(text) for text in (name_in_log, provider, name))
    return name_in_log == name or name_in_log.endswith(provider + name)


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())


def _span_of(submission: Submission, clock_offset_s: float) -> Span:
    """When the API can have made the submission's task, by the API's clock.

    Our clock may not have been as wrong then as it is now; both cases are allowed for.
    """
    offset = timedelta(seconds=clock_offset_s)
    start = submission.sent_at - EARLY + min(offset, timedelta())
    return start, submission.sent_at + LATE + max(offset, timedelta())
