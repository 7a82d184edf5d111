"""A template cut into pieces that other templates share. Pure.

Jinja compiles a template in about a millisecond, so ten thousand prompts that
differ in a word would take ten seconds. A text of which only expressions are
computed is cut into them and what stands between; and the texts and whole
numbers inside an expression are taken out of it, so that it is compiled once
however often it comes with other ones. Each piece knows its line in the text,
for the faults in it.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from functools import lru_cache
from typing import NamedTuple, TypeAlias

SLOT = "_slot_"
"""What the names begin with that stand for the values taken out of an expression."""

# A template of this size has fewer words and less code than the bounds on them; its depth is
# bounded where its expressions are compiled.
_MAX_LENGTH = 10_000
_MAX_KEYS = 20  # more stand too deep within one another, which the compiler says

_BEGIN = re.compile(r"\{[{%#]")
# Without braces the first }} is the end, and without \ a text means what it spells. The signs
# of {{- and -}} eat the space around them, which concerns the neighbours.
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
"""What Jinja reads as something else than a name that the scope knows."""


class Expression(NamedTuple):
    """One expression, as a template of its own, and the values of the slots in it."""

    template: str
    values: Mapping[str, str | int]
    line: int = 1


class Lookup(NamedTuple):
    """The commonest expression of all, `{{ row.name }}`: a name, and keys to follow from it."""

    name: str
    keys: tuple[str, ...] = ()
    line: int = 1


Piece: TypeAlias = "str | Lookup | Expression"


def cut(text: str, macros: Container[str] = ()) -> list[Piece] | None:
    """The text's pieces in order; None where it is more than text and plain expressions.

    `macros` are the names of macro files: the lines inside one are Jinja's to tell, so
    what begins with such a name is never a lookup.
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
    """Whether a piece is one expression, and not a whole text that could not be cut."""
    return isinstance(piece, Lookup) or _EXPRESSION.fullmatch(piece.template) is not None


# Most expressions of a storyboard stand in many of its texts.
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
        # Not grown together with a word beside it, and in as many lines as before.
        return f" {slot} " + "\n" * value.count("\n")

    return Expression(_VALUE.sub(cut_out, expression), values, line)
