"""What a template may print and how much it may make: the limits, and the meter that holds them.

They are bounds against accidents: a loop over the wrong list, a width with
three zeros too many. Knows nothing of files or scopes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from jinja2 import Undefined
from jinja2.environment import TemplateModule
from jinja2.runtime import BlockReference, LoopContext, Macro, TemplateReference
from jinja2.utils import Namespace

from storyboard.language.templates.fault import TemplateFault
from storyboard.language.templates.scope import MAX_TEXT

MAX_STEPS = 100_000  # loop rounds and calls of one rendering
MAX_ITEMS = 100_000  # entries of one list
MAX_HANDLED = 20_000_000  # characters and entries of all texts and lists that one rendering handles
MAX_NUMBER = 10**30
MAX_DEPTH = 50  # macros, loops, blocks and vars that are under way within one another
MAX_NESTING = 20  # lists and maps within one another, where a template keeps or passes them

_T = TypeVar("_T")

_CONTAINERS = (list, tuple, dict, range)
_SINGLE = frozenset({str, int, float, bool, type(None)})


@dataclass(frozen=True, slots=True)
class Method:
    """A function that a template may call."""

    name: str
    function: Callable[..., object]

    def __call__(self, *args: object, **kwargs: object) -> object:
        return self.function(*args, **kwargs)


class Meter:
    """Counts what one rendering does, with all that it renders on the way."""

    def __init__(self) -> None:
        self._steps = 0
        self._handled = 0
        self._depth = 0

    def step(self, count: int = 1) -> None:
        """Count loop rounds or calls."""
        self._steps += count
        if self._steps > MAX_STEPS:
            words = f"the template takes more than {MAX_STEPS:,} loop steps"
            raise TemplateFault("template-too-slow", words)

    def handle(self, value: object) -> None:
        """Count a value that is made or read; a fault where it is larger than any may be."""
        if isinstance(value, str):
            need_length(len(value))
        elif isinstance(value, _CONTAINERS):
            need_items(len(value))
        else:
            if isinstance(value, int):
                need_number(value)
            return
        self._handled += len(value)
        if self._handled > MAX_HANDLED:
            words = f"the template handles more than {MAX_HANDLED:,} characters in all"
            raise TemplateFault("template-too-slow", words)

    def measured(self, value: _T) -> _T:
        """The value, counted."""
        self.handle(value)
        return value

    def enter(self) -> None:
        """Count one more thing that is under way within the others; `leave` ends it."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            words = f"macros, includes and vars use one another more than {MAX_DEPTH} deep"
            raise TemplateFault("template-too-deep", words)

    def leave(self) -> None:
        """The innermost thing under way has ended."""
        self._depth -= 1


def need_length(characters: int) -> None:
    """A fault where a text would be too long."""
    if characters > MAX_TEXT:
        words = f"the template makes a text of more than {MAX_TEXT:,} characters"
        raise TemplateFault("template-too-long", words)


def need_items(count: int) -> None:
    """A fault where a list would have too many entries."""
    if count > MAX_ITEMS:
        words = f"a list of {brief(count)} entries is more than {MAX_ITEMS:,}"
        raise TemplateFault("template-too-large", words)


def need_number(value: float) -> None:
    """A fault where a whole number is too large."""
    if isinstance(value, int) and abs(value) > MAX_NUMBER:
        raise TemplateFault("template-too-large", "a number has more than 30 digits")


def need_a_number(value: object, name: str) -> float:
    """The number that `name` is given; a fault where it is none or too large."""
    need_defined(value)
    if not isinstance(value, (int, float)):
        raise TemplateFault("template-error", f"{name} takes a number, not {describe(value)}")
    need_number(value)
    return value


def need_defined(value: object) -> None:
    """Raise what an undefined value raises when it is used."""
    if isinstance(value, Undefined):
        int(value)


def need_plain(value: object) -> None:
    """A fault for what is no text, number, list or map: nothing else may be worked with."""
    need_defined(value)
    if value is not None and not isinstance(value, (str, int, float, *_CONTAINERS, Mapping)):
        raise TemplateFault("not-allowed", f"{describe(value)} cannot be used as a value")


def need_flat(value: object) -> None:
    """A fault where lists lie too deep within one another, or hold too much in all.

    For what outlives a round of a loop or a call, and so can grow with each:
    `varargs` passed on and on, a list put into itself. Such a value is small in
    memory and endless to walk, and Python's own hash of it can overflow the stack.
    """
    count = 0
    waiting = [(value, 1)]
    while waiting:
        inner, depth = waiting.pop()
        if not isinstance(inner, _CONTAINERS):
            continue
        count += len(inner)
        if depth > MAX_NESTING or count > MAX_ITEMS:
            words = f"lists hold more than {MAX_ITEMS:,} entries or stand too deep in one another"
            raise TemplateFault("template-too-large", words)
        entries = [*inner, *inner.values()] if isinstance(inner, dict) else inner
        if not _SINGLE.issuperset(map(type, entries)):
            waiting.extend((entry, depth + 1) for entry in entries)


def need_operands(sign: str, left: Any, right: Any) -> None:
    """A fault where `left sign right` has no meaning, or would be too large to compute."""
    need_defined(left)
    need_defined(right)
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        need_number(left)
        need_number(right)
        if sign == "**" and isinstance(left, int) and isinstance(right, int) and abs(left) > 1:
            # 2 ** right is the smallest that it can be.
            need_number(MAX_NUMBER + 1 if right > MAX_NUMBER.bit_length() else 0)
        return
    for kind in (str, list, tuple):
        if sign == "+" and isinstance(left, kind) and isinstance(right, kind):
            return
    if sign == "*" and isinstance(left, int):
        left, right = right, left
    if sign == "*" and isinstance(left, (str, list, tuple)) and isinstance(right, int):
        (need_length if isinstance(left, str) else need_items)(len(left) * right)
        return
    words = f"{describe(left)} {sign} {describe(right)} cannot be computed"
    raise TemplateFault("template-error", words, hint=_hint_for_operands(sign, left, right))


def printable(value: object) -> str:
    """A value as it prints: text, a number, true or false, and nothing for null."""
    if isinstance(value, str):
        if not value.isascii():
            _need_characters(value)
        return str.__str__(value)
    if value is None or type(value) is Undefined:  # a short `x if y` that did not hold
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        need_number(value)
        return int.__str__(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            words = f"{float.__repr__(value)} is not a number that can be sent"
            raise TemplateFault("not-printable", words)
        return float.__repr__(value)
    need_defined(value)
    words = f"{describe(value)} cannot be printed; only text, numbers, true and false can"
    raise TemplateFault("not-printable", words, hint=_hint_for_printing(value))


def _need_characters(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        words = f"\\u{ord(text[error.start]):04x} is half a character and cannot be sent"
        raise TemplateFault("not-printable", words) from None


def _hint_for_printing(value: object) -> str | None:
    if isinstance(value, (Macro, Method)):
        return f"call it: {value.name}(...)"
    if isinstance(value, (list, tuple)):
        return "join it: {{ the_list | join(', ') }}"
    if isinstance(value, Mapping):
        return "print one of its keys: {{ the_map.key }}"
    if isinstance(value, TemplateModule):
        return "call one of its macros: {{ name.macro(...) }}"
    return None


def _hint_for_operands(sign: str, left: object, right: object) -> str | None:
    if sign == "+" and (isinstance(left, str) or isinstance(right, str)):
        return "a ~ b joins anything as text; a | int makes a number of text"
    if sign == "%" and isinstance(left, str):
        return "fill text in with the filter: '%03d' | format(7)"
    if isinstance(left, str) or isinstance(right, str):
        return "make a number of text with | int or | float"
    return None


_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (Undefined, "an undefined name"),
    (bool, "true or false"),
    ((int, float), "a number"),
    (str, "text"),
    (Mapping, "a map"),
    ((list, tuple, range), "a list"),
    (Macro, "a macro"),
    (Method, "a function"),
    (TemplateModule, "a namespace of macros"),
    (Namespace, "a namespace"),
    (LoopContext, "the loop"),
    ((BlockReference, TemplateReference), "a block"),
)


def describe(value: object) -> str:
    """What kind of value it is, in words for the user."""
    if value is None:
        return "null"
    return next((words for kind, words in _KINDS if isinstance(value, kind)), "an object")


def brief(value: object) -> str:
    """A value as it is quoted in a message; what cannot be quoted is described."""
    if isinstance(value, int):
        return "far too many" if abs(value) > MAX_NUMBER else f"{value:,}"
    if not isinstance(value, (str, float)):
        return describe(value)
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
