"""Finds the model cards, one file per model, and reads each when it is first needed."""

from __future__ import annotations

from pathlib import Path

from storyboard.models.card import ModelCard
from storyboard.models.card_reader import read_card
from storyboard.models.folder import schemas_folder
from storyboard.models.service_reader import Services


class Catalog:
    """The model cards of one folder by name. A file is read when its card is first needed."""

    def __init__(self, files: dict[str, Path], services: Services) -> None:
        self._files = files
        self._services = services
        self._cards: dict[str, ModelCard] = {}

    def names(self) -> tuple[str, ...]:
        """The models' names, sorted."""
        return tuple(sorted(self._files))

    def get(self, name: str) -> ModelCard | None:
        """The card, or None for an unknown model. Raises UsageError if the card is invalid."""
        if name not in self._files:
            return None
        if name not in self._cards:
            self._cards[name] = read_card(self._files[name], name, self._services)
        return self._cards[name]

    def cards(self) -> tuple[ModelCard, ...]:
        """All cards, sorted by name. Raises UsageError if one is invalid."""
        found = (self.get(name) for name in self.names())
        return tuple(card for card in found if card is not None)


def load_catalog(folder: Path | None = None) -> Catalog:
    """The cards in `folder`, by default those that come with the program.

    The card of alibaba/wan2.7-t2v is the file alibaba/wan2.7-t2v.yaml. The services
    that cards name are the program's own, wherever the cards lie.
    """
    program = schemas_folder()
    files = (folder or program / "models").glob("*/*.yaml")
    named = {f"{file.parent.name}/{file.stem}": file for file in files}
    return Catalog(named, Services(program / "services"))
