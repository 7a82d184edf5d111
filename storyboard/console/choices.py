"""Words of which an option takes one, and what to say where another is given."""

from __future__ import annotations

from typing import Any

import click

from storyboard.console.numbers import refuse


class Choice(click.Choice):  # type: ignore[type-arg]  # generic from click 8.2 on only
    """One of some words, which shells complete."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The word. Raises UsageError, which says the words that may be."""
        words = [str(word) for word in self.choices]
        if value not in words:
            from storyboard.reporting.suggest import closest

            *others, last = words
            example = closest(value, words) or words[0]
            refuse(value, param, allowed=f"{', '.join(others)} or {last}", example=example)
        return value
