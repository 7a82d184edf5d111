"""`storyboard resolve`: decides an unknown outcome by hand; only the check of an id is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import click

from storyboard.api.modellix.submissions import is_task_id
from storyboard.console.arguments import FileAndTakes, file_and_take_argument
from storyboard.console.documents import space_document
from storyboard.console.exit_codes import NO_RECORD, exit_codes
from storyboard.console.option_types import COUNT
from storyboard.console.options import (
    FolderOptions,
    VariableOptions,
    json_option,
    option,
    with_options,
)
from storyboard.console.printing import print_json, print_lines, say
from storyboard.errors import ExitCode, UsageError
from storyboard.models.catalog import Catalog, load_catalog
from storyboard.planning.candidates import fingerprints_of
from storyboard.planning.contradictions import after_contradiction, describe_contradiction
from storyboard.project.output_folder import open_folder
from storyboard.project.workspace import Workspace
from storyboard.records import Submission
from storyboard.recovery.decisions import abandoned, adopted, owns_task, released, unknown_among
from storyboard.recovery.rewrite import connect_for, find_rendered, poll_task, rewrite_outputs
from storyboard.recovery.task_ids import choose_unknown
from storyboard.replies import TaskStatus


@dataclass(frozen=True, slots=True)
class DecisionOptions:
    """What `resolve` decides about an unknown outcome."""

    task_id: str | None = option(
        "--task-id", metavar="ID", help="Adopt this task; the next render continues with it."
    )
    resubmit: bool = option(
        "--resubmit", is_flag=True, help="Let the next render submit it again, which costs money."
    )
    abandon: bool = option(
        "--abandon", is_flag=True, help="Hold it until a render with --retry-failed."
    )
    submission: int | None = option(
        "--submission",
        type=COUNT,
        metavar="N",
        help="Which submission, if a take was sent more than once.",
    )


@click.command(
    epilog=exit_codes(
        ExitCode.LOCKED,
        ExitCode.ACCOUNT,
        OK="the decision is recorded",
        USAGE="wrong usage",
        UNKNOWN=NO_RECORD,
    )
)
@file_and_take_argument
@with_options(decision=DecisionOptions, variables=VariableOptions, where=FolderOptions)
@json_option
def command(
    *,
    named: FileAndTakes,
    decision: DecisionOptions,
    variables: VariableOptions,
    where: FolderOptions,
    as_json: bool,
) -> int:
    """Decide about a take whose outcome is unknown: it was sent, and no usable reply came.

    TAKE is the id of a take, or of a shot for all its unknown takes. Works
    from the state of the last render, even if the storyboard has problems now.

    \b
    Examples:
      storyboard resolve film.yaml pier --task-id task-7f3a
      storyboard resolve film.yaml pier --resubmit
    """
    task_id, catalog = _check_decision(decision), load_catalog()
    space = find_rendered(named.file, catalog, where, variables)
    with open_folder(space, tell=say) as store:
        known = store.submissions()
        chosen = choose_unknown(
            space, named.takes[0], known, number=decision.submission, is_adopted=task_id is not None
        )
        now, notes = datetime.now(timezone.utc), []
        if task_id is not None:
            status = _check_task(space, catalog, chosen[0], task_id, known)
            notes.append(
                f"task {task_id} is its task ({status.value}); the next render continues with it"
            )
            decided = [adopted(chosen[0], task_id)]
        elif decision.resubmit:
            decided = [released(one, now=now) for one in chosen]
            notes += ["released; the next render submits it again"] * len(chosen)
        else:
            decided = [abandoned(one, now=now) for one in chosen]
            notes += ["abandoned; it is held until a render with --retry-failed"] * len(chosen)
        with store.transaction():
            for submission in (*decided, *_left_in_doubt(decided, known)):
                store.update(submission)
        rewrite_outputs(space, store)
    if as_json:
        print_json(_document(space, decided))
    else:
        print_lines(f"{one.take}: {note}" for one, note in zip(decided, notes, strict=True))
    if decision.resubmit:
        _warn_of_paying_twice(space, decided, known)
    return ExitCode.OK


def _check_decision(decision: DecisionOptions) -> str | None:
    """The task id, None for the other decisions; UsageError unless exactly one is given."""
    given = decision.task_id
    if (given is not None) + decision.resubmit + decision.abandon != 1:
        raise UsageError(
            "decide with exactly one of --task-id ID, --resubmit and --abandon",
            next_step="storyboard reconcile FILE looks it up in the account's request log",
        )
    if given is None:
        return None
    task_id = given.strip()
    if not is_task_id(task_id):
        raise UsageError(
            f"{task_id[:100]!r} cannot be a task id", next_step="copy the id from the console"
        )
    return task_id


def _check_task(
    space: Workspace,
    catalog: Catalog,
    submission: Submission,
    task_id: str,
    known: Sequence[Submission],
) -> TaskStatus:
    """The status of the task; UsageError if it cannot be the submission's."""
    others = [one for one in known if one.task_id == task_id and one.id != submission.id]
    # A task that the API gave to several submissions is nobody's until one is decided about.
    owner = next(filter(owns_task, others), None)
    if owner is not None:
        raise UsageError(
            f"task {task_id} belongs to take {owner.take}, sent at "
            f"{owner.sent_at:%Y-%m-%d %H:%M:%S} UTC; it cannot belong to {submission.take} too",
            next_step="look in the console for the right task",
        )
    with connect_for(submission, space, catalog) as connection:
        reply = poll_task(connection.api, task_id)
    if reply.status is TaskStatus.MISSING:
        raise UsageError(
            f"the API does not know task {task_id} ({reply.reason or 'not found'}): "
            "it is mistyped, has expired, or belongs to another account",
            next_step="check the id in the console; --resubmit or --abandon decide without one",
        )
    return reply.status


def _left_in_doubt(decided: Sequence[Submission], known: Sequence[Submission]) -> list[Submission]:
    """Other unknown submissions whose task now belongs to another, each with that as its reason."""
    return [
        after_contradiction(one, describe_contradiction(task_id, [f"take {owner.take}"]))
        for owner in decided
        for one in unknown_among(known)
        if (task_id := owner.task_id) == one.task_id
        and task_id is not None
        and owns_task(owner)
        and one.fingerprint != owner.fingerprint
    ]


def _warn_of_paying_twice(
    space: Workspace, decided: Sequence[Submission], known: Sequence[Submission]
) -> None:
    say("If the first request was accepted after all, it is paid for twice.")
    if not space.storyboard.is_sound:
        return
    wanted = fingerprints_of(space.resolve_takes(known))
    for one in decided:
        if one.fingerprint not in wanted:
            say(f"No take of {space.storyboard.path} makes the request of {one.take} any more.")


def _document(space: Workspace, decided: Sequence[Submission]) -> dict[str, Any]:
    return {
        **space_document(space),
        "resolved": [
            {
                "take": one.take,
                "submission": one.id,
                "state": one.state.value,
                "task_id": one.task_id,
            }
            for one in decided
        ],
    }
