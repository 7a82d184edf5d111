"""What a template may print and how much it may do: the limits, and the meter that holds them.

Knows nothing of files or scopes. Everything here raises `Stop`, which
`templates` turns into a `TemplateFault` with its line.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from jinja2 import Undefined
from jinja2.environment import TemplateModule
from jinja2.runtime import BlockReference, LoopContext, Macro, TemplateReference
from jinja2.utils import Namespace

from storyboard.language.templates.scope import MAX_TEXT
from storyboard.records import Position

MAX_STEPS = 100_000  # loop rounds and calls of one rendering
MAX_ITEMS = 100_000  # entries of one list
ENTRY = 10  # what a list entry or a map key costs, in characters: about its share of the time
MAX_WEIGHT = 2_000_000  # characters, and ENTRY for each entry, in one value however deep
MAX_WORK = 20_000_000  # the same, summed over all values that one rendering handles
MAX_NUMBER = 10**30
MAX_DEPTH = 50  # macros, includes and vars that are under way within one another
MAX_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Method:
    """A function that a template may call."""

    name: str
    function: Callable[..., object]


class Stop(Exception):
    """A template asked for something that it cannot have; has no place yet."""

    def __init__(
        self,
        code: str,
        message: str,
        hint: str | None = None,
        *,
        line: int | None = None,
        position: Position | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.line = line
        self.position = position

    def again(self) -> Stop:
        """The same, to be raised anew: an exception that is raised twice gathers tracebacks."""
        return Stop(self.code, self.message, self.hint, line=self.line, position=self.position)


class Meter:
    """Counts what one rendering does, with all that it renders on the way; `clock` in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._end = clock() + MAX_SECONDS
        self._steps = 0
        self._work = 0
        self._depth = 0

    @property
    def counts(self) -> tuple[int, int, float]:
        """What has been counted so far, for `give_back`, and the time."""
        return self._steps, self._work, self._clock()

    def give_back(self, counts: tuple[int, int, float]) -> None:
        """Forget what was counted since, and give its time back."""
        self._steps, self._work, since = counts
        self._end += self._clock() - since

    def check(self) -> None:
        """Stop when the time is up."""
        if self._clock() > self._end:
            raise Stop(
                "template-too-slow", f"the template takes longer than {MAX_SECONDS:g} seconds"
            )

    def step(self) -> bool:
        """Count a loop round or a call; True, so that it can stand in a condition."""
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise Stop(
                "template-too-slow", f"the template takes more than {MAX_STEPS:,} loop steps"
            )
        self.check()
        return True

    def charge(self, units: int) -> None:
        """Count the characters and entries of a value that was made."""
        self._work += units
        if self._work > MAX_WORK:
            raise Stop(
                "template-too-slow",
                f"the template handles more than {MAX_WORK:,} characters in all",
            )
        self.check()

    def enter(self) -> None:
        """Count one more thing that is under way; `leave` ends it."""
        if self._depth >= MAX_DEPTH:
            raise Stop(
                "template-too-deep",
                f"macros, includes and vars use one another more than {MAX_DEPTH} deep",
            )
        self._depth += 1

    def leave(self) -> None:
        """The innermost thing under way has ended."""
        self._depth -= 1


def weigh(value: object, meter: Meter) -> None:
    """Charge the meter for a value; Stop where it is larger than any value may be.

    Only the containers that templates make are entered: other mappings may
    compute their values when they are asked for.
    """
    if isinstance(value, str):
        need_length(len(value))
        meter.charge(1 + len(value))
    elif isinstance(value, int):
        need_number(value)
    elif isinstance(value, (list, tuple, dict, range)):
        meter.charge(_total(value))


def _total(value: object) -> int:
    total = 0
    waiting = [value]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, range):
            total += ENTRY * (1 + len(inner))
            continue
        entries: Sequence[object] = (
            [*inner, *inner.values()]
            if isinstance(inner, dict)
            else cast("Sequence[object]", inner)
        )
        total += ENTRY * (1 + len(entries))
        # A list that holds itself many times over is small in memory and endless to walk.
        if total > MAX_WEIGHT:
            raise Stop(
                "template-too-large",
                f"a list or map holds more than {MAX_WEIGHT // ENTRY:,} entries, or long texts",
            )
        for entry in entries:
            if isinstance(entry, str):
                total += len(entry)
            elif isinstance(entry, (list, tuple, dict, range)):
                waiting.append(entry)
    return total


def need_length(characters: int) -> None:
    """Stop where a text would be too long."""
    if characters > MAX_TEXT:
        raise Stop(
            "template-too-long",
            f"the template makes a text of more than {MAX_TEXT:,} characters",
        )


def need_items(count: int) -> None:
    """Stop where a list would have too many entries."""
    if count > MAX_ITEMS:
        raise Stop(
            "template-too-large", f"a list of {brief(count)} entries is more than {MAX_ITEMS:,}"
        )


def need_number(value: float) -> None:
    """Stop where a whole number is too large."""
    if isinstance(value, int) and abs(value) > MAX_NUMBER:
        raise Stop("template-too-large", "a number has more than 30 digits")


def need_a_number(value: object, name: str) -> float:
    """The number that `name` is given; Stop where it is none or too large."""
    if not isinstance(value, (int, float)):
        raise Stop("template-error", f"{name} takes a number, not {describe(value)}")
    need_number(value)
    return value


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
            raise Stop("not-printable", f"{float.__repr__(value)} is not a number that can be sent")
        return float.__repr__(value)
    if isinstance(value, Undefined):
        value._fail_with_undefined_error()
    raise Stop(
        "not-printable",
        f"{describe(value)} cannot be printed; only text, numbers, true and false can",
        _hint_for_printing(value),
    )


def _need_characters(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Stop(
            "not-printable",
            f"\\u{ord(text[error.start]):04x} is half a character and cannot be sent",
        ) from None


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
    if isinstance(value, int) and abs(value) > MAX_NUMBER:
        return "far too many"
    if isinstance(value, int):
        return f"{value:,}"
    return shorten(repr(value), 60) if isinstance(value, (str, float)) else describe(value)


def shorten(text: str, length: int) -> str:
    """The text, its end left out where it is longer than `length`."""
    return text if len(text) <= length else text[: length - 3] + "..."
