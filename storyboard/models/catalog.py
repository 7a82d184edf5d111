"""The models that are known: one card a file, read when it is first asked for."""

from __future__ import annotations

from pathlib import Path

from storyboard.errors import UsageError
from storyboard.models.card import ModelCard
from storyboard.models.card_reader import read_card


def schemas_folder() -> Path:
    """The folder with the model cards and what is generated from them.

    An installed package has it inside; in a checkout it stands at the top.
    """
    package = Path(__file__).resolve().parent.parent
    # The package's own comes first: beside an installed package, a folder of
    # this name would be somebody else's.
    for folder in (package / "schemas", package.parent / "schemas"):
        if (folder / "models").is_dir():
            return folder
    raise UsageError(
        "the model cards are missing from this installation", next_step="install storyboard again"
    )


class Catalog:
    """The model cards of one folder, by name. Reads a file when its card is first asked for."""

    def __init__(self, files: dict[str, Path]) -> None:
        self._files = files
        self._cards: dict[str, ModelCard] = {}

    def names(self) -> tuple[str, ...]:
        """The models' names, sorted."""
        return tuple(sorted(self._files))

    def get(self, name: str) -> ModelCard | None:
        """The card, or None where no model is called so. Raises UsageError for a broken card."""
        if name not in self._files:
            return None
        if name not in self._cards:
            self._cards[name] = read_card(self._files[name], name)
        return self._cards[name]

    def cards(self) -> tuple[ModelCard, ...]:
        """All cards, in the order of their names. Raises UsageError for a broken one."""
        found = (self.get(name) for name in self.names())
        return tuple(card for card in found if card is not None)


def load_catalog(folder: Path | None = None) -> Catalog:
    """The cards in `folder`, else the ones that come with the program.

    A card of alibaba/wan2.7-t2v is the file alibaba/wan2.7-t2v.yaml.
    """
    folder = folder or schemas_folder() / "models"
    return Catalog({f"{file.parent.name}/{file.stem}": file for file in folder.glob("*/*.yaml")})
