"""Where model cards are looked for: a folder on the disk, or whatever else offers their texts."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import NamedTuple, Protocol

from storyboard.errors import CardError
from storyboard.models.yamltext import read_text


class Owner(Enum):
    """Whose a card is."""

    PROJECT = "project"
    USER = "user"
    PROGRAM = "program"


class CardText(NamedTuple):
    """A card's file: its path for people, and what it holds, or why that is not known."""

    path: str
    text: str
    owner: Owner
    fault: str | None = None


class CardFolder(Protocol):
    """Cards by name; the card of alibaba/wan2.7-t2v is the file alibaba/wan2.7-t2v.yaml."""

    @property
    def owner(self) -> Owner:
        """Whose the cards are; those of the program alone are sound for certain."""
        ...

    def names(self) -> tuple[str, ...]:
        """The names that files claim, in any order; of very many, not all."""
        ...

    def find(self, name: str) -> CardText | None:
        """The card's file, or None where there is none."""
        ...


class CardsOnDisk:
    """The cards in a folder of the program's or of the user's own; it need not exist."""

    def __init__(self, folder: Path, owner: Owner) -> None:
        self._owner = owner
        self._files = {f"{file.parent.name}/{file.stem}": file for file in folder.glob("*/*.yaml")}

    @property
    def owner(self) -> Owner:
        """See `CardFolder`."""
        return self._owner

    def names(self) -> tuple[str, ...]:
        """See `CardFolder`."""
        return tuple(self._files)

    def find(self, name: str) -> CardText | None:
        """See `CardFolder`."""
        file = self._files.get(name)
        if file is None:
            return None
        try:
            return CardText(str(file), read_text(file), self._owner)
        except CardError as error:
            return CardText(str(file), "", self._owner, str(error))
