"""Which unknown submissions a name on the command line refers to, or why it refers to none."""

from __future__ import annotations

from collections.abc import Sequence

from storyboard.errors import UsageError
from storyboard.names import fold
from storyboard.planning.states import status_of
from storyboard.project.workspace import Workspace
from storyboard.records import Submission, SubmissionState, TakeStatus
from storyboard.recovery.decisions import find_named
from storyboard.reporting.suggest import did_you_mean


def choose_unknown(
    space: Workspace,
    name: str,
    known: Sequence[Submission],
    *,
    number: int | None,
    is_adopted: bool,
) -> tuple[Submission, ...]:
    """The unknown submissions that are meant. Raises UsageError if that is unclear or none is."""
    named = find_named(name, known, space.resolve_takes(known))
    if not named.submissions:
        raise _not_unknown(space, name, known)
    if number is not None:
        chosen = tuple(one for one in named.submissions if one.id == number)
        if not chosen:
            raise UsageError(
                f"there is no submission {number} of {name} whose outcome is unknown",
                next_step=f"the unknown ones are {_numbers(named.submissions)}",
            )
        return chosen
    if named.is_shot and is_adopted:
        takes = ", ".join(dict.fromkeys(one.take for one in named.submissions))
        raise UsageError(
            f"{name} is a shot with several takes, and a task belongs to one take",
            next_step=f"name one take: {takes}",
        )
    if named.repeated:
        raise UsageError(
            f"{', '.join(named.repeated)} was sent more than once with an unknown outcome: "
            f"{_numbers(named.submissions)}",
            next_step="choose one with --submission N",
        )
    return named.submissions


def _numbers(submissions: Sequence[Submission]) -> str:
    return ", ".join(
        f"{one.id} ({one.take}, sent at {one.sent_at:%Y-%m-%d %H:%M:%S} UTC)" for one in submissions
    )


def _not_unknown(space: Workspace, name: str, known: Sequence[Submission]) -> UsageError:
    """Why there is nothing to decide under this name."""
    folded = fold(name)
    takes = space.storyboard.takes
    snapshot = space.snapshot()
    words = {
        state.take.id: _status_words(state.status, state.submission)
        for state in space.read_states(known, snapshot)
        if folded in (fold(state.take.id), fold(state.take.shot))
    }
    for one in known:
        if folded in (fold(one.take), fold(one.shot)) and (
            one.take not in {take.id for take in takes}
        ):
            words[one.take] = _status_words(status_of(one, has_file=snapshot.has_file), one)
    if words:
        statuses = ", ".join(f"{take} {status}" for take, status in words.items())
        return UsageError(
            f"nothing to resolve: {statuses}",
            next_step=f"see what is unknown with: {space.command('status')}",
        )
    names = {take.id for take in takes} | {take.shot for take in takes}
    names |= {one.take for one in known} | {one.shot for one in known}
    return UsageError(
        f"there is no take or shot {name!r} in {space.storyboard.path}, nor was one ever sent",
        next_step=did_you_mean(name, names) or f"see the ids with: {space.command('status')}",
    )


def _status_words(status: TakeStatus, submission: Submission | None) -> str:
    """The status of a take, as the end of a sentence that begins with its id."""
    if submission is None:
        return "is pending: it was never sent"
    if submission.state is SubmissionState.ACCEPTED:
        return f"is rendering: its task is {submission.task_id}"
    if submission.state is SubmissionState.RELEASED:
        return "is pending: the next render submits it again"
    if submission.state is SubmissionState.ABANDONED:
        return "was abandoned; a render with --retry-failed submits it again"
    return f"is {status.value}"
