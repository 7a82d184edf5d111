"""What other modules need of templates without Jinja, which takes a tenth of a second to import."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

SUFFIX = ".j2"
"""The ending of macro file names."""

MAX_TEXT = 100_000  # characters: of a template, its output, and any text on the way


class Scope(Protocol):
    """Names a template may use. A value may be computed on first use and raise TemplateFault."""

    def resolve(self, name: str) -> object:
        """Return the value of a name; raise KeyError if there is no such name."""

    def names(self) -> Iterable[str]:
        """Return all names, for suggestions."""


def is_template(text: str) -> bool:
    """Whether rendering could change the text."""
    return "{{" in text or "{%" in text or "{#" in text
