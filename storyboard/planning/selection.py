"""Which takes a command works on: `--only`, `--except`, `--tag`, `--scene`. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from storyboard.errors import UsageError
from storyboard.names import fold
from storyboard.records import Take
from storyboard.reporting.suggest import did_you_mean


@dataclass(frozen=True, slots=True)
class Selection:
    """The patterns of each option, matched as a shell does; with none of them, every take."""

    only: Sequence[str] = ()
    without: Sequence[str] = ()
    tags: Sequence[str] = ()
    scenes: Sequence[str] = ()


def select_takes(
    takes: Sequence[Take], selection: Selection, *, only_option: str = "--only"
) -> frozenset[str]:
    """The ids of the selected takes. A shot's id, or a pattern for it, selects all its takes.

    `only_option` names the option that `selection.only` came from, for the message.

    Raises UsageError for a pattern, tag or scene that matches nothing: a
    misspelt one would silently render too much or too little.
    """
    chosen = {take.id for take in takes}
    for option, patterns, values_of in (
        (only_option, selection.only, _names),
        ("--tag", selection.tags, lambda take: take.tags),
        ("--scene", selection.scenes, lambda take: (take.scene or "",)),
    ):
        if patterns:
            chosen &= _matching(takes, option, patterns, values_of)
    if selection.without:
        chosen -= _matching(takes, "--except", selection.without, _names)
    return frozenset(chosen)


def _names(take: Take) -> tuple[str, str]:
    return take.id, take.shot


def _matching(
    takes: Sequence[Take],
    option: str,
    patterns: Sequence[str],
    values_of: Callable[[Take], Iterable[str]],
) -> set[str]:
    found: set[str] = set()
    for pattern in patterns:
        matches = {
            take.id
            for take in takes
            if any(_fits(fold(value), fold(pattern)) for value in values_of(take))
        }
        if not matches:
            # In file order, so that of two equally close names the same one is suggested.
            known = dict.fromkeys(value for take in takes for value in values_of(take) if value)
            raise UsageError(
                f"{option} {pattern!r} matches no take",
                next_step=did_you_mean(pattern, known) or "see the ids with: storyboard show FILE",
            )
        found |= matches
    return found


def _fits(value: str, pattern: str) -> bool:
    """Whether a pattern matches a value; a tag such as [wip] also matches itself."""
    return value == pattern or fnmatchcase(value, pattern)
