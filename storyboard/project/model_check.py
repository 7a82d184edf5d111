"""Compares the known cards with what their service says of the models today, by free reads only."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum

from storyboard.errors import UsageError
from storyboard.models.card import ModelCard
from storyboard.models.catalog import Catalog
from storyboard.models.imports.difference import Move, moves
from storyboard.models.imports.understand import understand
from storyboard.models.retirement import gone_models, retirement_words
from storyboard.models.service import Service
from storyboard.records import Json, Storyboard
from storyboard.reporting.amounts import count_text


class Standing(Enum):
    """How a card compares with the service."""

    CURRENT = "current"
    MOVED = "moved"
    GONE = "gone"
    NOT_LISTED = "not listed"
    NOT_COMPARED = "not compared"


@dataclass(frozen=True, slots=True)
class Checked:
    """A model's card, compared with the service; `reason` says why it could not be."""

    model: str
    standing: Standing
    moves: tuple[Move, ...] = ()
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class FilmWarning:
    """A film that uses a model that will retire or is gone; `words` say so."""

    file: str
    model: str
    takes: int
    words: str

    def __str__(self) -> str:
        verb = "uses" if self.takes == 1 else "use"
        return f"{self.file}: {self.words}; {count_text(self.takes, 'take')} {verb} it"


def check_card(
    card: ModelCard,
    schema: Json,
    listed: frozenset[str] | None,
    find_service: Callable[[str], Service | None],
) -> Checked:
    """How a card compares. `schema` is the service's; None if it does not know the model.

    `listed` are the models of the account's list, or None if it was not read.
    """
    is_listed = listed is None or card.name in listed
    if schema is None:
        # The list may have unread pages, so a model is only gone if neither source knows it.
        known = Standing.NOT_COMPARED if listed is not None and is_listed else Standing.GONE
        return Checked(card.name, known, reason="the service has no schema of it")
    try:
        now = understand(
            "api_schema", json.dumps(schema), find_service, name=card.name, kind=card.kind
        )
    except UsageError as error:
        return Checked(card.name, Standing.NOT_COMPARED, reason=str(error))
    found = tuple(moves(card, now.request))
    if found:
        return Checked(card.name, Standing.MOVED, found)
    return Checked(card.name, Standing.CURRENT if is_listed else Standing.NOT_LISTED)


def not_compared(card: ModelCard, reason: str) -> Checked:
    """A card whose model the service currently says nothing about, for this reason."""
    return Checked(card.name, Standing.NOT_COMPARED, reason=reason.rstrip("."))


def cards_to_check(catalog: Catalog, today: date) -> list[ModelCard]:
    """The sound cards whose models are not known to be gone."""
    cards = catalog.cards()
    gone = gone_models(cards, today)
    return [card for card in cards if card.name not in gone]


def film_warnings(
    boards: Iterable[Storyboard], catalog: Catalog, checked: Iterable[Checked], today: date
) -> Iterator[FilmWarning]:
    """The films that use a model that retires soon or that the service no longer knows."""
    gone = {one.model for one in checked if one.standing is Standing.GONE}
    for board in boards:
        counts = Counter(one.model for take in board.takes for one in take.candidates)
        for model, takes in counts.items():
            card = catalog.get_usable(model)
            words = retirement_words(card, today) if card else None
            if words is None and model in gone:
                words = f"the service no longer knows {model}"
            if words is not None:
                yield FilmWarning(str(board.path), model, takes, words)
