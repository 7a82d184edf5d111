"""The one exception that a template can end in."""

from __future__ import annotations

from storyboard.records import Position


class TemplateFault(Exception):
    """A template that cannot be rendered, and why, in words for the user.

    `line` counts from 1 inside the template's text. `position` is set when the
    fault lies inside a macro file; the caller sets it for its own texts.
    `where` is the way to the var that holds the fault, where it is one.
    """

    where: str | None = None

    def __init__(
        self,
        code: str,
        message: str,
        line: int = 1,
        hint: str | None = None,
        position: Position | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.line = line
        self.hint = hint
        self.position = position
