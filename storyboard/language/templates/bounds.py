"""Limits on what templates may produce and how deep they may nest, and how their values print.

These limits guard against accidents, such as a loop over the wrong list or a width with three
zeros too many. They also bound the memory for what templates produce, but not the time it takes
to compare what they have produced.
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

from storyboard.language.templates.fault import TemplateFault, TemplatesTooCostly
from storyboard.language.templates.scope import MAX_TEXT
from storyboard.reporting.value_paths import shorten

STEP = 350  # the cost of a loop round or a call, in characters produced
MAX_WORK = 40_000_000  # characters: of one rendering and everything it renders on the way
MAX_STEPS = 100_000  # loop rounds and calls in one rendering
MAX_LOAD_STEPS = 50_000_000  # in all renderings of one storyboard
MAX_ITEMS = 100_000  # entries in one list
MAX_NUMBER = 10**30  # for computed numbers; longer ones can be printed
MAX_DEPTH = 50  # nested macros, loops, blocks and vars
MAX_NESTING = 20  # nested lists and maps that a template keeps or passes on

_T = TypeVar("_T")

_CONTAINERS = (list, tuple, dict, range)


@dataclass(frozen=True, slots=True)
class Method:
    """A function that a template may call; for a text method, `text_length` is the text's."""

    name: str
    function: Callable[..., object]
    text_length: int = 0

    def __call__(self, *args: object, **kwargs: object) -> object:
        return self.function(*args, **kwargs)


class Meter:
    """Counts the work of the current rendering, in characters, and its nesting depth."""

    def __init__(self) -> None:
        self._spent = 0
        self._spent_before = 0  # by renderings that have ended
        self._depth = 0

    def begin(self) -> None:
        """Begin an outermost rendering.

        Raises TemplatesTooCostly if the renderings before it have together done too much work.
        """
        self._spent_before += self._spent
        self._spent = 0
        if self._spent_before > MAX_LOAD_STEPS * STEP:
            words = f"all templates together take more than {MAX_LOAD_STEPS:,} loop steps"
            raise TemplatesTooCostly(words)

    def spend(self, characters: int) -> None:
        """Count work. Raises TemplateFault if one rendering has done too much."""
        self._spent += characters
        if self._spent > MAX_WORK:
            words = f"the template takes more than {MAX_STEPS:,} loop steps"
            raise TemplateFault("template-too-slow", words)

    def step(self, count: int = 1) -> None:
        """Count loop rounds or calls."""
        self.spend(count * STEP)

    def count(self, value: _T) -> _T:
        """Count a new value and return it. Raises TemplateFault if it is too large."""
        if isinstance(value, str):
            self.spend(need_length(len(value)))
        elif isinstance(value, _CONTAINERS):
            inner = value.values() if isinstance(value, dict) else value
            texts = () if isinstance(value, range) else inner
            length = sum(len(entry) for entry in texts if isinstance(entry, str))
            self.spend(need_items(len(value)) + length)
        elif isinstance(value, int):
            need_number(value)
        return value

    def enter(self) -> None:
        """Count one more level of nesting; `leave` ends it."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            words = f"macros, includes and vars are nested more than {MAX_DEPTH} levels deep"
            raise TemplateFault("template-too-deep", words)

    def leave(self) -> None:
        """End the innermost level."""
        self._depth -= 1


def need_length(characters: int) -> int:
    """Return the length; raise a fault if a text would be too long."""
    if characters > MAX_TEXT:
        words = f"the template makes more than {MAX_TEXT:,} characters of text"
        raise TemplateFault("template-too-long", words)
    return characters


def need_items(count: int) -> int:
    """Return the count; raise a fault if a list would have too many entries."""
    if count > MAX_ITEMS:
        raise TemplateFault("template-too-large", f"a list has more than {MAX_ITEMS:,} entries")
    return count


def need_number(value: float) -> None:
    """Raise a fault if a whole number is too large."""
    if isinstance(value, int) and abs(value) > MAX_NUMBER:
        raise TemplateFault("template-too-large", "a number has more than 30 digits")


def need_defined(value: object) -> None:
    """Raise the error that an undefined value raises when it is used."""
    if isinstance(value, Undefined):
        int(value)


def need_plain(value: object) -> None:
    """Raise a fault unless the value is text, a number, a list or a map, the only kinds allowed."""
    need_defined(value)
    if value is not None and not isinstance(value, (str, int, float, *_CONTAINERS, Mapping)):
        raise TemplateFault("not-in-templates", f"{describe(value)} cannot be used as a value")


def need_flat(value: object) -> None:
    """Raise a fault if lists hold too much or are nested too deeply.

    This is for values that outlive a loop round or a call, and so can grow with each: `varargs`
    passed on and on, or a list put into itself. Such a value is small in memory but endless to
    traverse, and hashing it can overflow Python's stack.
    """
    count = 0
    waiting = [(value, 1)]
    while waiting:
        inner, depth = waiting.pop()
        if not isinstance(inner, _CONTAINERS):
            continue
        count += len(inner)
        if depth > MAX_NESTING or count > MAX_ITEMS:
            words = f"lists have more than {MAX_ITEMS:,} entries or are nested too deeply"
            raise TemplateFault("template-too-large", words)
        if not isinstance(inner, range):
            entries = [*inner, *inner.values()] if isinstance(inner, dict) else inner
            waiting.extend((entry, depth + 1) for entry in entries)


def need_operands(sign: str, left: Any, right: Any) -> None:
    """Raise a fault if `left sign right` would be too large to compute, or would format a text."""
    for operand in (left, right):
        need_plain(operand)
        if isinstance(operand, int):
            need_number(operand)
    if sign == "%" and isinstance(left, str):
        hint = "use the format filter instead: '%03d' | format(7)"
        raise TemplateFault("template-error", "text % a value cannot be computed", hint=hint)
    if sign == "**" and isinstance(left, int) and isinstance(right, int) and abs(left) > 1:
        # 2 ** right is the smallest possible result.
        need_number(MAX_NUMBER + 1 if right > MAX_NUMBER.bit_length() else 0)
    if sign == "*" and isinstance(left, int):
        left, right = right, left
    if sign == "*" and isinstance(left, (str, list, tuple)) and isinstance(right, int):
        (need_length if isinstance(left, str) else need_items)(len(left) * right)


def printable(value: object) -> str:
    """Return a value as it prints: text, a number as written, true or false; nothing for null."""
    if isinstance(value, str):
        value.encode()  # an unpaired surrogate cannot be sent
        return str.__str__(value)
    if value is None or type(value) is Undefined:  # `x if y` without else, and y is false
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        if not math.isfinite(value):
            raise TemplateFault("not-printable", f"{value} is not a number that can be sent")
        return str(value)
    need_defined(value)
    kind, hint = _kind(value)
    words = f"{kind} cannot be printed; only text, numbers, true and false can"
    name = value.name if isinstance(value, (Macro, Method)) else ""
    raise TemplateFault("not-printable", words, hint=hint and hint.format(name))


_KINDS: tuple[tuple[type | tuple[type, ...], str, str | None], ...] = (
    (type(None), "null", None),
    (Undefined, "an undefined name", None),
    (bool, "true or false", None),
    ((int, float), "a number", None),
    (str, "text", None),
    (Mapping, "a mapping", "print one of its keys: {{{{ the_mapping.key }}}}"),
    ((list, tuple, range), "a list", "join it: {{{{ the_list | join(', ') }}}}"),
    (Macro, "a macro", "call it: {}(...)"),
    (Method, "a function", "call it: {}(...)"),
    (TemplateModule, "a namespace of macros", "call one of its macros: {{{{ name.macro(...) }}}}"),
    (Namespace, "a namespace", None),
    (LoopContext, "the loop", None),
    ((BlockReference, TemplateReference), "a block", None),
)


def _kind(value: object) -> tuple[str, str | None]:
    """Return a value's kind, and what to do if one is printed (`{}` is its name)."""
    found = ((words, hint) for kind, words, hint in _KINDS if isinstance(value, kind))
    return next(found, ("an object", None))


def describe(value: object) -> str:
    """Describe a value's kind in words for the user."""
    return _kind(value)[0]


def brief(value: object) -> str:
    """Quote a value in a message, or describe it if it cannot be quoted."""
    if isinstance(value, int):
        return f"{value:,}"
    if not isinstance(value, (str, float)):
        return describe(value)
    return shorten(repr(value), 60)
