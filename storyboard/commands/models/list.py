"""`storyboard models list`: every model on a line."""

from __future__ import annotations

from typing import Any

import click

from storyboard.console.options import json_option
from storyboard.console.printing import align, print_json, print_lines
from storyboard.errors import ExitCode
from storyboard.models.card import ModelCard
from storyboard.models.catalog import load_catalog
from storyboard.models.summary import limits_line

_PLAIN = ("name", "title", "kind", "source", "read", "confidence", "retires", "usual_render_s")


@click.command("list")
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
        print_json({"models": [card_facts(card) for card in cards]})
    elif cards:
        print_lines(align(map(_row, cards)))
    return ExitCode.OK


def card_facts(card: ModelCard) -> dict[str, Any]:
    """What `--json` says of a card, without its parameters."""
    plain = {name: getattr(card, name) for name in _PLAIN}
    return {**plain, "service": card.service.name, "limits": limits_line(card)}


def _row(card: ModelCard) -> tuple[str, ...]:
    retirement = f"retires {card.retires}" if card.retires else ""
    return card.name, card.kind, limits_line(card), f"{card.confidence} confidence", retirement
