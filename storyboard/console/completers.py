"""What a shell is offered for takes, tags, scenes, faults and schemas while a person types.

The storyboard on the command line is read for this, for a moment at most; if anything
is wrong, nothing is offered and nothing is printed. Shells put what they are offered
into the command line, some of them unquoted, so only plain names are offered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import fields
from datetime import datetime, timezone
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from storyboard.records import Storyboard, Take

MAX_WAIT_S = 2.0
"""A storyboard that takes longer to read offers nothing: the person is typing on by then."""

_MAX_OFFERED = 1000
# No space, quote, `$`, `*`, comma or colon, and no dash in front: nothing that a shell acts on.
_PLAIN = re.compile(r"\w[\w.-]{0,119}")


def complete_takes(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """The ids of takes, and of shots for all their takes."""
    return _offer(
        incomplete, (name for take in _read_takes(context) for name in (take.shot, take.id))
    )


def complete_tags(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """The tags of shots."""
    return _offer(incomplete, (tag for take in _read_takes(context) for tag in take.tags))


def complete_scenes(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """The ids of scenes that have takes."""
    return _offer(incomplete, (take.scene for take in _read_takes(context) if take.scene))


def complete_variants(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """The variants of the storyboards."""
    return _offer(incomplete, (name for board in _read_boards(context) for name in board.variants))


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
    from click.shell_completion import CompletionItem

    from storyboard.sandbox.faults import FAULTS

    offered = {f"{name}=0.1": does for name, (_, does) in FAULTS.items()}
    return [
        CompletionItem(word, help=does)
        for word, does in offered.items()
        if word.startswith(incomplete)
    ]


def complete_schemas(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """The names of schemas: our own, and the models whose requests have one."""
    from click.shell_completion import CompletionItem

    from storyboard.language.project_cards import load_catalog_here

    names = ("storyboard", "include", "manifest", "events", "card", *load_catalog_here().names())
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def complete_models(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """The names of models that have not gone."""
    from click.shell_completion import CompletionItem

    from storyboard.language.project_cards import load_catalog_here
    from storyboard.models.retirement import gone_models

    catalog = load_catalog_here()
    gone = gone_models(catalog.cards(), datetime.now(timezone.utc).date())
    names = [name for name in catalog.names() if name not in gone]
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _offer(incomplete: str, names: Iterable[str]) -> list[CompletionItem[str]]:
    from click.shell_completion import CompletionItem

    found = (name for name in dict.fromkeys(names) if name.startswith(incomplete))
    plain = [name for name in found if _PLAIN.fullmatch(name)]
    return [CompletionItem(name) for name in plain[:_MAX_OFFERED]]


def _read_takes(context: click.Context) -> Iterator[Take]:
    return (take for board in _read_boards(context) for take in board.takes)


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
