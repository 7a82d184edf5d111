"""Renders the templates of a storyboard, deterministic and bounded.

In: a text and the scope it is rendered in. Out: the rendered text, or a
`TemplateFault`, whatever the text holds. Reads the files
of one `templates/` folder when it is made, and nothing after that. Not for
several threads at once.

Every text and macro file sees the scope of the text that is being rendered.
A name is looked up where it is used: what the template set itself, then the
scope, then the macro files, then Jinja's functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from storyboard.language.files import DISK, Files
from storyboard.language.templates.fault import TemplateFault
from storyboard.language.templates.macro_files import read_macro_files
from storyboard.language.templates.scope import SUFFIX, Scope, is_template
from storyboard.records import Problem

if TYPE_CHECKING:
    from storyboard.language.templates.engine import JinjaRenderer

__all__ = ["Scope", "TemplateFault", "Templates", "is_template"]


class Templates:
    """The template engine of one storyboard, with the macro files that lie beside it.

    `problems` are those of the macro files themselves, `sources` their texts
    by the name that is shown to the user, `namespaces` what they are called
    in templates.
    """

    def __init__(
        self, folder: Path | None, *, display_name: str = "templates", files: Files = DISK
    ) -> None:
        self._display_name = display_name
        found = read_macro_files(folder, display_name, files)
        self._files = found.texts
        self.sources: Mapping[str, str] = MappingProxyType(
            {f"{display_name}/{name}": text for name, text in found.texts.items()}
        )
        self.namespaces = frozenset(name.removesuffix(SUFFIX) for name in found.texts)
        problems = [*found.problems, *(self.renderer.problems if found.texts else ())]
        self.problems: tuple[Problem, ...] = tuple(problems)

    @cached_property
    def renderer(self) -> JinjaRenderer:
        """What compiles and renders; made when there is something to do."""
        # Jinja takes a tenth of a second to import, and many storyboards never need it.
        from storyboard.language.templates.engine import JinjaRenderer

        return JinjaRenderer(self._files, display_name=self._display_name)

    def render(self, text: str, scope: Scope, *, prints_lists: bool = False) -> str:
        """The text with its templates filled in; a text without any as it is.

        Whatever the scope renders in turn counts towards the same bounds. With
        `prints_lists` a list prints so that `spellings.as_list` finds its entries.

        Raises:
            TemplateFault: it cannot be rendered; those that the scope raises
                pass through as they are.
            TemplatesTooCostly: the renderings of this storyboard have done more
                work than all together may; nothing more is rendered.
        """
        if not is_template(text):
            return text
        return self.renderer.render(text, scope, prints_lists=prints_lists)

    def names_used(self, texts: Iterable[str]) -> frozenset[str]:
        """All names that texts take from their scope, those of the macro files they use included.

        Nothing for a text that is no template, or none that can be compiled.
        """
        templates = list(filter(is_template, texts))
        return self.renderer.names_used(templates) if templates else frozenset()
