"""`storyboard models show`: what is known of one model."""

from __future__ import annotations

from collections.abc import Iterator

import click

from storyboard.commands.models.list import card_facts
from storyboard.console.completers import complete_models
from storyboard.console.options import json_option
from storyboard.console.own_cards import OWNERS
from storyboard.console.printing import align, print_json, print_lines
from storyboard.errors import ExitCode, UsageError
from storyboard.language.project_cards import load_catalog_here
from storyboard.models.card import ModelCard
from storyboard.models.card_folders import Owner
from storyboard.models.catalog import Catalog
from storyboard.models.summary import limits_line, parameter_words, word_meaning
from storyboard.models.words import PICTURES
from storyboard.reporting.suggest import did_you_mean

_UNKNOWN = "not known"


@click.command("show")
@click.argument("name", shell_complete=complete_models)
@json_option
def command(*, name: str, as_json: bool) -> int:
    """Show what is known of a model: its parameters with their limits, and their source.

    \b
    Examples:
      storyboard models show alibaba/wan2.7-t2v
      storyboard models show alibaba/wan2.7-t2v --json
    """
    catalog = load_catalog_here()
    card = _find(name, catalog)
    if as_json:
        parameters = {known.name: dict(known.limits) for known in card.parameters.values()}
        print_json({**card_facts(card, catalog), "parameters": parameters})
    else:
        print_lines([f"{card.name}: {card.title}", *align(_facts(card, catalog)), ""])
        print_lines(align((one.name, parameter_words(one)) for one in card.parameters.values()))
    return ExitCode.OK


def _find(name: str, catalog: Catalog) -> ModelCard:
    card = catalog.get(name)
    if card is None:
        hint = did_you_mean(name, catalog.names())
        raise UsageError(
            f"there is no model {name!r}" + (f"; {hint}" if hint else ""),
            next_step="storyboard models list names them all",
        )
    return card


def _card_words(name: str, catalog: Catalog) -> str:
    """Where the card lies, or that it is the program's."""
    owner, replaced = catalog.owner_of(name), catalog.replaces(name)
    if owner is None or owner is Owner.PROGRAM:
        return OWNERS[Owner.PROGRAM]
    before = f", before {OWNERS[replaced]}" if replaced else ""
    return f"{catalog.path_of(name)} ({OWNERS[owner]}{before})"


def _facts(card: ModelCard, catalog: Catalog) -> Iterator[tuple[str, str]]:
    yield "kind", card.kind
    yield "limits", limits_line(card)
    meanings = {name: word_meaning(word) for name, word in card.words.items()}
    yield (
        "words",
        "; ".join(
            name if name == meaning else f"{name}: {meaning}" for name, meaning in meanings.items()
        ),
    )
    if any(name in card.words for name in PICTURES):
        yield "pictures", "a file, an https address, a name from references, or a frame of a take"
    yield "service", card.service.name
    yield "card", _card_words(card.name, catalog)
    yield "source", card.source
    yield "read", card.read
    yield "confidence", card.confidence
    yield "retires", card.retires or _UNKNOWN
    yield "renders in", f"{card.usual_render_s:g} s" if card.usual_render_s else _UNKNOWN
