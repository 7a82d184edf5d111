"""`storyboard models list`: every model on a line."""

from __future__ import annotations

from typing import Any

import click

from storyboard.console.options import json_option
from storyboard.console.own_cards import OWNERS, card_source
from storyboard.console.printing import align, print_json, print_lines, say
from storyboard.errors import ExitCode
from storyboard.language.project_cards import load_catalog_here
from storyboard.models.card import ModelCard
from storyboard.models.card_folders import Owner
from storyboard.models.catalog import Catalog
from storyboard.models.summary import limits_line

_PLAIN = ("name", "title", "kind", "source", "read", "confidence", "retires", "usual_render_s")


@click.command("list")
@json_option
def command(*, as_json: bool) -> int:
    """List the models, one per line: name, kind, limits, how certain these are, retirement.

    Cards beside the storyboards of the current folder, in models/, come first, then those of
    your own data folder, then the program's. The kind is what a video is made from: text, an
    image, a first and a last frame, images to refer to (reference), or a video.

    \b
    Examples:
      storyboard models list
      storyboard models list --json
    """
    catalog = load_catalog_here()
    cards = catalog.cards()
    for broken in catalog.broken():
        say(f"{broken}; it is left out")
    if as_json:
        print_json({"models": [card_facts(card, catalog) for card in cards]})
    elif cards:
        print_lines(align([_row(card, catalog) for card in cards]))
    return ExitCode.OK


def card_facts(card: ModelCard, catalog: Catalog) -> dict[str, Any]:
    """What `--json` says of a card, without its parameters."""
    plain = {name: getattr(card, name) for name in _PLAIN}
    source = card_source(card.name, catalog)
    return {**plain, "service": card.service.name, "limits": limits_line(card), **source}


def _row(card: ModelCard, catalog: Catalog) -> tuple[str, ...]:
    retirement = f"retires {card.retires}" if card.retires else ""
    owner = catalog.owner_of(card.name)
    own = "" if owner is None or owner is Owner.PROGRAM else f"{OWNERS[owner]} card"
    confidence = f"{card.confidence} confidence"
    return card.name, card.kind, limits_line(card), confidence, retirement, own
