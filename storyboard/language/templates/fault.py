"""Defines the one exception that rendering raises, and converts other exceptions to it.

Imports Jinja only when there is something to convert.
"""

from __future__ import annotations

import re
from ast import literal_eval
from dataclasses import dataclass, replace

from storyboard.records import Position
from storyboard.reporting.invisible import CURLY_QUOTES, hint_for_invisible
from storyboard.reporting.value_paths import shorten

SPACED_NAME = "spaced-name"
_ABOUT_NAMES = (SPACED_NAME, "undefined-name", "unknown-filter", "unknown-test", "unknown-template")
_QUOTED = re.compile("'([^']+)'")
_WORD_BEHIND = re.compile(r"expected token '[^']{1,60}', got '(\w{1,60})'")
_CHARACTER = re.compile(r"unexpected char ('.*'|\".*\") at \d+")
_MAX_WORDS = 300  # characters
_MORE_WORDS = r"(?: {1,5}(?!(?:if|else|and|or|is|in|not)\b)\w{1,60}){0,5}"


@dataclass(eq=False)
class TemplateFault(Exception):
    """A template that cannot be rendered, and why, in words for the user.

    `line` counts from 1 inside the template's text; it is 0 until the engine has found it. `tag`
    counts the expressions before the fault on that line, if known. `position` is set if the fault
    is inside a macro file; the caller sets it for its own texts. `where` is the path to the var
    that contains the fault, if there is one.
    """

    code: str
    message: str
    line: int = 0
    hint: str | None = None
    position: Position | None = None
    where: str | None = None
    tag: int | None = None

    def __str__(self) -> str:
        return self.message

    @property
    def name(self) -> str | None:
        """The name that the fault is about, if any; the message has it in quotes."""
        found = _QUOTED.search(self.message) if self.code in _ABOUT_NAMES else None
        return found[1] if found else None

    def again(self) -> TemplateFault:
        """Return a copy to raise again: an exception raised twice accumulates tracebacks."""
        return replace(self)


class TemplatesTooCostly(Exception):
    """The templates of one storyboard have together done more work than is allowed."""


def as_fault(error: Exception) -> TemplateFault:
    """Convert any exception of Jinja or Python to a fault, with a line only if it names one."""
    from jinja2 import TemplateSyntaxError, UndefinedError

    if isinstance(error, TemplateFault):
        return error
    if isinstance(error, (RecursionError, MemoryError)):
        return too_deep()
    if isinstance(error, TemplateSyntaxError):
        words = error.message or ""
        if spaced := _spaced_name(words, error.source or "", error.lineno):
            return spaced
        hint = _syntax_hint(words, error.source or "")
        return TemplateFault("template-syntax", plain_words(words), error.lineno, hint)
    if isinstance(error, SyntaxError):
        # Python's own limits (20 nested loops), or an argument named twice.
        if "nested" in error.msg or "indent" in error.msg:
            return too_deep()
        words = f"the template cannot be compiled: {plain_words(error.msg)}"
        return TemplateFault("template-syntax", words, 1)
    if isinstance(error, UndefinedError):
        return TemplateFault("undefined-name", plain_words(error.message or ""))
    if isinstance(error, ZeroDivisionError):
        return TemplateFault("template-error", "division by zero")
    if isinstance(error, OverflowError) or "integer string conversion" in str(error):
        return TemplateFault("template-too-large", "a number is too large")
    if isinstance(error, UnicodeEncodeError):
        words = f"\\u{ord(error.object[error.start]):04x} is half a character and cannot be sent"
        return TemplateFault("not-printable", words)
    return TemplateFault("template-error", f"the template cannot be rendered: {plain_words(error)}")


def too_deep(line: int = 0) -> TemplateFault:
    """Return the fault of a template that is nested too deeply."""
    return TemplateFault(
        "template-too-deep",
        "blocks, brackets or operators are nested too deeply",
        line,
        "name the parts with {% set name = ... %}",
    )


def plain_words(error: Exception | str) -> str:
    """Return an exception's message as a clause, without memory addresses."""
    message = " ".join(str(error).split()).rstrip(".")
    message = re.sub(r" at 0x[0-9a-fA-F]+", "", message)
    message = _CHARACTER.sub(r"unexpected character \1", message)
    message = re.sub(r"^[\w.<>]+\(\) ", "", message)
    message = re.sub(r"'l_\d+_(\w+)' in function definition", r"'\1'", message)
    message = message.replace(". The ", "; the ").replace(". ", "; ")
    is_word = message[:1].isupper() and message[1:2].islower()
    message = message[:1].lower() + message[1:] if is_word else message
    return shorten(message, _MAX_WORDS) or "no reason given"


def _syntax_hint(message: str, source: str) -> str | None:
    if message.startswith("Missing end of comment tag"):
        return (
            "a comment begins with {# and ends with #}; write {{ '{#' }} for the characters "
            "themselves"
        )
    if found := _CHARACTER.match(message):
        character = literal_eval(found[1])
        is_curly = character in CURLY_QUOTES
        return "write straight quotes" if is_curly else hint_for_invisible(character)
    if message.startswith(("unexpected end of template", "unexpected '}'")):
        return "{{ ends with }} and {% with %}; write {{ '{{' }} for the characters themselves"
    return None


def _spaced_name(message: str, source: str, line: int) -> TemplateFault | None:
    """Return the fault of `row.Shot Size`, which parses as a name followed by a word; else None."""
    if (behind := _WORD_BEHIND.match(message)) is None:
        return None
    name = rf"([\w.]{{1,60}})\.(\w{{1,60}} {{1,5}}{behind[1]}\b{_MORE_WORDS})"
    if (found := re.search(name, source)) is None:
        return None
    words = f"a name with a space ({found[2]!r}) needs brackets"
    return TemplateFault(SPACED_NAME, words, line, f"write {found[1]}[{found[2]!r}]")
