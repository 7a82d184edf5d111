"""Where the model cards, the services and the schemas lie."""

from __future__ import annotations

from pathlib import Path

from storyboard.errors import UsageError


def schemas_folder() -> Path:
    """The folder of the model cards and the schemas generated from them.

    It is inside an installed package, and at the top of a checkout.
    """
    package = Path(__file__).resolve().parent.parent
    # Inside the package first: next to an installed package, a folder of this
    # name belongs to somebody else.
    for folder in (package / "schemas", package.parent / "schemas"):
        if (folder / "models").is_dir():
            return folder
    raise UsageError(
        "the model cards are missing from this installation", next_step="install storyboard again"
    )
