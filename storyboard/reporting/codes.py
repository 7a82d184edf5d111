"""The codes of problems and warnings, read from `codes.md`.

`codes.md`, beside this module, is the only registry: a chapter for each hundred, and a
section for each code with its title, explanation and examples. To add a problem, add a
section there. Numbers of removed codes are not reused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from typing import NamedTuple

from storyboard.records import Severity
from storyboard.reporting.suggest import closest

FILE = Path(__file__).with_name("codes.md")

_SECTION = re.compile(r"^## (SB\d{3}) ([a-z-]+)\n\n(.+)\n((?s:.*?))(?=^##? SB|\Z)", re.MULTILINE)
_OF_WARNINGS = "SB2"

_SIMILAR = 0.8


class Code(NamedTuple):
    """One code: `SB301`, its name `unknown-key`, its title in one sentence.

    `explanation` is the rest of its section, as Markdown; it may be empty.
    """

    number: str
    name: str
    title: str
    explanation: str

    @property
    def severity(self) -> Severity:
        """Whether it is for problems or for warnings; only warnings can be silenced."""
        is_warning = self.number.startswith(_OF_WARNINGS)
        return Severity.WARNING if is_warning else Severity.PROBLEM

    @property
    def is_warning(self) -> bool:
        """Whether it is for warnings."""
        return self.severity is Severity.WARNING


@cache
def codes() -> Mapping[str, Code]:
    """Every code by its name, in numerical order."""
    sections = _SECTION.findall(FILE.read_text("utf-8"))
    return {name: Code(number, name, title, text.strip()) for number, name, title, text in sections}


def number_of(name: str) -> str | None:
    """The number of the code with this name, or None if there is none."""
    code = codes().get(name)
    return code.number if code else None


def find_code(word: str) -> Code | None:
    """The code with this number or name, in upper or lower case, or None."""
    return _by_word().get(word.strip().casefold())


@cache
def _by_word() -> Mapping[str, Code]:
    known = codes()
    return {**known, **{code.number.casefold(): code for code in known.values()}}


def near_code(word: str, *, warnings_only: bool = False) -> Code | None:
    """The code that a misspelt name or number means, or None unless there is exactly one."""
    known = _numbers_and_names(warnings_only)
    guess = closest(word, known)
    if guess is None or guess in codes():
        return codes().get(guess or "")
    # Numbers are as similar to one another as to a misspelt one.
    similarities = {one: _similarity(word, one) for one in known if one not in codes()}
    best = max(similarities.values())
    found = [one for one, value in similarities.items() if value == best]
    return find_code(found[0]) if len(found) == 1 and best >= _SIMILAR else None


@cache
def _numbers_and_names(warnings_only: bool) -> tuple[str, ...]:
    known = [code for code in codes().values() if code.is_warning or not warnings_only]
    return (*(code.name for code in known), *(code.number for code in known))


def _similarity(word: str, number: str) -> float:
    return SequenceMatcher(None, word.upper(), number).ratio()
