"""`storyboard models`: which models the program knows, and what is known of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from storyboard.console.completers import complete_models
from storyboard.console.options import json_option
from storyboard.console.printing import align, print_json, print_lines
from storyboard.errors import ExitCode, UsageError
from storyboard.models.card import ModelCard
from storyboard.models.catalog import load_catalog
from storyboard.models.summary import limits_line, parameter_words
from storyboard.reporting.suggest import did_you_mean

_UNKNOWN = "not known"


@click.group(invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """The models that a storyboard can name.

    What is known of each stands on its model card.

    \b
    Examples:
      storyboard models list
      storyboard models show alibaba/wan2.7-t2v
    """
    if context.invoked_subcommand is None:
        print_lines(context.get_help().split("\n"))


@command.command("list")
@json_option
def list_models(*, as_json: bool) -> int:
    """List the models, one a line: name, kind, limits, how sure these are, retirement.

    The kind is what a video is made from: text, an image, a first and a last frame, images
    to refer to (reference), or a video.

    \b
    Examples:
      storyboard models list
      storyboard models list --json
    """
    cards = load_catalog().cards()
    if as_json:
        print_json({"models": [_document(card) for card in cards]})
    elif cards:
        print_lines(align(map(_row, cards)))
    return ExitCode.OK


@command.command("show")
@click.argument("name", shell_complete=complete_models)
@json_option
def show_model(*, name: str, as_json: bool) -> int:
    """Show what is known of a model: its parameters with their limits, and where these are from.

    \b
    Examples:
      storyboard models show alibaba/wan2.7-t2v
      storyboard models show alibaba/wan2.7-t2v --json
    """
    card = _find(name)
    if as_json:
        parameters = {known.name: dict(known.limits) for known in card.parameters.values()}
        print_json({**_document(card), "parameters": parameters})
    else:
        print_lines([f"{card.name}: {card.title}", *align(_facts(card)), ""])
        print_lines(align((one.name, parameter_words(one)) for one in card.parameters.values()))
    return ExitCode.OK


def _find(name: str) -> ModelCard:
    catalog = load_catalog()
    card = catalog.get(name)
    if card is None:
        hint = did_you_mean(name, catalog.names())
        raise UsageError(
            f"there is no model {name!r}" + (f"; {hint}" if hint else ""),
            next_step="storyboard models list names them all",
        )
    return card


def _row(card: ModelCard) -> tuple[str, ...]:
    retirement = f"retires {card.retires}" if card.retires else ""
    return card.name, card.kind, limits_line(card), f"{card.confidence} confidence", retirement


def _facts(card: ModelCard) -> Iterator[tuple[str, str]]:
    yield "kind", card.kind
    yield "limits", limits_line(card)
    yield "service", card.service.name
    yield "source", card.source
    yield "read", card.read
    yield "confidence", card.confidence
    yield "retires", card.retires or _UNKNOWN
    yield "renders in", f"{card.usual_render_s:g} s" if card.usual_render_s else _UNKNOWN


_PLAIN = ("name", "title", "kind", "source", "read", "confidence", "retires", "usual_render_s")


def _document(card: ModelCard) -> dict[str, Any]:
    plain = {name: getattr(card, name) for name in _PLAIN}
    return {**plain, "service": card.service.name, "limits": limits_line(card)}
