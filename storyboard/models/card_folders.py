"""Looks for model cards: in a folder on the disk, or in anything else that offers their texts."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import NamedTuple, Protocol

from storyboard.errors import CardError
from storyboard.models.yamltext import read_text


class Owner(Enum):
    """Who supplied a card; only the program's own are known to be valid."""

    PROJECT = "project"
    USER = "user"
    PROGRAM = "program"


class CardText(NamedTuple):
    """A card's file: its path for display, and its content, or why the content is not available."""

    path: str
    text: str
    owner: Owner
    fault: str | None = None


class CardFolder(Protocol):
    """Cards by name; the card of alibaba/wan2.7-t2v is the file alibaba/wan2.7-t2v.yaml."""

    def names(self) -> tuple[str, ...]:
        """Return the names that files claim, in any order; if there are very many, not all."""
        ...

    def find(self, name: str) -> CardText | None:
        """Return the card's file, or None if there is none."""
        ...


class CardsOnDisk:
    """The cards in a folder that belongs to the program or the user; it need not exist."""

    def __init__(self, folder: Path, owner: Owner) -> None:
        self._owner = owner
        self._files = {f"{file.parent.name}/{file.stem}": file for file in folder.glob("*/*.yaml")}

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
