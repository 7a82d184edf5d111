"""Suggestions for misspelt words."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

MAX_WORD = 100  # comparing is quadratic, and nobody misspells more than that
MAX_KNOWN = 10_000

MAX_COMPARISONS = 50_000
"""Pairs of words that are compared for one storyboard: a second or two of work."""


class _Budget:
    """How many comparisons are left to the run."""

    left = MAX_COMPARISONS


def renew_budget() -> None:
    """Gives the next run its comparisons; called once for each storyboard that is read."""
    _Budget.left = MAX_COMPARISONS


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word most similar to `word`, ignoring case, or None.

    Always None once the run's comparisons are used up.
    """
    if len(word) > MAX_WORD or _Budget.left <= 0:
        return None
    by_folded: dict[str, str] = {}
    for name in known:
        if name != word and len(name) <= MAX_WORD:
            by_folded.setdefault(name.casefold(), name)
        if len(by_folded) == MAX_KNOWN:
            break
    _Budget.left -= len(by_folded)
    match = get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[match[0]] if match else None


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """The hint "did you mean 'prompt'?", or None where no known word is similar."""
    guess = closest(word, known)
    return None if guess is None else f"did you mean '{guess}'?"
