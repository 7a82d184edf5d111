"""Suggestions for misspelt words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from difflib import SequenceMatcher, get_close_matches
from typing import NamedTuple

from storyboard.reporting.invisible import name_invisible

MAX_WORD = 100  # comparing is quadratic, and nobody misspells longer words
MAX_KNOWN = 10_000

MAX_COMPARISONS = 50_000
"""How many pairs of words are compared for one storyboard: a second or two of work."""

_DIGITS = re.compile(r"\d")
_TYPO = 0.8
"""How similar two words must be for one to be a typo of the other."""

_MAX_NAMED = 10
_MAX_REMEMBERED = 50  # a name missing from a table is looked up for each of its rows


@dataclass(slots=True)
class _Budget:
    comparisons_left: int
    guesses: dict[tuple[str, tuple[str, ...]], Guess | None] = field(default_factory=dict)


_budget: ContextVar[_Budget | None] = ContextVar("_budget", default=None)


@contextmanager
def limited_suggestions() -> Iterator[None]:
    """Limits the context to `MAX_COMPARISONS` compared pairs, for all words together.

    Reading a storyboard is such a context. Outside one, where a command
    suggests one word and stops, only the work for each word is bounded.
    """
    token = _budget.set(_Budget(MAX_COMPARISONS))
    try:
        yield
    finally:
        _budget.reset(token)


class Suggestion(str):
    """A hint that is sure which word was meant: `meant` should replace `word`.

    With `is_whole`, it replaces the whole value, including its quotes.
    """

    word: str
    meant: str
    is_whole: bool

    @classmethod
    def of(cls, hint: str, word: object, meant: object, *, is_whole: bool = False) -> Suggestion:
        """The hint, with the word that it is sure of."""
        made = cls(hint)
        made.word, made.meant, made.is_whole = str(word), str(meant), is_whole
        return made


class Guess(NamedTuple):
    """The known word most similar to another; `is_sure` if no other can have been meant."""

    word: str
    is_sure: bool


def guess(word: str, known: Iterable[str]) -> Guess | None:
    """The known word most similar to `word`, ignoring case, or None.

    Always None once the comparisons of `limited_suggestions` are used up.
    """
    budget = _budget.get() or _Budget(MAX_COMPARISONS)
    if len(word) > MAX_WORD:
        return None
    key = word, tuple(known)
    if key not in budget.guesses:
        if budget.comparisons_left <= 0:
            return None
        if len(budget.guesses) == _MAX_REMEMBERED:
            budget.guesses.clear()
        budget.guesses[key] = _guess(*key, budget)
    return budget.guesses[key]


def _guess(word: str, known: Iterable[str], budget: _Budget) -> Guess | None:
    by_folded: dict[str, str] = {}
    for name in known:
        if name != word and len(name) <= MAX_WORD:
            by_folded.setdefault(name.casefold(), name)
        if len(by_folded) == MAX_KNOWN:
            break
    budget.comparisons_left -= len(by_folded)
    folded = word.casefold()
    matches = get_close_matches(folded, by_folded, n=2, cutoff=0.6)
    if not matches:
        return None
    return Guess(by_folded[matches[0]], len(matches) == 1 and _is_typo(folded, matches[0]))


def closest(word: str, known: Iterable[str]) -> str | None:
    """The word of `guess`."""
    found = guess(word, known)
    return found.word if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """The hint "did you mean 'prompt'?", or None if no known word is similar.

    It is a `Suggestion` if no other word can have been meant.
    """
    if (found := guess(word, known)) is None:
        return None
    hint = f"did you mean '{found.word}'?"
    if hidden := name_invisible(found.word):
        return f"{hint} it contains {hidden}"
    return Suggestion.of(hint, word, found.word) if found.is_sure else hint


def known_names(known: Sequence[str]) -> str:
    """The names that were possible, but not too many: "known: hero, pier"."""
    return f"known: {', '.join(known[:_MAX_NAMED]) or 'none'}"


def _is_typo(word: str, other: str) -> bool:
    """Whether a word is another one with a typing slip, and not merely similar to it."""
    if _DIGITS.findall(word) != _DIGITS.findall(other):
        return False  # take2 is not take1, nor wan2.6 wan2.7
    similarity = SequenceMatcher(None, word, other).ratio()
    return similarity >= _TYPO or sorted(word) == sorted(other)
