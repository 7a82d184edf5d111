"""Guesses at what a misspelt word was meant to be."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_MAX_WORD = 100  # comparing is quadratic, and nobody misspells more than that
_MAX_KNOWN = 10_000


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most like `word`, upper and lower case being one; else None."""
    if len(word) > _MAX_WORD:
        return None
    by_folded: dict[str, str] = {}
    for name in known:
        if name != word and len(name) <= _MAX_WORD:
            by_folded.setdefault(name.casefold(), name)
        if len(by_folded) == _MAX_KNOWN:
            break
    match = get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[match[0]] if match else None


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """The hint "did you mean 'prompt'?", or None where nothing known is near."""
    guess = closest(word, known)
    return None if guess is None else f"did you mean '{guess}'?"
