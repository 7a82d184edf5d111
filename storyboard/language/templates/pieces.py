"""Cuts a template into pieces that it can share with other templates. Pure.

Jinja takes about a millisecond to compile a template, so ten thousand prompts that differ in one
word would take ten seconds. If a text only computes expressions, it is cut into these and the
text between them. The texts and whole numbers inside an expression are taken out as well, so that
it is compiled once however many values it occurs with. Each piece knows its line in the text, for
error positions.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from functools import lru_cache
from typing import NamedTuple, TypeAlias

SLOT = "_slot_"
"""The prefix of the names that replace the values taken out of an expression."""

# A template of this size stays below the limits on words and code; its depth is limited when its
# expressions are compiled.
_MAX_LENGTH = 10_000
_MAX_KEYS = 20  # more would be nested too deeply; the compiler reports that

_BEGIN = re.compile(r"\{[{%#]")
# Without braces inside, the first }} is the end; without \, a text means what it spells. The
# signs of {{- and -}} strip the space around them, which affects the neighbours.
_EXPRESSION = re.compile(
    r"""\{\{(?![-+])((?:[^{}'"\\\r]|'[^'{}\\\r]*'|"[^"{}\\\r]*")*)(?<![-+])\}\}"""
)
_VALUE = re.compile(r"""'[^']*'|"[^"]*"|(?<![\w.])(?:0|[1-9][0-9]{0,14})(?![\w.])""")

_LOOKUP = re.compile(r"\{\{ *([A-Za-z_][A-Za-z0-9_]*)((?:\.[A-Za-z_][A-Za-z0-9_]*)*) *\}\}")
_WORDS = frozenset(
    [
        *("true", "false", "none", "True", "False", "None"),
        *("not", "and", "or", "in", "is", "if", "else"),
        *("self", "super", "caller", "loop"),
    ]
)
"""Words that Jinja does not read as names from the scope."""


class Expression(NamedTuple):
    """One expression, as a template of its own, and the values of its slots."""

    template: str
    values: Mapping[str, str | int]
    line: int = 1


class Lookup(NamedTuple):
    """The most common expression, `{{ row.name }}`: a name, and the keys to follow from it."""

    name: str
    keys: tuple[str, ...] = ()
    line: int = 1


Piece: TypeAlias = "str | Lookup | Expression"


def cut(text: str, macros: Container[str] = ()) -> list[Piece] | None:
    """Return the text's pieces in order, or None if it has more than text and plain expressions.

    `macros` are the names of macro files. Only Jinja knows the lines inside one, so an expression
    that begins with such a name is never a lookup.
    """
    if len(text) > _MAX_LENGTH or "\r" in text or SLOT in text:
        return None
    pieces: list[Piece] = []
    end, line = 0, 1
    while begin := _BEGIN.search(text, end):
        expression = _EXPRESSION.match(text, begin.start())
        if expression is None:
            return None
        if begin.start() > end:
            pieces.append(text[end : begin.start()])
        line += text.count("\n", end, begin.start())
        lookup = _as_lookup(expression[0], line)
        if lookup is None or lookup.name in macros:
            pieces.append(_without_values(expression[0], line))
        else:
            pieces.append(lookup)
        end = expression.end()
        line += expression[0].count("\n")
    if end < len(text):
        pieces.append(text[end:])
    return pieces


def is_cut(piece: Lookup | Expression) -> bool:
    """Whether a piece is one expression, not a whole text that could not be cut."""
    return isinstance(piece, Lookup) or _EXPRESSION.fullmatch(piece.template) is not None


# Most expressions of a storyboard occur in many of its texts.
@lru_cache(maxsize=1000)
def _as_lookup(expression: str, line: int) -> Lookup | None:
    found = _LOOKUP.fullmatch(expression)
    if found is None or found[1] in _WORDS or found[2].count(".") > _MAX_KEYS:
        return None
    return Lookup(found[1], tuple(found[2].split(".")[1:]), line)


@lru_cache(maxsize=1000)
def _without_values(expression: str, line: int) -> Expression:
    values: dict[str, str | int] = {}

    def cut_out(found: re.Match[str]) -> str:
        if expression[: found.start()].rstrip().endswith("."):
            return found[0]  # `list.0`, where a name would be a key
        slot = f"{SLOT}{len(values)}"
        value = found[0]
        values[slot] = value[1:-1] if value[0] in "'\"" else int(value)
        # Keep it apart from a neighbouring word, and keep the number of lines.
        return f" {slot} " + "\n" * value.count("\n")

    return Expression(_VALUE.sub(cut_out, expression), values, line)
