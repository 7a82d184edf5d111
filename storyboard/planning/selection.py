"""Which takes a command works on: `--only`, `--tag`, `--changed`, `--limit` and the like. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from storyboard.errors import UsageError
from storyboard.names import fold
from storyboard.planning.candidates import fingerprints_of
from storyboard.planning.graph import with_ancestors
from storyboard.planning.states import ManifestTasks, pair_takes, status_of
from storyboard.records import Submission, SubmissionState, Take, TakeStatus
from storyboard.reporting.suggest import did_you_mean


@dataclass(frozen=True, slots=True)
class Selection:
    """The patterns of each option, matched as a shell does; without any, every take is selected.

    `changed`, `failed` and `limit` narrow down what the patterns select, based on what
    was sent before; `with_parents` then adds what the selected takes show frames of; see
    `narrow`.
    """

    only: Sequence[str] = ()
    without: Sequence[str] = ()
    tags: Sequence[str] = ()
    scenes: Sequence[str] = ()
    changed: bool = False
    failed: bool = False
    limit: int | None = None
    with_parents: bool = False


def select_takes(
    takes: Sequence[Take], selection: Selection, *, only_option: str = "--only"
) -> frozenset[str]:
    """The ids of the takes that the patterns select. A shot's id selects all its takes.

    `only_option` is the option that `selection.only` came from, for the message.

    Raises UsageError for a pattern, tag or scene that matches nothing: a
    misspelt one would silently render too much or too little.
    """
    chosen = {take.id for take in takes}
    for option, patterns, values_of in (
        (only_option, selection.only, _names),
        ("--tag", selection.tags, _tags),
        ("--scene", selection.scenes, _scenes),
    ):
        if patterns:
            chosen &= _matching(takes, option, patterns, values_of)
    if selection.without:
        chosen -= _matching(takes, "--except", selection.without, _names)
    return frozenset(chosen)


def narrow(
    chosen: frozenset[str],
    selection: Selection,
    takes: Sequence[Take],
    submissions: Sequence[Submission],
    *,
    manifest_tasks: ManifestTasks | None = None,
) -> frozenset[str]:
    """The `chosen` takes that `--changed`, `--failed` and `--limit` leave, with their parents.

    A take counts as changed if another request was sent under its id and the present one
    is not rendered yet, so a render that was interrupted or that failed selects the same
    takes again. A take counts as failed if `status` calls it failed or rejected. The limit
    keeps the first of what is left, in file order: the same ones each time, whatever has
    been rendered in the meantime. The takes whose frames they show, directly or not, come last
    and are not counted: whatever else is said, without them nothing could be sent.
    """
    if selection.changed or selection.failed:
        pairs = pair_takes(takes, submissions, manifest_tasks=manifest_tasks)
        sent = _requests_sent(submissions)
        chosen = frozenset(
            take.id
            for take, (_, submission, _) in pairs
            if take.id in chosen
            and (not selection.changed or _is_changed(take, submission, sent))
            and (not selection.failed or _is_failed(submission))
        )
    if selection.limit is not None:
        chosen = frozenset([take.id for take in takes if take.id in chosen][: selection.limit])
    return with_ancestors(chosen, takes) if selection.with_parents else chosen


def _requests_sent(submissions: Sequence[Submission]) -> dict[str, set[str]]:
    """The fingerprints sent under each id (case-folded), without those that were never accepted."""
    sent: dict[str, set[str]] = {}
    for one in submissions:
        if one.state is not SubmissionState.UNAVAILABLE:
            sent.setdefault(one.take.casefold(), set()).add(one.fingerprint)
    return sent


def _is_changed(take: Take, submission: Submission | None, sent: dict[str, set[str]]) -> bool:
    is_rendered = submission is not None and submission.state is SubmissionState.SUCCEEDED
    others = sent.get(take.id.casefold(), set()) - fingerprints_of([take])
    return not is_rendered and bool(others)


def _is_failed(submission: Submission | None) -> bool:
    status = status_of(submission, has_file=lambda video: False)
    return status in (TakeStatus.FAILED, TakeStatus.REJECTED)


def _names(take: Take) -> tuple[str, ...]:
    return take.id, take.shot


def _tags(take: Take) -> tuple[str, ...]:
    return take.tags


def _scenes(take: Take) -> tuple[str, ...]:
    return (take.scene,) if take.scene else ()


_OPTIONS: tuple[tuple[str, str, Callable[[Take], Iterable[str]]], ...] = (
    ("--scene", "a scene", _scenes),
    ("--tag", "a tag", _tags),
    ("--only", "a take or a shot", _names),
)
"""What a pattern may have meant, if it matches nothing for the option it was given to."""


def _matching(
    takes: Sequence[Take],
    option: str,
    patterns: Sequence[str],
    values_of: Callable[[Take], Iterable[str]],
) -> set[str]:
    found: set[str] = set()
    for pattern in patterns:
        matches = {take.id for take in takes if _fits_any(pattern, values_of(take))}
        if not matches:
            # In file order, so that the suggestion is the same one among equally close names.
            known = dict.fromkeys(value for take in takes for value in values_of(take))
            raise UsageError(
                f"{option} {pattern!r} matches no take",
                next_step=_other_option(takes, option, pattern)
                or did_you_mean(pattern, known)
                or "see the ids with: storyboard list FILE",
            )
        found |= matches
    return found


def _other_option(takes: Sequence[Take], option: str, pattern: str) -> str | None:
    """Another option for which the pattern would select takes, or None."""
    if option not in [name for name, _, _ in _OPTIONS]:
        return None  # `show` has none of these, and only ids can be left out
    for name, what, values_of in _OPTIONS:
        if name != option and any(_fits_any(pattern, values_of(take)) for take in takes):
            return f"that is {what}: {name} {shlex.quote(pattern)}"
    return None


def _fits_any(pattern: str, values: Iterable[str]) -> bool:
    return any(_fits(fold(value), fold(pattern)) for value in values)


def _fits(value: str, pattern: str) -> bool:
    """Whether a pattern matches a value; a tag such as [wip] also matches itself."""
    return value == pattern or fnmatchcase(value, pattern)
