"""A scope of plain values for the tests of templates."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pytest

from storyboard.language.templates.fault import TemplateFault
from storyboard.language.templates.templates import Templates


@dataclass
class Names:
    """Knows `values`; those that are functions are called when they are asked for."""

    values: dict[str, object] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def resolve(self, name: str) -> object:
        self.asked.append(name)
        value = self.values[name]
        return value() if isinstance(value, Callable) else value  # type: ignore[arg-type]

    def names(self) -> Iterable[str]:
        return list(self.values)


def render(text: str, *, templates: Templates | None = None, **values: object) -> str:
    """The text rendered with these names in scope."""
    return (templates or Templates(None)).render(text, Names(values))


def fault_of(text: str, *, templates: Templates | None = None, **values: object) -> TemplateFault:
    """The fault that rendering the text ends in; nothing else may come out."""
    with pytest.raises(TemplateFault) as caught:
        render(text, templates=templates, **values)
    return caught.value
