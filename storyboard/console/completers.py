"""What a shell is offered for takes, tags, scenes, faults and schemas while a person types.

The storyboard on the command line is read for this, for a moment at most; if anything
is wrong, nothing is offered and nothing is printed. Shells put what they are offered
into the command line, some of them unquoted, so only plain names are offered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from datetime import datetime, timezone
from itertools import chain
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from storyboard.records import Storyboard

    Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem[str]]]

MAX_WAIT_S = 2.0
"""A storyboard that takes longer to read offers nothing: the person is typing on by then."""

_MAX_OFFERED = 1000
# No space, quote, `$`, `*`, comma or colon, and no dash in front: nothing that a shell acts on.
_PLAIN = re.compile(r"\w[\w.-]{0,119}")


def _offer_names(of: Callable[[Storyboard], Iterable[str]]) -> Complete:
    """Offers plain names of the storyboards on the command line, in their order."""

    def complete(
        context: click.Context, parameter: click.Parameter, incomplete: str
    ) -> list[CompletionItem[str]]:
        names = (name for board in _read_boards(context) for name in of(board))
        plain = (name for name in names if _PLAIN.fullmatch(name))
        return _offer(incomplete, dict.fromkeys(plain))[:_MAX_OFFERED]

    return complete


complete_takes = _offer_names(
    lambda board: chain.from_iterable((one.shot, one.id) for one in board.takes)
)
"""The ids of takes, and of shots for all their takes."""

complete_tags = _offer_names(lambda board: chain.from_iterable(one.tags for one in board.takes))
complete_scenes = _offer_names(lambda board: (one.scene for one in board.takes if one.scene))
complete_variants = _offer_names(lambda board: board.variants)


def complete_file_and_takes(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """Ids of takes, or files if none fits."""
    from click.shell_completion import CompletionItem

    takes = complete_takes(context, parameter, incomplete)
    return takes or [CompletionItem(incomplete, type="file")]


def complete_faults(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """The faults of the sandbox, each with a probability to change."""
    from storyboard.sandbox.faults import FAULTS

    return _offer(incomplete, {f"{name}=0.1": does for name, (_, does) in FAULTS.items()})


def complete_schemas(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """The names of schemas: our own, and the models whose requests have one."""
    from storyboard.language.project_cards import load_catalog_here

    names = ("storyboard", "include", "manifest", "events", "card", *load_catalog_here().names())
    return _offer(incomplete, dict.fromkeys(names))


def complete_models(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """The names of models that have not gone."""
    from storyboard.language.project_cards import load_catalog_here
    from storyboard.models.retirement import gone_models

    catalog = load_catalog_here()
    gone = gone_models(catalog.cards(), datetime.now(timezone.utc).date())
    return _offer(incomplete, dict.fromkeys(name for name in catalog.names() if name not in gone))


def _offer(incomplete: str, words: Mapping[str, str | None]) -> list[CompletionItem[str]]:
    """The words that begin like what was typed, each with its help."""
    from click.shell_completion import CompletionItem

    return [
        CompletionItem(word, help=help)
        for word, help in words.items()
        if word.startswith(incomplete)
    ]


def _read_boards(context: click.Context) -> list[Storyboard]:
    """The storyboards on the command line; none if they cannot be read in time."""
    found: list[Storyboard] = []

    def read() -> None:
        with suppress(Exception):
            found.extend(_boards_of(context))

    # A thread that is left behind ends with the process, right after the answer.
    thread = Thread(target=read, daemon=True)
    thread.start()
    thread.join(MAX_WAIT_S)
    return [] if thread.is_alive() else found


def _boards_of(context: click.Context) -> Sequence[Storyboard]:
    """The storyboards that a command line names."""
    from storyboard.console.options import VariableOptions
    from storyboard.console.read_storyboards import read_storyboards
    from storyboard.models.catalog import load_catalog

    values, files = context.params, _files_of(context)
    given: dict[str, Any] = {
        one.name: values.get(one.name) or one.default for one in fields(VariableOptions)
    }
    return read_storyboards(files, load_catalog(), VariableOptions(**given))


def _files_of(context: click.Context) -> list[Path]:
    from storyboard.console.arguments import STDIN, is_file

    # If the last option has no value yet, click parses no arguments: that value is completed.
    files = [Path(word) for word in context.args if is_file(word)]
    if not files:
        named = getattr(context.params.get("named"), "file", context.params.get("file"))
        files = [named] if named else list(context.params.get("files") or ())
    return [] if STDIN in files else files  # what is there is for the command
