"""Suggestions for misspelt words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from difflib import get_close_matches

from storyboard.reporting.invisible import name_invisible

MAX_WORD = 100  # comparing is quadratic, and nobody misspells more than that
MAX_KNOWN = 10_000

MAX_COMPARISONS = 50_000
"""Pairs of words that are compared for one storyboard: a second or two of work."""


@dataclass(slots=True)
class _Budget:
    comparisons_left: int


_budget: ContextVar[_Budget | None] = ContextVar("_budget", default=None)


@contextmanager
def limited_suggestions() -> Iterator[None]:
    """Within the context at most `MAX_COMPARISONS` pairs of words are compared, for all words.

    Reading a storyboard is such a context. Outside of one, where a command
    suggests one word and stops, only the work for each word is bounded.
    """
    token = _budget.set(_Budget(MAX_COMPARISONS))
    try:
        yield
    finally:
        _budget.reset(token)


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word most similar to `word`, ignoring case, or None.

    Always None once the comparisons of `limited_suggestions` are used up.
    """
    budget = _budget.get() or _Budget(MAX_COMPARISONS)
    if len(word) > MAX_WORD or budget.comparisons_left <= 0:
        return None
    by_folded: dict[str, str] = {}
    for name in known:
        if name != word and len(name) <= MAX_WORD:
            by_folded.setdefault(name.casefold(), name)
        if len(by_folded) == MAX_KNOWN:
            break
    budget.comparisons_left -= len(by_folded)
    match = get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[match[0]] if match else None


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """The hint "did you mean 'prompt'?", or None where no known word is similar."""
    if (guess := closest(word, known)) is None:
        return None
    hidden = name_invisible(guess)
    return f"did you mean '{guess}'?" + (f" {hidden} stands in it" if hidden else "")
