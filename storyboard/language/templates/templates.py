"""Renders the templates of a storyboard: deterministic, and with limits.

Takes a text and its scope. Returns the rendered text or raises `TemplateFault`, whatever the text
contains. Reads the files of one `templates/` folder when it is created, and nothing after that.
Not thread-safe.

Every text and macro file sees the scope of the text being rendered. A name is looked up when it
is used: in what the template itself set, then in the scope, the macro files, and Jinja's
functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from storyboard.language.files import DISK, Files
from storyboard.language.templates.macro_files import read_macro_files
from storyboard.language.templates.scope import SUFFIX, Scope, is_template
from storyboard.records import Problem

if TYPE_CHECKING:
    from storyboard.language.templates.engine import JinjaRenderer


class Templates:
    """The template engine of one storyboard, with the macro files beside it.

    `problems` are those of the macro files themselves, `sources` their texts by display name,
    `namespaces` their names in templates.
    """

    def __init__(
        self, folder: Path | None, *, display_name: str = "templates", files: Files = DISK
    ) -> None:
        self._display_name = display_name
        self._files, problems = read_macro_files(folder, display_name, files)
        self.sources: Mapping[str, str] = {
            f"{display_name}/{name}": text for name, text in self._files.items()
        }
        self.namespaces = frozenset(name.removesuffix(SUFFIX) for name in self._files)
        self.problems: tuple[Problem, ...] = problems
        if self._files:
            self.problems += tuple(self.renderer.problems)

    @cached_property
    def renderer(self) -> JinjaRenderer:
        """The engine that compiles and renders, created on first use."""
        # Jinja takes a tenth of a second to import, and many storyboards never need it.
        from storyboard.language.templates.engine import JinjaRenderer

        return JinjaRenderer(self._files, display_name=self._display_name)

    def render(self, text: str, scope: Scope, *, prints_lists: bool = False) -> str:
        """Return the text with its templates filled in; a text without any is unchanged.

        What the scope renders in turn counts towards the same limits. With `prints_lists`, a list
        prints so that `spellings.as_list` finds its entries.

        Raises:
            TemplateFault: the text cannot be rendered. Faults raised by the scope pass through.
            TemplatesTooCostly: the renderings of this storyboard have together done more work than
                is allowed; nothing more is rendered.
        """
        if not is_template(text):
            return text
        return self.renderer.render(text, scope, prints_lists=prints_lists)

    def names_used(self, texts: Iterable[str]) -> frozenset[str]:
        """Return all names that texts take from their scope, also through the macro files they use.

        A text that is not a template, or cannot be compiled, adds none.
        """
        templates = list(filter(is_template, texts))
        return self.renderer.names_used(templates) if templates else frozenset()
