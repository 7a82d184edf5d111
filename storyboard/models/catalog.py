"""Finds the model cards, one file per model, and reads each when it is first needed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from storyboard.errors import BrokenCard, UsageError
from storyboard.models.card import ModelCard
from storyboard.models.card_folders import CardFolder, CardsOnDisk, CardText, Owner
from storyboard.models.card_reader import parse_card
from storyboard.models.folder import data_folder, schemas_folder
from storyboard.models.service import Service
from storyboard.models.service_reader import Services


class Catalog:
    """The model cards of one folder by name; they hide those of the catalog `below`.

    A file is read when its card is first needed. A mistake in a card affects only those who use
    it, unless the card comes with the program.
    """

    def __init__(
        self, folder: CardFolder, services: Services, below: Catalog | None = None
    ) -> None:
        self._folder = folder
        self._services = services
        self._below = below
        self._texts: dict[str, CardText | None] = {}
        self._cards: dict[str, ModelCard | BrokenCard | None] = {}
        self._joined: dict[str, Catalog] = {}

    def beside(self, folder: CardFolder) -> Catalog:
        """Return a catalog with another folder's cards before these, and the same services."""
        return Catalog(folder, self._services, self)

    def join(self, storyboard: Path, make: Callable[[], Catalog]) -> Catalog:
        """Return a storyboard's catalog, made once per folder; `of` and `get` then include it."""
        key = os.path.realpath(storyboard.parent)
        if key not in self._joined:
            self._joined[key] = make()
        return self._joined[key]

    def of(self, storyboard: Path) -> Catalog:
        """Return the catalog joined for a storyboard, or this one if there is none."""
        return self._joined.get(os.path.realpath(storyboard.parent), self)

    def names(self) -> tuple[str, ...]:
        """Return the models' names, sorted."""
        below = self._below.names() if self._below else ()
        return tuple(sorted({*self._folder.names(), *below}))

    def get(self, name: str) -> ModelCard | None:
        """Return the card, also from a joined catalog, or None for an unknown model.

        Raises BrokenCard if the card is invalid. Raises UsageError if the storyboards in use have
        different cards of the model.
        """
        cards = {text.text: one for one in self._joined.values() if (text := one._text(name))}
        if len(cards) > 1:
            paths = [one.path_of(name) for one in cards.values()]
            raise UsageError(
                f"{paths[0]} and {paths[1]} are different cards of {name}, and each storyboard "
                "has its own",
                next_step="name these storyboards one by one",
            )
        joined = next(iter(cards.values()), None)
        return joined._get(name) if joined else self._get(name)

    def get_usable(self, name: str) -> ModelCard | None:
        """Return the card, or None if there is no usable one."""
        try:
            return self.get(name)
        except UsageError:
            return None

    def _get(self, name: str) -> ModelCard | None:
        """Return the card from this catalog alone."""
        if name not in self._cards:
            self._cards[name] = self._read(name)
        card = self._cards[name]
        if isinstance(card, BrokenCard):
            raise card
        return card

    def cards(self) -> tuple[ModelCard, ...]:
        """Return all valid cards, sorted by name.

        Raises BrokenCard if one of the program's own cards is broken.
        """
        found = map(self._get_valid, self.names())
        return tuple(card for card in found if card is not None)

    def broken(self) -> tuple[BrokenCard, ...]:
        """Return what is wrong with the cards that `cards` leaves out, sorted by name."""
        names = self.names()
        self.cards()
        found = (self._cards.get(name) for name in names)
        return tuple(card for card in found if isinstance(card, BrokenCard))

    def service_at(self, endpoint: str) -> Service | None:
        """Return the service whose base path begins a submission's path, or None."""
        known = self._services.all()
        return next((one for one in known if endpoint.startswith(f"{one.base_path}/")), None)

    def owner_of(self, name: str) -> Owner | None:
        """Return who supplied a model's card, or None if there is none."""
        text = self.text_of(name)
        return text.owner if text else None

    def path_of(self, name: str) -> str | None:
        """Return the path of a model's card, for display, or None if there is none."""
        text = self.text_of(name)
        return text.path if text else None

    def text_of(self, name: str) -> CardText | None:
        """Return the file of a model's card as it was read, or None if there is none."""
        return next(self._files(name), None)

    def replaces(self, name: str) -> Owner | None:
        """Return who supplied the card of the same name that a model's card hides, or None."""
        return next((file.owner for file in islice(self._files(name), 1, None)), None)

    def _files(self, name: str) -> Iterator[CardText]:
        """Yield the cards of this name: the one in use, then the one that it hides, and so on."""
        if file := self._text(name):
            yield file
        if self._below:
            yield from self._below._files(name)

    def _text(self, name: str) -> CardText | None:
        if name not in self._texts:
            self._texts[name] = self._folder.find(name)
        return self._texts[name]

    def _get_valid(self, name: str) -> ModelCard | None:
        try:
            return self._get(name)
        except BrokenCard:
            if self.owner_of(name) is Owner.PROGRAM:
                raise
            return None

    def _read(self, name: str) -> ModelCard | BrokenCard | None:
        text = self._text(name)
        try:
            if text is None:
                return self._below._get(name) if self._below else None
            return parse_card(text, name, self._services)
        except BrokenCard as error:
            return error


def load_catalog(folder: Path | None = None) -> Catalog:
    """Return the cards in `folder` alone; by default the user's own, before those of the program.

    Cards name services from the program and the user only, wherever the cards are.
    """
    program, own = schemas_folder(), data_folder()
    services = load_services()
    if folder is not None:
        return Catalog(CardsOnDisk(folder, Owner.PROGRAM), services)
    cards = Catalog(CardsOnDisk(program / "models", Owner.PROGRAM), services)
    return cards.beside(CardsOnDisk(own / "models", Owner.USER))


def load_services() -> Services:
    """Return the services that cards may name: the user's own, before those of the program."""
    return Services(data_folder() / "services", schemas_folder() / "services")
