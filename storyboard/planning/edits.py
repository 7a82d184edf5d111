"""The edits that turn one value into another, whatever surrounds them. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from storyboard.planning.changes import changed_spans, format_value
from storyboard.records import Json

_TOKEN = re.compile(r"\w+|[^\w\s]|\s+")
_CONTEXT = 4  # tokens quoted on each side: two words and the spaces between
_NEAR = 7  # tokens, or three words: edits this close together count as one
_MAX_PAIRS = 2_000_000  # of tokens compared, which takes a few seconds


class Edit(NamedTuple):
    """One edit. `key` is equal for equal edits; `old` and `new` quote it with words around it."""

    key: Hashable
    old: str
    new: str


class _Span(NamedTuple):
    """What an edit removes, `a[start_a:end_a]`, and what it inserts."""

    start_a: int
    end_a: int
    start_b: int
    end_b: int


class EditFinder:
    """Finds the edits in many values: a var used by many prompts makes the same edit in each.

    The work is bounded: after `_MAX_PAIRS`, everything between the common beginning and
    the common end of two texts is one edit.
    """

    def __init__(self) -> None:
        self._spans: dict[tuple[tuple[str, ...], ...], Sequence[_Span]] = {}
        self._pairs_left = _MAX_PAIRS

    def find(self, old: Json, new: Json) -> Iterator[Edit]:
        """The edits that turn `old` into a different `new`; one, unless both are texts of words."""
        if not isinstance(old, str) or not isinstance(new, str) or not (" " in old or " " in new):
            yield Edit(json.dumps([old, new]), format_value(old), format_value(new))
            return
        a, b = _TOKEN.findall(old), _TOKEN.findall(new)
        changed_a, changed_b = changed_spans(a, b)
        start = changed_a.start
        for span in self._find(tuple(a[changed_a]), tuple(b[changed_b])):
            a_span = slice(start + span.start_a, start + span.end_a)
            b_span = slice(start + span.start_b, start + span.end_b)
            key = tuple(a[a_span]), tuple(b[b_span])
            yield Edit(key, _excerpt(a, a_span), _excerpt(b, b_span))

    def _find(self, a: tuple[str, ...], b: tuple[str, ...]) -> Sequence[_Span]:
        if (a, b) not in self._spans:
            self._pairs_left -= len(a) * len(b)
            whole = [_Span(0, len(a), 0, len(b))]
            self._spans[a, b] = _compare(a, b) if self._pairs_left > 0 else whole
        return self._spans[a, b]


def _compare(a: Sequence[str], b: Sequence[str]) -> list[_Span]:
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    return _joined(_Span(*span) for tag, *span in matcher.get_opcodes() if tag != "equal")


def _joined(spans: Iterable[_Span]) -> list[_Span]:
    """The spans in order, with neighbouring ones joined."""
    found: list[_Span] = []
    for span in spans:
        if found and span.start_a - found[-1].end_a <= _NEAR:
            last = found[-1]
            found[-1] = last._replace(end_a=span.end_a, end_b=span.end_b)
        else:
            found.append(span)
    return found


def _excerpt(tokens: Sequence[str], span: slice) -> str:
    first, last = max(0, span.start - _CONTEXT), span.stop + _CONTEXT
    while first and not tokens[first].isalnum():
        first -= 1  # a quote never begins with a comma
    text = "".join(tokens[first:last]).strip()
    return format_value(("… " if first else "") + text + (" …" if last < len(tokens) else ""))
