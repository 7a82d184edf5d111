"""Which models are known by cards that are not the program's, in words and as data. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from storyboard.models.card_folders import Owner
from storyboard.models.catalog import Catalog
from storyboard.records import Storyboard

OWNERS = {Owner.PROJECT: "the project's", Owner.USER: "your own", Owner.PROGRAM: "the program's"}


def models_of(board: Storyboard) -> set[str]:
    """The models of a storyboard's takes."""
    return {one.model for take in board.takes for one in take.candidates}


def own_cards(models: Iterable[str], catalog: Catalog) -> list[dict[str, Any]]:
    """The cards of these models that are not the program's, each with whose it stands before."""
    names = sorted({name for name in models if catalog.owner_of(name) is not Owner.PROGRAM})
    return [{"model": name, **card_place(name, catalog)} for name in names]


def card_place(name: str, catalog: Catalog) -> dict[str, Any]:
    """Where the card of a model lies, whose it is, and whose it stands before."""
    owner, replaced = catalog.owner_of(name), catalog.replaces(name)
    path = catalog.path_of(name) if owner is not Owner.PROGRAM else None
    return {"card": path, "owner": owner and owner.value, "replaces": replaced and replaced.value}


def replacement_lines(models: Iterable[str], catalog: Catalog) -> Iterator[str]:
    """A line for each model whose card stands before another one."""
    for name in sorted(set(models)):
        replaced = catalog.replaces(name)
        if replaced is not None:
            yield f"{name}: as {catalog.path_of(name)} says, not as {OWNERS[replaced]} card does"
