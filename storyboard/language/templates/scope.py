"""What there is to know of templates without Jinja, which takes a tenth of a second to import."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

SUFFIX = ".j2"
"""What the names of macro files end with."""

MAX_TEXT = 100_000  # characters: a template, its output, and any text on the way


class Scope(Protocol):
    """Names a template may use. Values may be computed on first use and may raise TemplateFault."""

    def resolve(self, name: str) -> object:
        """The value of a name; KeyError where there is no such name."""

    def names(self) -> Iterable[str]:
        """All names, for suggestions."""


def is_template(text: str) -> bool:
    """Whether the text has anything that a template would change."""
    return "{{" in text or "{%" in text or "{#" in text
