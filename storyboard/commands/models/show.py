"""`storyboard models show`: what is known of one model."""

from __future__ import annotations

from collections.abc import Iterator

import click

from storyboard.commands.models.list import card_facts
from storyboard.console.completers import complete_models
from storyboard.console.options import json_option
from storyboard.console.printing import align, print_json, print_lines
from storyboard.errors import ExitCode, UsageError
from storyboard.models.card import ModelCard
from storyboard.models.catalog import load_catalog
from storyboard.models.summary import limits_line, parameter_words
from storyboard.reporting.suggest import did_you_mean

_UNKNOWN = "not known"


@click.command("show")
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
        print_json({**card_facts(card), "parameters": parameters})
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


def _facts(card: ModelCard) -> Iterator[tuple[str, str]]:
    yield "kind", card.kind
    yield "limits", limits_line(card)
    yield "service", card.service.name
    yield "source", card.source
    yield "read", card.read
    yield "confidence", card.confidence
    yield "retires", card.retires or _UNKNOWN
    yield "renders in", f"{card.usual_render_s:g} s" if card.usual_render_s else _UNKNOWN
