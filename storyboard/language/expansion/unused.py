"""Warns about vars, negatives, seeds and references that nothing uses. Pure.

Only those of the storyboard itself and of the command line are checked. An included file may
serve several storyboards; what one does not use, another may.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from storyboard.language.expansion.cascade import Setting, settings_under
from storyboard.language.expansion.shared import SharedValues
from storyboard.language.expansion.var_names import (
    Level,
    NamesUsed,
    find_used,
    literals_of,
    vars_of,
)
from storyboard.models.words import MEDIA, REFERENCES
from storyboard.records import Position, Problem, Severity
from storyboard.reporting.suggest import did_you_mean

UNUSED_VAR = "unused-var"
"""The only one of the codes that does not depend on which takes were made."""

_CODES = {
    "var": UNUSED_VAR,
    "negative": "unused-negative",
    "seed": "unused-seed",
    "reference": "unused-reference",
}


def find_unused(
    root: Sequence[Level],
    included: Sequence[Sequence[Level]],
    overrides: Mapping[str, Setting],
    shared: SharedValues,
    names_used: NamesUsed,
) -> list[Problem]:
    """Warn about each name that is defined but not used; call this after all takes are made.

    `root` and `included` are the levels of the files, each file's own level first.
    """
    files = [*included, root]
    variables = [found for file in files for found in vars_of(file)]
    used = find_used(files, [*variables, *overrides.items()], names_used)
    found = [*_unused(vars_of(root), used, "var")]
    by_key = {"negatives": shared.negatives, "seeds": shared.seeds, REFERENCES: shared.references}
    for key, named in by_key.items():
        defined = settings_under(root[0].node, key, "").items()
        found += _unused(defined, named.used.union(*_literals(files, named.kind)), named.kind)
    known = dict.fromkeys(name for name, _ in variables)
    for name, setting in overrides.items():
        if name not in used:
            hint = None if name in known else did_you_mean(name, known)
            words = f"{name}: nothing uses this var"
            found.append(_warning(setting.key_position, words, "var", hint))
    return found


def _literals(files: Iterable[Sequence[Level]], kind: str) -> Iterator[set[str]]:
    """Yield the names of shared values of a kind in each file, whether or not a take has them."""
    words = MEDIA if kind == "reference" else (kind,)
    return (literals_of(file, word) for file in files for word in words)


def _unused(
    settings: Iterable[tuple[str, Setting]], used: set[str], kind: str
) -> Iterator[Problem]:
    for name, setting in settings:
        if name not in used:
            yield _warning(setting.key_position, f"{setting.where}: nothing uses this {kind}", kind)


def _warning(position: Position, message: str, kind: str, hint: str | None = None) -> Problem:
    return Problem(position, _CODES[kind], message, hint, severity=Severity.WARNING)
