"""Finds the model cards, one file per model, and reads each when it is first needed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from storyboard.errors import BrokenCard, UsageError
from storyboard.models.card import ModelCard
from storyboard.models.card_folders import CardFolder, CardsOnDisk, CardText, Owner
from storyboard.models.card_reader import parse_card
from storyboard.models.folder import data_folder, schemas_folder
from storyboard.models.service import Service
from storyboard.models.service_reader import Services


class Catalog:
    """The model cards of one folder by name, before those of the catalog `below`.

    A file is read when its card is first needed. What is wrong with a card hinders
    nobody who uses another, unless the program itself comes with it.
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
        """The cards of another folder before these, with the same services."""
        return Catalog(folder, self._services, self)

    def join(self, storyboard: Path, make: Callable[[], Catalog]) -> Catalog:
        """The catalog for a storyboard, made once for each folder; `of` and `get` know it then."""
        key = os.path.realpath(storyboard.parent)
        if key not in self._joined:
            self._joined[key] = make()
        return self._joined[key]

    def of(self, storyboard: Path) -> Catalog:
        """The catalog that was joined for a storyboard, else this one."""
        return self._joined.get(os.path.realpath(storyboard.parent), self)

    def names(self) -> tuple[str, ...]:
        """The models' names, sorted."""
        below = self._below.names() if self._below else ()
        return tuple(sorted({*self._folder.names(), *below}))

    def get(self, name: str) -> ModelCard | None:
        """The card, or None for an unknown model; also one of a catalog that was joined.

        Raises BrokenCard if the card is invalid, and UsageError where storyboards that are
        worked on together have different cards of the model.
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
        """The card, or None where there is none that can be used."""
        try:
            return self.get(name)
        except UsageError:
            return None

    def _get(self, name: str) -> ModelCard | None:
        """The card of this catalog's own."""
        if name not in self._cards:
            self._cards[name] = self._read(name)
        card = self._cards[name]
        if isinstance(card, BrokenCard):
            raise card
        return card

    def cards(self) -> tuple[ModelCard, ...]:
        """All sound cards, sorted by name. Raises BrokenCard for a broken one of the program's."""
        found = map(self._get_sound, self.names())
        return tuple(card for card in found if card is not None)

    def broken(self) -> tuple[BrokenCard, ...]:
        """What is wrong with the cards that `cards` leaves out, in the order of their names."""
        names = self.names()
        self.cards()
        found = (self._cards.get(name) for name in names)
        return tuple(card for card in found if isinstance(card, BrokenCard))

    def service_at(self, endpoint: str) -> Service | None:
        """The service that a submission's path belongs to, by how it begins; None for none."""
        known = map(self._services.get, self._services.names())
        return next(
            (one for one in known if one and endpoint.startswith(f"{one.base_path}/")), None
        )

    def owner_of(self, name: str) -> Owner | None:
        """Whose the card of a model is; None where there is none."""
        return next(self._owners(name), None)

    def path_of(self, name: str) -> str | None:
        """The path of a model's card, for people; None where there is none."""
        text = self._text(name)
        return text.path if text else self._below.path_of(name) if self._below else None

    def replaces(self, name: str) -> Owner | None:
        """Whose card of the same name a model's card stands before; None for nobody's."""
        owners = self._owners(name)
        next(owners, None)
        return next(owners, None)

    def _owners(self, name: str) -> Iterator[Owner]:
        if self._text(name):
            yield self._folder.owner
        if self._below:
            yield from self._below._owners(name)

    def _text(self, name: str) -> CardText | None:
        if name not in self._texts:
            self._texts[name] = self._folder.find(name)
        return self._texts[name]

    def _get_sound(self, name: str) -> ModelCard | None:
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
    """The cards in `folder` alone; by default the user's own, before those of the program.

    The services that cards name are the program's and the user's own, wherever the cards lie.
    """
    program, own = schemas_folder(), data_folder()
    services = load_services()
    if folder is not None:
        return Catalog(CardsOnDisk(folder, Owner.PROGRAM), services)
    cards = Catalog(CardsOnDisk(program / "models", Owner.PROGRAM), services)
    return cards.beside(CardsOnDisk(own / "models", Owner.USER))


def load_services() -> Services:
    """The services that cards may name: the user's own, before those of the program."""
    return Services(data_folder() / "services", schemas_folder() / "services")
