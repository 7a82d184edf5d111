"""Which models are known by cards that are not the program's, in words and as data. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from storyboard.models.card_folders import Owner
from storyboard.models.catalog import Catalog
from storyboard.records import Storyboard

OWNERS = {Owner.PROJECT: "the project's", Owner.USER: "your own", Owner.PROGRAM: "the program's"}


def own_cards(board: Storyboard, catalog: Catalog) -> list[dict[str, Any]]:
    """The cards of a storyboard's models that are not the program's, as `--json` says it."""
    own = catalog.of(board.path)
    return [
        {"model": name, **card_source(name, own)}
        for name in _models_of(board)
        if own.owner_of(name) is not Owner.PROGRAM
    ]


def card_source(name: str, catalog: Catalog) -> dict[str, Any]:
    """The path of a model's card, whose it is, and whose it replaces."""
    owner, replaced = catalog.owner_of(name), catalog.replaces(name)
    path = catalog.path_of(name) if owner is not Owner.PROGRAM else None
    return {"card": path, "owner": owner and owner.value, "replaces": replaced and replaced.value}


def replacement_lines(board: Storyboard, catalog: Catalog) -> Iterator[str]:
    """A line for each of a storyboard's models whose card replaces another one."""
    own = catalog.of(board.path)
    for name in _models_of(board):
        if replaced := own.replaces(name):
            yield f"{name}: as {own.path_of(name)} says, not as {OWNERS[replaced]} card does"


def _models_of(board: Storyboard) -> list[str]:
    return sorted({one.model for take in board.takes for one in take.candidates})
